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
export type { KafkaRecord, RecordHeader } from './records/record-decoder.js';
