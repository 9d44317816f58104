// @drave/processor-app/http: REST, health and metrics of stream applications that run in this process. Loads Nest.

export type { HttpServer } from '@drave/nest/http';
export { startProcessorHttp, type ProcessorHttpOptions } from './start-processor-http.js';
