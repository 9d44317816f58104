// Reads all lanes from their log starts and judges: every acknowledged record is there once, where its acknowledgement said, in the order of
// its writer, with its bytes. Protects: what retention and compaction may take is told apart from what is lost, and they must have
// taken something; what was not acknowledged may be there or not. Source: anomaly classes of the published Jepsen Kafka workload.

import { type Consumer, KafkaClient } from '@drave/client';
import {
  keptRecordsMin,
  keyOf,
  type Lane,
  platform,
  somewhere,
  unknown,
  valueOf,
} from './lanes.ts';

export interface Findings {
  acknowledged: number;
  /** Acknowledged and not there. */
  lost: number;
  /** There twice, from a producer with idempotence. */
  duplicated: number;
  /** After a later one of the same writer. */
  reordered: number;
  /** Elsewhere than acknowledged. */
  misplaced: number;
  /** Other bytes than those sent. */
  damaged: number;
  /** Reads that the broker refused, or that ended in an error. */
  unreadable: number;
  /** There twice, from a producer without idempotence: Kafka's promise. */
  resent: number;
  /** Taken by retention and compaction. */
  expired: number;
}

export const harmless: ReadonlySet<keyof Findings> = new Set(['acknowledged', 'resent', 'expired']);

export function noFindings(): Findings {
  const none = { lost: 0, duplicated: 0, reordered: 0, misplaced: 0, damaged: 0, unreadable: 0 };
  return { acknowledged: 0, ...none, resent: 0, expired: 0 };
}

/** `acknowledged`, `resent` and `expired` are of the last reading, the others add up. */
export function add(total: Findings, found: Findings): void {
  for (const name of Object.keys(found) as (keyof Findings)[]) {
    total[name] = harmless.has(name) ? found[name] : total[name] + found[name];
  }
}

export function isFlawless(findings: Findings): boolean {
  const entries = Object.entries(findings) as [keyof Findings, number][];
  return entries.every(([name, count]) => count === 0 || harmless.has(name));
}

/** Whether retention and compaction took part; in fewer cycles they need not have. */
export function isWorthwhile({ expired }: Findings, cycles: number): boolean {
  return cycles < 10 || expired > 0;
}

const errorsMax = 20;
const nowhere = -1;

/** What was acknowledged before the call is held against what is there now. Numbers found lost become unknown: counted once. */
export async function readBack(broker: string, lanes: readonly Lane[]): Promise<Findings> {
  const acknowledged = lanes.map(({ offsets }) => [...offsets]);
  const findings = noFindings();
  const client = new KafkaClient({ platform, brokers: [broker], clientId: 'reader' });
  const places = lanes.map(({ topic, partition }) => ({ topic, partition }));
  const ends = await client
    .admin()
    .listOffsets(places.map((place) => ({ ...place, at: 'latest' as const })));
  const consumer = client.consumer({ autoOffsetReset: 'earliest' });
  consumer.assign(places);
  const readings = lanes.map((lane) => new LaneReading(lane, findings));
  await readAll(consumer, ends, { readings, findings });
  // After reading: what retention took meanwhile may be missing.
  const starts = await client
    .admin()
    .listOffsets(places.map((place) => ({ ...place, at: 'earliest' as const })));
  await client.close();
  for (const [index, reading] of readings.entries()) {
    const { topic, partition } = reading.lane;
    const start = starts.find((one) => one.topic === topic && one.partition === partition);
    reading.judge(acknowledged[index] ?? [], start?.offset ?? 0);
  }
  return findings;
}

async function readAll(
  consumer: Consumer,
  ends: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[],
  into: { readonly readings: readonly LaneReading[]; readonly findings: Findings },
): Promise<void> {
  const { readings, findings } = into;
  const byPlace = new Map(
    readings.map((reading) => [`${reading.lane.topic}-${reading.lane.partition}`, reading]),
  );
  const isBehind = (): boolean =>
    ends.some(({ topic, partition, offset }) => {
      return (consumer.position({ topic, partition }) ?? 0) < offset;
    });
  while (isBehind() && findings.unreadable < errorsMax) {
    try {
      for (const record of await consumer.poll({ maxRecords: 10_000, timeoutMs: 500 })) {
        byPlace.get(`${record.topic}-${record.partition}`)?.note(record);
      }
    } catch {
      findings.unreadable++;
    }
  }
}

/** One lane as it is read: its records come in the order of offsets. */
export class LaneReading {
  readonly lane: Lane;
  readonly #findings: Findings;
  /** By number: the offset of the record. */
  readonly #offsets: number[] = [];
  /** The offsets of numbers that are there again. */
  readonly #again = new Set<number>();
  readonly #newest = new Map<string | null, number>();
  #first = nowhere;
  #last = nowhere;
  #count = 0;

  constructor(lane: Lane, findings: Findings) {
    this.lane = lane;
    this.#findings = findings;
  }

  note(record: {
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly offset: number;
  }): void {
    const { lane } = this;
    const findings = this.#findings;
    const value = record.value?.toString('latin1') ?? '';
    const number = Number.parseInt(value, 10);
    const key = keyOf(lane, number);
    const isSent = number < lane.offsets.length && value === valueOf(number);
    if (!isSent || (record.key?.toString('latin1') ?? null) !== key) {
      findings.damaged++;
      return;
    }
    this.#count++;
    while (this.#offsets.length <= number) this.#offsets.push(nowhere);
    if (this.#offsets[number] === nowhere) {
      this.#offsets[number] = record.offset;
      if (number < this.#last) findings.reordered++;
    } else {
      this.#again.add(record.offset);
      if (lane.isIdempotent) findings.duplicated++;
      else findings.resent++;
    }
    if (this.#first === nowhere) this.#first = number;
    this.#last = Math.max(this.#last, number);
    if (lane.topic === 'keyed') this.#newest.set(key, number);
  }

  /** Holds what was read against what was acknowledged before. */
  judge(acknowledged: readonly number[], startOffset: number): void {
    const findings = this.#findings;
    for (const [number, offset] of acknowledged.entries()) {
      if (offset === unknown) continue;
      findings.acknowledged++;
      const place = this.#offsets[number] ?? nowhere;
      if (place !== nowhere) {
        const isThere = place === offset || offset === somewhere || this.#again.has(offset);
        if (!isThere) findings.misplaced++;
      } else if (this.#mayBeGone(number, offset, startOffset)) findings.expired++;
      else {
        findings.lost++;
        this.lane.offsets[number] = unknown;
      }
    }
  }

  #mayBeGone(number: number, offset: number, startOffset: number): boolean {
    if (this.lane.topic === 'log') return false;
    if (this.lane.topic === 'keyed') {
      return number < (this.#newest.get(keyOf(this.lane, number)) ?? nowhere);
    }
    if (this.#count < keptRecordsMin) return false;
    return offset === somewhere ? number < this.#first : offset < startOffset;
  }
}
