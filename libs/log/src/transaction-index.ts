// The aborted transactions of one segment, and what is open at its end: `<base offset>.txnindex`. Protects: a transaction belongs to the
// segment that has its abort marker; entries ascend by it; a file of another state of the segment counts as missing.
// Leaves out: which segments are asked, rebuilding (log-transactions.ts). Source: Kafka's AbortedTxn; the format is our own.
//
//   file, big-endian: 0 version i16 = 1 | 2 crc u32 = CRC-32C of [6, end) | 6 baseOffset i64 | 14 endOffset i64 | 22 size of the .log i64
//   | 30 aborted i32 | 34 open i32
//   aborted: producerId i64 | firstOffset i64 | lastOffset i64 | lastStableOffset i64     open: producerId i64 | firstOffset i64

import { crc32c } from '@drave/protocol';

const headBytes = 38;
const abortedBytes = 32;
const openBytes = 16;

export interface AbortedTransaction {
  readonly producerId: number;
  /** Of its first batch. */
  readonly firstOffset: number;
  /** Of its abort marker. */
  readonly lastOffset: number;
  /** What began below it and was aborted has its entry here or before. */
  readonly lastStableOffset: number;
}

export interface OpenTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** The bytes that an index describes. */
export interface IndexedSegment {
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly sizeBytes: number;
}

export class TransactionIndex {
  /** Ascending by `lastOffset`. */
  readonly aborted: AbortedTransaction[];
  /** Ascending by `firstOffset`; of the active segment: see ProducerState. */
  readonly open: readonly OpenTransaction[];
  /** Why some may be missing, as a sentence: the batches they follow from are damaged. Such an index is not written. */
  readonly problem: string | undefined;

  constructor(
    aborted: readonly AbortedTransaction[] = [],
    open: readonly OpenTransaction[] = [],
    problem?: string,
  ) {
    this.aborted = [...aborted];
    this.open = open;
    this.problem = problem;
  }

  /** Adds those that reach into `[fromOffset, upToOffset)` to `found`. */
  collect(fromOffset: number, upToOffset: number, found: AbortedTransaction[]): void {
    let low = 0;
    let high = this.aborted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.aborted[middle]?.lastOffset ?? 0) < fromOffset) low = middle + 1;
      else high = middle;
    }
    for (let at = low; at < this.aborted.length; at++) {
      const transaction = this.aborted[at];
      if (transaction === undefined) return;
      if (transaction.firstOffset < upToOffset) found.push(transaction);
      if (transaction.lastStableOffset >= upToOffset) return;
    }
  }

  encode({ baseOffset, endOffset, sizeBytes }: IndexedSegment): Buffer {
    const { aborted, open } = this;
    const bytes = Buffer.alloc(headBytes + aborted.length * abortedBytes + open.length * openBytes);
    bytes.writeInt16BE(1, 0);
    writeLongs(bytes, 6, [baseOffset, endOffset, sizeBytes]);
    bytes.writeInt32BE(aborted.length, 30);
    bytes.writeInt32BE(open.length, 34);
    let at = headBytes;
    for (const { producerId, firstOffset, lastOffset, lastStableOffset } of aborted) {
      at = writeLongs(bytes, at, [producerId, firstOffset, lastOffset, lastStableOffset]);
    }
    for (const { producerId, firstOffset } of open) {
      at = writeLongs(bytes, at, [producerId, firstOffset]);
    }
    bytes.writeUInt32BE(crc32c(bytes, 6), 2);
    return bytes;
  }

  /** undefined when the bytes are no undamaged index of exactly this segment. */
  static decode(bytes: Buffer, segment: IndexedSegment): TransactionIndex | undefined {
    const decoded = TransactionIndex.decodeAny(bytes);
    if (decoded === undefined) return undefined;
    const { baseOffset, endOffset, sizeBytes } = decoded.of;
    const isOurs =
      baseOffset === segment.baseOffset &&
      endOffset === segment.endOffset &&
      sizeBytes === segment.sizeBytes;
    return isOurs ? decoded.index : undefined;
  }

  /** Whatever segment it is of; undefined when the bytes are damaged or of another version. */
  static decodeAny(
    bytes: Buffer,
  ): { readonly index: TransactionIndex; readonly of: IndexedSegment } | undefined {
    if (bytes.length < headBytes || bytes.readInt16BE(0) !== 1) return undefined;
    if (bytes.readUInt32BE(2) !== crc32c(bytes, 6)) return undefined;
    const abortedCount = bytes.readInt32BE(30);
    const openCount = bytes.readInt32BE(34);
    const openAt = headBytes + abortedCount * abortedBytes;
    if (bytes.length !== openAt + openCount * openBytes) return undefined;
    const aborted: AbortedTransaction[] = [];
    for (let at = headBytes; at < openAt; at += abortedBytes) {
      aborted.push({
        producerId: longAt(bytes, at),
        firstOffset: longAt(bytes, at + 8),
        lastOffset: longAt(bytes, at + 16),
        lastStableOffset: longAt(bytes, at + 24),
      });
    }
    const open: OpenTransaction[] = [];
    for (let at = openAt; at < bytes.length; at += openBytes) {
      open.push({ producerId: longAt(bytes, at), firstOffset: longAt(bytes, at + 8) });
    }
    const of = {
      baseOffset: longAt(bytes, 6),
      endOffset: longAt(bytes, 14),
      sizeBytes: longAt(bytes, 22),
    };
    return { index: new TransactionIndex(aborted, open), of };
  }
}

function longAt(bytes: Buffer, at: number): number {
  return Number(bytes.readBigInt64BE(at));
}

function writeLongs(bytes: Buffer, at: number, values: readonly number[]): number {
  let position = at;
  for (const value of values) position = bytes.writeBigInt64BE(BigInt(value), position);
  return position;
}
