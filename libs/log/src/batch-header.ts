// The 61 header bytes of a stored record batch, read from a chunk that may hold no more than the header.
// Protects: recovery and reads judge a batch by the same rules: what the CRC does not cover (base offset, length, leader epoch,
// magic) is checked against what came before. Leaves out: records, and patching (RecordBatchView of @drave/protocol does that).
// Source: Kafka documentation, "Record Batch"; layout in libs/protocol/src/records/record-batch-view.ts.

import { limits } from '@drave/contracts';
import { batchHeaderBytes, batchLengthOverhead, crc32c } from '@drave/protocol';

export interface BatchHeader {
  readonly baseOffset: number;
  /** Whole batch, header included. */
  readonly sizeBytes: number;
  readonly leaderEpoch: number;
  readonly magic: number;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

export const isTransactional = (header: BatchHeader): boolean => (header.attributes & 0x10) !== 0;
export const isControl = (header: BatchHeader): boolean => (header.attributes & 0x20) !== 0;
export const isLogAppendTime = (header: BatchHeader): boolean => (header.attributes & 0x08) !== 0;
export const lastOffsetOf = (header: BatchHeader): number =>
  header.baseOffset + header.lastOffsetDelta;

/** Reads the header at `at`; 61 bytes must be there. Believes nothing. */
export function readBatchHeader(buffer: Buffer, at: number): BatchHeader {
  return {
    baseOffset: int64(buffer, at),
    sizeBytes: buffer.readInt32BE(at + 8) + batchLengthOverhead,
    leaderEpoch: buffer.readInt32BE(at + 12),
    magic: buffer.readInt8(at + 16),
    crc: buffer.readUInt32BE(at + 17),
    attributes: buffer.readInt16BE(at + 21),
    lastOffsetDelta: buffer.readInt32BE(at + 23),
    baseTimestamp: int64(buffer, at + 27),
    maxTimestamp: int64(buffer, at + 35),
    producerId: int64(buffer, at + 43),
    producerEpoch: buffer.readInt16BE(at + 51),
    baseSequence: buffer.readInt32BE(at + 53),
    recordCount: buffer.readInt32BE(at + 57),
  };
}

/** What must hold for the next batch of a log. */
export interface Expectation {
  readonly nextOffset: number;
  /** Of the batch before; -1 at the start. */
  readonly leaderEpoch: number;
  /** Bytes from the batch's start to the end of the log. */
  readonly remainingBytes: number;
  /** A batch that begins below this may follow a gap: that part of the log is compacted. */
  readonly gapsBelow: number;
}

/** Why the header cannot be the next batch, as a clause; undefined when it can. */
export function headerProblem(header: BatchHeader, expected: Expectation): string | undefined {
  if (header.magic !== 2) return `its magic is ${header.magic}, not 2`;
  if (header.sizeBytes < batchHeaderBytes || header.sizeBytes > limits.frameBytesMax) {
    return `its length ${header.sizeBytes} is impossible`;
  }
  if (header.sizeBytes > expected.remainingBytes) {
    return `it is cut off: ${expected.remainingBytes} of ${header.sizeBytes} bytes are there`;
  }
  if (header.baseOffset !== expected.nextOffset && !followsGap(header, expected)) {
    return `its base offset is ${header.baseOffset}, not ${expected.nextOffset}`;
  }
  if (header.leaderEpoch < expected.leaderEpoch) {
    return `its leader epoch ${header.leaderEpoch} is below ${expected.leaderEpoch}`;
  }
  if (header.lastOffsetDelta < 0) return `its last offset delta is ${header.lastOffsetDelta}`;
  return undefined;
}

function followsGap(header: BatchHeader, expected: Expectation): boolean {
  return header.baseOffset > expected.nextOffset && header.baseOffset < expected.gapsBelow;
}

/** Whether the checksum holds for the whole batch at `at`. */
export function batchCrcIsValid(buffer: Buffer, at: number, header: BatchHeader): boolean {
  return crc32c(buffer, at + 21, at + header.sizeBytes) === header.crc;
}

function int64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4);
}
