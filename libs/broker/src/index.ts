// @drave/broker: the framework-free, embeddable broker.

export type { BrokerMetrics, CorruptPartitionRange, GroupLag } from './broker-counters.js';
export { durationBounds, type RequestFigures } from './request-stats.js';
export type { Broker, BrokerNode, BrokerOptions } from './broker.js';
export type { BrokerMaintenance } from './broker-maintenance.js';
export { createBroker } from './create-broker.js';
export type { DelayedRecord, DelayedRecords } from './delay/delayed-delivery.js';
export type { ListenerOptions } from './listener-options.js';
export { EventBus, type EventsRead, type KeptEvent } from './events/event-bus.js';
export { announcingLogger } from './events/event-sources.js';
export type { BrokerFigures, TopicFigures } from './topic-figures.js';
