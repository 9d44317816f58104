// Copies records from a delay topic's partition to its target, or to its own end (parked). Protects: a copy is in the target, committed, before the caller
// goes on; it carries the offset it came from; a record that was accepted is never too large to be delivered. Leaves out: when to copy what (delayed-partition.ts).

import { KafkaError } from '@drave/contracts';
import type { Clock } from '@drave/platform';
import {
  buildBatch,
  forEachBatch,
  forEachRecord,
  type CompressionCodec,
  type KafkaRecord,
  type RecordInput,
} from '@drave/protocol';
import type { Partition } from '@drave/replication';
import { offsetHeader, parkedEpoch, parkedHeader } from './deliver-at.js';

/** A record on its way, with the codec it came in. */
export interface MovingRecord {
  readonly record: KafkaRecord;
  /** As the producer was told; a parked record lies elsewhere. */
  readonly offset: number;
  readonly codec: CompressionCodec;
  /** Timestamp it is to have, milliseconds. */
  readonly timestamp: number;
}

/** Bytes before compression that go into one batch. */
const batchBytes = 256 * 1024;
/** Bytes of one read where records follow each other, and where single ones are picked. */
const readBytes = 1024 * 1024;
const pickBytes = 16 * 1024;

/** Visits the records from `offset` below `endOffset` of one read; the offset to go on from. */
export async function readRecords(
  source: Partition,
  range: { readonly offset: number; readonly endOffset: number; readonly maxBytes?: number },
  visit: (record: KafkaRecord, codec: CompressionCodec, isParked: boolean) => void | false,
): Promise<number> {
  const { records } = await source.log.read({
    offset: range.offset,
    maxBytes: range.maxBytes ?? readBytes,
    boundOffset: range.endOffset,
    minOneBatch: true,
  });
  let next = range.offset;
  let isStopped = false;
  forEachBatch(records, (batch) => {
    const isParked = batch.producerId < 0 && batch.producerEpoch === parkedEpoch;
    if (!batch.isControl) {
      forEachRecord(batch, (record) => {
        if (record.offset < range.offset || isStopped) return undefined;
        isStopped = visit(record, batch.codec, isParked) === false;
        if (!isStopped) return undefined;
        next = record.offset + 1;
        return false;
      });
    }
    if (!isStopped) next = batch.lastOffset + 1;
    return isStopped ? false : undefined;
  });
  // Retention or compaction may have left nothing up to the end.
  return next === range.offset && records.length === 0 ? range.endOffset : next;
}

export interface PickedRecord {
  readonly record: KafkaRecord;
  readonly codec: CompressionCodec;
}

/** The records at `places`, by place, in ascending order until `bytesMax` are read; what is not there is left out. */
export async function pickRecords(
  source: Partition,
  places: readonly number[],
  bytesMax = Infinity,
): Promise<Map<number, PickedRecord>> {
  const found = new Map<number, PickedRecord>();
  const ascending = places.toSorted((a, b) => a - b);
  const wanted = new Set(ascending);
  const last = ascending.at(-1) ?? 0;
  const isDense = last - (ascending[0] ?? 0) < 4 * ascending.length;
  const size = isDense ? {} : { maxBytes: pickBytes };
  let covered = source.logStartOffset;
  let bytes = 0;
  for (const offset of ascending) {
    if (bytes >= bytesMax) break;
    if (offset < covered) continue; // seen on the way to a later one, or gone
    const range = { offset, endOffset: source.highWatermark, ...size };
    covered = await readRecords(source, range, (record, codec) => {
      if (wanted.has(record.offset)) {
        found.set(record.offset, { record, codec });
        bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
      }
      return record.offset < last ? undefined : false;
    });
  }
  return found;
}

export class RecordMover {
  readonly #target: Partition;
  readonly #copyOf: (moving: MovingRecord) => RecordInput;
  readonly #batch: { readonly producerEpoch?: number };
  readonly #clock: Clock;
  readonly #codecOf: (codec: CompressionCodec) => CompressionCodec;

  constructor(options: {
    readonly target: Partition;
    readonly clock: Clock;
    /** The codec a batch is stored in that came in this one. */
    readonly codecOf: (codec: CompressionCodec) => CompressionCodec;
    /** The target is the delay topic itself: copies keep waiting. */
    readonly isParking?: boolean;
  }) {
    this.#target = options.target;
    this.#copyOf = options.isParking ? parkedCopyOf : deliveredCopyOf;
    this.#batch = options.isParking ? { producerEpoch: parkedEpoch } : {};
    this.#clock = options.clock;
    this.#codecOf = options.codecOf;
  }

  /** Settles when all of them are committed, in this order. Rejects when the target takes no more records. */
  async move(records: readonly MovingRecord[]): Promise<void> {
    let lastOffset = -1;
    for (const group of grouped(records)) lastOffset = this.#append(group) ?? lastOffset;
    if (lastOffset < 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#target.whenCommitted(lastOffset, (error) => (error ? reject(error) : resolve()));
    });
  }

  #append(group: readonly MovingRecord[]): number | undefined {
    const [first] = group;
    if (first === undefined) return undefined;
    const nowMs = this.#clock.nowMs();
    const batch = buildBatch(group.map(this.#copyOf), {
      codec: this.#codecOf(first.codec),
      ...this.#batch,
    });
    // Its header, or a limit lowered since, may make a single one exceed max.message.bytes.
    const origin = group.length === 1 ? 'accepted' : 'coordinator';
    try {
      return this.#target.append(batch, { nowMs, origin }).lastOffset;
    } catch (error) {
      const isTooLarge = error instanceof KafkaError && error.errorName === 'MESSAGE_TOO_LARGE';
      if (!isTooLarge || group.length === 1) throw error;
      const half = group.length >> 1;
      const before = this.#append(group.slice(0, half));
      return this.#append(group.slice(half)) ?? before;
    }
  }
}

function deliveredCopyOf({ record, offset, timestamp }: MovingRecord): RecordInput {
  const headers = record.headers.filter(({ key }) => key !== offsetHeader && key !== parkedHeader);
  headers.push({ key: offsetHeader, value: Buffer.from(String(offset)) });
  return { key: record.key, value: record.value, headers, timestamp };
}

function parkedCopyOf({ record, offset, timestamp }: MovingRecord): RecordInput {
  const headers = record.headers.filter(({ key }) => key !== parkedHeader);
  headers.push({ key: parkedHeader, value: Buffer.from(String(offset)) });
  return { key: record.key, value: record.value, headers, timestamp };
}

function* grouped(records: readonly MovingRecord[]): Generator<readonly MovingRecord[]> {
  let group: MovingRecord[] = [];
  let bytes = 0;
  for (const moving of records) {
    const isFull = bytes > batchBytes || moving.codec !== group[0]?.codec;
    if (group.length > 0 && isFull) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(moving);
    bytes += (moving.record.value?.length ?? 0) + (moving.record.key?.length ?? 0) + 64;
  }
  if (group.length > 0) yield group;
}
