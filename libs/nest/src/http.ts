// @drave/nest/http: a Nest module on Fastify, with Drave's errors, guards and OpenAPI document.

export * from './http/http-application.js';
export { IndexModule, type IndexOptions } from './http/index-module.js';
export { RestError } from './http/rest-error.js';
export { RestRoute, type RestRouteDoc } from './http/rest-route.js';
export { SchemaPipe } from './http/schema-pipe.js';
export { StreamsRestModule } from './streams/streams-rest-module.js';
