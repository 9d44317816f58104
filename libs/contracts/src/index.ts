// @drave/contracts: the nouns everybody agrees on.

export * from './broker-settings.js';
export * from './dead-letter.js';
export * from './errors.js';
export * from './limits.js';
export * from './metrics.js';
export * from './process-settings.js';
// Types alone: the shapes need zod and are in ./rest.
export type { ClusterEvent, ClusterEventBody, EventType } from './rest-events.js';
export * from './retry.js';
export * from './setting.js';
export * from './topic-partition.js';
export * from './topic-settings.js';
