// @drave/nest/transport: Nest microservices over Drave or Apache Kafka.

export {
  builtInKafkaCodec,
  bytesCodec,
  jsonCodec,
  PayloadError,
  textCodec,
  type Codec,
  type CodecContext,
} from './transport/codec.js';
export * from './transport/decorators.js';
export {
  DraveBatchContext,
  DraveContext,
  NackError,
  type ContextControl,
} from './transport/drave-context.js';
export { DraveClient, ReplyTimeoutError, type ClientOptions } from './transport/drave-client.js';
export * from './transport/drave-module.js';
export {
  DraveServer,
  type ConnectionOptions,
  type ConsumerFailure,
  type ServerOptions,
  type ServerStatus,
} from './transport/drave-server.js';
export * from './transport/driver.js';
export { NonRetriableError } from './transport/error-capture.js';
export type { ConsumerState, ConsumerStatus } from './transport/group-consumer.js';
export type {
  BatchOptions,
  ErrorClass,
  HandlerOptions,
  RetryOptions,
} from './transport/handler-options.js';
export { LogRecord, LogRecordBuilder } from './transport/log-record.js';
export type { TraceMetadata } from './transport/trace-headers.js';
export {
  transportIndicator,
  type TransportIndicatorOptions,
} from './transport/transport-indicator.js';
