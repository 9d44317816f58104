// @drave/streams: topologies over Kafka topics, with state, windows and commits. Works on any Kafka-compatible broker.

export { StreamBuilder } from './dsl/stream-builder.js';
export type { SourceOptions, StreamSourceOptions, TableOptions } from './dsl/stream-builder.js';
export { GroupedStream, Stream, Table, WindowedStream } from './dsl/stream.js';
export type { AggregateOptions, KeySerde, Named, ValueSerde } from './dsl/handles.js';
export type { NodeDescription, StoreDescription, TopologyDescription } from './describe.js';
export { durationMs } from './duration.js';
export type { Duration } from './duration.js';
export { MalformedRecordError, TaskFailure, TopologyError } from './errors.js';
export type { OperatorContext } from './plan.js';
export { streamHeaders } from './record.js';
export type { InputRecord, OutputRecord, RecordCollector, RecordHeader } from './record.js';
export { bytes, float, int, json, long, text, windowed } from './serde.js';
export type { JsonOptions, Serde, ValidationSchema } from './serde.js';
export type { StateCommit, StateEngine, StateEntry } from './state/engine.js';
export { HeaplogEngine } from './state/heaplog-engine.js';
export { MemoryEngine } from './state/memory-engine.js';
export type { ReadableKeyValueStore, ReadableWindowStore } from './state/store.js';
export { StreamTask } from './stream-task.js';
export type { TaskMetadata, TaskTotals } from './task-metadata.js';
export { changelogTopic, resolveTopic, Topology } from './topology.js';
export type { Subtopology } from './topology.js';
export type { Windowed, WindowOptions } from './window.js';
