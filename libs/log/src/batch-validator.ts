// What a produced batch must look like before it gets an offset. Protects: exactly one sound batch of magic 2 within the size
// limit reaches the log; its records are gone over, not decoded: they lie whole and without gaps, their times are allowed, they have
// keys where the topic is compacted; the greatest time is theirs, whatever the header says. One bad record refuses the batch.
// Leaves out: sequence numbers (producer-state.ts), recompression. Differs from Kafka: compressed records are looked at on compacted
// topics only (elsewhere their header is believed), because decompressing would hold up every other client.
// Sources: wire protocol design, "Produce"; Kafka's LogValidator.

import { KafkaError, limits } from '@drave/contracts';
import {
  batchHeaderBytes,
  compressionCodecs,
  inspectBatchRecords,
  magicAt,
  ProtocolError,
  RecordBatchView,
  type RecordInspector,
  type RecordsFacts,
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
/** `accepted`: a copy of what was taken from a client before, whatever its size is now. */
export type AppendOrigin = 'client' | 'coordinator' | 'accepted';

export interface ValidationContext {
  readonly origin: AppendOrigin;
  readonly nowMs: number;
  readonly settings: LogSettings;
}

/** One record that cannot be taken; the batch goes with it. */
export interface RecordError {
  /** Number of the record in its batch. */
  readonly batchIndex: number;
  readonly message: string;
}

/** A batch refused for some of its records. */
export class InvalidRecordsError extends KafkaError {
  /** At least one, at most so many as a client can use. */
  readonly recordErrors: readonly RecordError[];

  constructor(error: 'INVALID_RECORD' | 'INVALID_TIMESTAMP', recordErrors: readonly RecordError[]) {
    const [first] = recordErrors;
    super(error, `record ${first?.batchIndex ?? 0} of the batch: ${first?.message ?? ''}`);
    this.recordErrors = recordErrors;
  }
}

const recordErrorsMax = 100;
const codecBits = 7;

/**
 * The header of the one batch in `records`, with the greatest timestamp of its records. Throws KafkaError as the wire protocol
 * names it, InvalidRecordsError where single records are to blame.
 */
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
  if (context.origin !== 'accepted' && header.sizeBytes > context.settings.maxMessageBytes) {
    throw new KafkaError(
      'MESSAGE_TOO_LARGE',
      `the batch has ${header.sizeBytes} bytes, ${context.settings.maxMessageBytes} are allowed`,
    );
  }
  if (!batchCrcIsValid(records, 0, header)) throw corrupt('the checksum is wrong');
  checkCounts(header, context.origin);
  if (context.origin !== 'client') return header;
  if (isLogAppendTime(header)) {
    throw new KafkaError('INVALID_TIMESTAMP', 'only the broker may set the append time');
  }
  const isCompacted = context.settings.cleanupPolicy.includes('compact');
  if ((header.attributes & codecBits) === 0 || isCompacted) {
    const maxTimestamp = checkBatchRecords(records, context);
    return maxTimestamp === header.maxTimestamp ? header : { ...header, maxTimestamp };
  }
  checkTimestamps(header, context);
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
  if (hasProducer && !isControl(header) && header.baseSequence < 0) {
    throw invalid(
      `producer ${header.producerId} sent epoch ${header.producerEpoch}, sequence ${header.baseSequence}`,
    );
  }
  if (!hasProducer && isTransactional(header)) {
    throw invalid('a transactional batch must name its producer');
  }
}

/** What the header says, because the records are not looked at. */
function checkTimestamps(header: BatchHeader, context: ValidationContext): void {
  const range = timeRange(context);
  for (const timestamp of [header.baseTimestamp, header.maxTimestamp]) {
    if (isInTime(timestamp, range)) continue;
    throw new KafkaError('INVALID_TIMESTAMP', timestampProblem(timestamp, range));
  }
}

/** Milliseconds, both included. */
interface TimeRange {
  readonly earliest: number;
  readonly latest: number;
}

function timeRange({ nowMs, settings }: ValidationContext): TimeRange {
  if (settings.messageTimestampType === 'LogAppendTime') {
    return { earliest: -Infinity, latest: Infinity };
  }
  return {
    earliest: nowMs - settings.messageTimestampBeforeMaxMs,
    latest: nowMs + settings.messageTimestampAfterMaxMs,
  };
}

function isInTime(timestamp: number, { earliest, latest }: TimeRange): boolean {
  return (timestamp >= earliest && timestamp <= latest) || timestamp === -1;
}

function timestampProblem(timestamp: number, { earliest, latest }: TimeRange): string {
  return timestamp > latest
    ? `timestamp ${timestamp} is later than ${latest}`
    : `timestamp ${timestamp} is earlier than ${earliest}`;
}

/** Goes over the records of one batch, whose CRC does not matter; returns their greatest timestamp. Throws as `validateBatch`. */
export function checkBatchRecords(records: Buffer, context: ValidationContext): number {
  const needsKeys = context.settings.cleanupPolicy.includes('compact');
  const range = timeRange(context);
  const errors: RecordError[] = [];
  let error: 'INVALID_RECORD' | 'INVALID_TIMESTAMP' = 'INVALID_RECORD';
  const inspect = (batchIndex: number, timestamp: number, hasKey: boolean): void => {
    const isKeyed = hasKey || !needsKeys;
    if ((isKeyed && isInTime(timestamp, range)) || errors.length >= recordErrorsMax) return;
    if (errors.length === 0 && isKeyed) error = 'INVALID_TIMESTAMP';
    const message = isKeyed
      ? timestampProblem(timestamp, range)
      : 'a compacted topic takes only records with a key';
    errors.push({ batchIndex, message });
  };
  const { maxMessageBytes } = context.settings;
  const maxDecompressedBytes = Math.max(4 * maxMessageBytes, limits.validatedBytesMin);
  const facts = inspected(records, inspect, maxDecompressedBytes);
  if (errors.length > 0) throw new InvalidRecordsError(error, errors);
  return facts.maxTimestamp;
}

function inspected(
  records: Buffer,
  inspect: RecordInspector,
  maxDecompressedBytes: number,
): RecordsFacts {
  try {
    return inspectBatchRecords(new RecordBatchView(records), inspect, { maxDecompressedBytes });
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
