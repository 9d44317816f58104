// @drave/nest/http: a Nest module on Fastify, with Drave's errors, guards and OpenAPI document.

export { type AccessToken, TokenError } from './http/access-tokens.js';
export * from './http/http-application.js';
export { readBody } from './http/json-body.js';
export { IndexModule, type IndexOptions } from './http/index-module.js';
export type { RestAction } from './http/request-audit.js';
export type { RequestGuardOptions } from './http/request-guard.js';
export { RestError, restErrorOf } from './http/rest-error.js';
export { RestRoute, type RestRouteDoc } from './http/rest-route.js';
export { SchemaPipe } from './http/schema-pipe.js';
export { readAccessTokens } from './http/token-settings.js';
export type { StoreOwners } from './streams/store-router.js';
export { StreamsRestModule } from './streams/streams-rest-module.js';
export {
  RemoteStreamsModule,
  type RemoteInstance,
  type RemoteInstances,
} from './streams/remote-streams-module.js';
