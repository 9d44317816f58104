// @drave/nest: everything that knows NestJS. The HTTP shell is an entry of its own, `@drave/nest/http`.

export * from './broker/broker-module.js';
export * from './health/health-indicator.js';
export { HealthModule, HealthService, type HealthModuleOptions } from './health/health-module.js';
export * from './health/kafka-indicators.js';
export { streamsIndicator } from './health/streams-indicator.js';
export { brokerMetricsSource } from './metrics/broker-metrics.js';
export {
  METRICS_REGISTRY,
  MetricsModule,
  type MetricsModuleOptions,
} from './metrics/metrics-module.js';
export { jobMetricsSource, storeMetricsSource } from './metrics/plain-metrics.js';
export { streamsMetricsSource } from './metrics/streams-metrics.js';
export {
  Flow,
  InjectStore,
  InjectStreamApp,
  StreamApp,
  type StreamAppOptions,
} from './streams/stream-app.js';
export type { StreamsApplication } from './streams/streams-application.js';
export * from './streams/streams-module.js';
