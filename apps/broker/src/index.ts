// @drave/broker-app: admin REST, health and metrics around a broker. Importing it loads Nest; import it when HTTP is wanted.

export type { HttpServer } from '@drave/nest/http';
export { LaterJobs } from './jobs/later-jobs.js';
export type { PlatformJobs, PlatformJobsOptions } from './jobs/platform-jobs.js';
export { startBrokerHttp, type BrokerHttpOptions } from './start-broker-http.js';
