// @drave/protocol: Kafka's wire language as pure functions over bytes.

export * from './protocol-error.js';
export {
  compress,
  type CompressionCodec,
  compressionCodecs,
  decompress,
} from './records/compression.js';
export * from './records/consumer-payloads.js';
export * from './records/control-record.js';
export { crc32c } from './records/crc32c.js';
export * from './records/java-string-hash.js';
export * from './records/murmur2.js';
export * from './records/record-batch-builder.js';
export * from './records/record-batch-view.js';
export * from './records/recompress.js';
export type {
  KafkaRecord,
  RecordHeader,
  RecordInspector,
  RecordsFacts,
} from './records/record-decoder.js';
export * from './frame-reader.js';
export type * from './generated/catalogue.js';
export { ApiKey } from './generated/catalogue.js';
export type * from './generated/message-maps.js';
export * from './message-codec.js';
export { Reader } from './reader.js';
export { Writer } from './writer.js';
