// What a produced batch must look like before it gets an offset. Protects: exactly one sound batch of magic 2 within the size
// limit reaches the log; nothing in it is decoded (a compacted topic excepted: its records must have keys).
// Leaves out: sequence numbers (producer-state.ts), recompression, and recomputing maxTimestamp from the records.
// Differs from Kafka: the header's maxTimestamp is believed. Sources: wire protocol design, "Produce"; Kafka's LogValidator.

import { KafkaError, limits } from '@drave/contracts';
import {
  batchHeaderBytes,
  compressionCodecs,
  forEachRecord,
  type KafkaRecord,
  magicAt,
  ProtocolError,
  RecordBatchView,
} from '@drave/protocol';
import {
  batchCrcIsValid,
  type BatchHeader,
  isControl,
  isLogAppendTime,
  isTransactional,
  readBatchHeader,
} from './batch-header.js';
import type { LogSettings } from './log-settings.js';

/** Who appends: a client's produce request, or a coordinator with records of its own making. */
export type AppendOrigin = 'client' | 'coordinator';

export interface ValidationContext {
  readonly origin: AppendOrigin;
  readonly nowMs: number;
  readonly settings: LogSettings;
}

/** The header of the one batch in `records`. Throws KafkaError as the wire protocol names it. */
export function validateBatch(records: Buffer, context: ValidationContext): BatchHeader {
  const magic = magicAt(records);
  if (magic === undefined) throw invalid(`${records.length} bytes hold no record batch`);
  if (magic !== 2) throw invalid(`record batches of magic ${magic} are not accepted, only 2`);
  if (records.length < batchHeaderBytes) throw corrupt(`the batch header is cut off`);
  const header = readBatchHeader(records, 0);
  if (header.sizeBytes < batchHeaderBytes || header.sizeBytes > records.length) {
    throw corrupt(`a batch declares ${header.sizeBytes} bytes, ${records.length} were sent`);
  }
  if (header.sizeBytes < records.length) throw invalid('more than one batch was sent');
  if (header.sizeBytes > context.settings.maxMessageBytes) {
    throw new KafkaError(
      'MESSAGE_TOO_LARGE',
      `the batch has ${header.sizeBytes} bytes, ${context.settings.maxMessageBytes} are allowed`,
    );
  }
  if (!batchCrcIsValid(records, 0, header)) throw corrupt('the checksum is wrong');
  checkCounts(header, context.origin);
  checkTimestamps(header, context);
  if (context.origin === 'client' && context.settings.cleanupPolicy.includes('compact')) {
    checkKeys(records, Math.max(4 * context.settings.maxMessageBytes, limits.validatedBytesMin));
  }
  return header;
}

function checkCounts(header: BatchHeader, origin: AppendOrigin): void {
  if (header.baseOffset !== 0) throw invalid(`the base offset is ${header.baseOffset}, not 0`);
  if (header.recordCount <= 0 || header.lastOffsetDelta + 1 !== header.recordCount) {
    throw invalid(
      `${header.recordCount} records cannot have the last offset delta ${header.lastOffsetDelta}`,
    );
  }
  if (compressionCodecs[header.attributes & 7] === undefined) {
    throw new KafkaError(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `codec number ${header.attributes & 7} is unknown`,
    );
  }
  if (origin === 'client' && isControl(header))
    throw invalid('clients may not write control records');
  const hasProducer = header.producerId >= 0;
  if (hasProducer && !isControl(header) && (header.baseSequence < 0 || header.producerEpoch < 0)) {
    throw invalid(
      `producer ${header.producerId} sent epoch ${header.producerEpoch}, sequence ${header.baseSequence}`,
    );
  }
  if (!hasProducer && isTransactional(header)) {
    throw invalid('a transactional batch must name its producer');
  }
}

function checkTimestamps(header: BatchHeader, context: ValidationContext): void {
  const { nowMs, settings, origin } = context;
  if (origin !== 'client') return;
  if (isLogAppendTime(header)) {
    throw new KafkaError('INVALID_TIMESTAMP', 'only the broker may set the append time');
  }
  if (settings.messageTimestampType === 'LogAppendTime') return;
  const latest = nowMs + settings.messageTimestampAfterMaxMs;
  const earliest = nowMs - settings.messageTimestampBeforeMaxMs;
  const newest = Math.max(header.baseTimestamp, header.maxTimestamp);
  if (newest > latest) {
    throw new KafkaError('INVALID_TIMESTAMP', `timestamp ${newest} is later than ${latest}`);
  }
  const oldest = header.baseTimestamp;
  if (oldest !== -1 && oldest < earliest) {
    throw new KafkaError('INVALID_TIMESTAMP', `timestamp ${oldest} is earlier than ${earliest}`);
  }
}

function checkKeys(records: Buffer, maxDecompressedBytes: number): void {
  try {
    const check = (record: KafkaRecord): void => {
      if (record.key === null) throw invalid('a compacted topic takes only records with a key');
    };
    forEachRecord(new RecordBatchView(records), check, { maxDecompressedBytes });
  } catch (error) {
    if (error instanceof ProtocolError) throw invalid(error.message);
    throw error;
  }
}

function invalid(detail: string): KafkaError {
  return new KafkaError('INVALID_RECORD', detail);
}

function corrupt(detail: string): KafkaError {
  return new KafkaError('CORRUPT_MESSAGE', detail);
}
