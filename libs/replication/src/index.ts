// @drave/replication: from an append to a high watermark; the metadata log and its image.

export * from './cluster-settings-shard.js';
export * from './controller-shard.js';
export * from './log-offsets.js';
export * from './metadata-image.js';
export * from './metadata-log.js';
export * from './partition.js';
export * from './purgatory.js';
export * from './replica-manager.js';
export * from './replica-placement.js';
