// @drave/broker: the framework-free, embeddable broker.

export type { BrokerMetrics, CorruptPartitionRange, GroupLag } from './broker-counters.js';
export { durationBounds, type RequestFigures } from './request-stats.js';
export * from './broker.js';
export type { BrokerMaintenance } from './broker-maintenance.js';
export type { DelayedRecord, DelayedRecords } from './delay/delayed-delivery.js';
export type { ListenerOptions } from './listener-options.js';
