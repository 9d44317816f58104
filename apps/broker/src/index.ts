// @drave/broker-app: admin REST, health and metrics around a broker. Importing it loads Nest; import it when HTTP is wanted.

export type { HttpServer } from '@drave/nest/http';
export { startBrokerHttp, type BrokerHttpOptions } from './start-broker-http.js';
