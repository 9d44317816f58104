// Copies records from a delay topic's partition to its target. Protects: a copy is in the target, committed, before the caller
// goes on; it carries the offset it came from; a record that was accepted is never too large to be delivered. Leaves out: when to copy what (delayed-partition.ts).

import { KafkaError } from '@drave/contracts';
import type { Clock } from '@drave/platform';
import {
  buildBatch,
  forEachBatch,
  forEachRecord,
  type CompressionCodec,
  type KafkaRecord,
} from '@drave/protocol';
import type { Partition } from '@drave/replication';
import { offsetHeader } from './deliver-at.js';

/** A record on its way, with the codec it came in. */
export interface MovingRecord {
  readonly record: KafkaRecord;
  readonly codec: CompressionCodec;
  /** Timestamp it is to have, milliseconds. */
  readonly timestamp: number;
}

/** Bytes before compression that go into one batch. */
const batchBytes = 256 * 1024;
/** Bytes of one read where records follow each other, and where single ones are picked. */
const readBytes = 1024 * 1024;
export const pickBytes = 16 * 1024;

/** Visits the records from `offset` below `endOffset` of one read; the offset to go on from. */
export async function readRecords(
  source: Partition,
  range: { readonly offset: number; readonly endOffset: number; readonly maxBytes?: number },
  visit: (record: KafkaRecord, codec: CompressionCodec) => void | false,
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
    if (!batch.isControl) {
      forEachRecord(batch, (record) => {
        if (record.offset < range.offset || isStopped) return undefined;
        isStopped = visit(record, batch.codec) === false;
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

export class RecordMover {
  readonly #target: Partition;
  readonly #clock: Clock;
  readonly #codecOf: (codec: CompressionCodec) => CompressionCodec;

  constructor(options: {
    readonly target: Partition;
    readonly clock: Clock;
    /** The codec a batch is stored in that came in this one. */
    readonly codecOf: (codec: CompressionCodec) => CompressionCodec;
  }) {
    this.#target = options.target;
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
    const batch = buildBatch(group.map(copyOf), { codec: this.#codecOf(first.codec) });
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

function copyOf({
  record,
  timestamp,
}: MovingRecord): Parameters<typeof buildBatch>[0] extends Iterable<infer Input> ? Input : never {
  const headers = record.headers.filter(({ key }) => key !== offsetHeader);
  headers.push({ key: offsetHeader, value: Buffer.from(String(record.offset)) });
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
