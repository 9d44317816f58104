// Sends the planned rows to topic `flights` through the wire protocol, at a speed of event time per second or as fast as it
// goes. Protects: each row is sent once however often the replay dies: every record carries its row number, the last one
// in each partition tells where to go on, and the idempotent producer keeps the order within a partition.
// Leaves out: what the rows are (replay-plan.ts).

import type { KafkaClient, Producer } from '@drave/client';
import type { Platform } from '@drave/platform';
import { partitionForKey } from '@drave/protocol';
import type { PlannedRecord } from './replay-plan.js';

/** Header with the row's running number over all rounds, decimal. */
const rowHeader = 'x-row';

export interface ReplayOptions {
  readonly platform: Platform;
  readonly client: KafkaClient;
  readonly topic: string;
  readonly partitionCount: number;
  /** Rows of round `round` (1 for the first); every round has as many. */
  readonly plan: (round: number) => readonly PlannedRecord[];
  /** Event-time milliseconds per second of wall time; undefined: as fast as it goes. */
  readonly speed: number | undefined;
  /** Ends after this round; undefined: never. */
  readonly lastRound: number | undefined;
}

/** Rows per request when nothing paces them. */
const rowsPerBatch = 1_000;
/** How far ahead of its time a paced row may go out, milliseconds of wall time. */
const paceStepMs = 50;
/** A gap in event time (a night, a skipped row) never holds the replay up longer than this. */
const pauseMaxMs = 1_000;

export class Replay {
  readonly #options: ReplayOptions;
  readonly #producer: Producer;
  #round = 1;
  #eventTimeMs: number | undefined;
  #acknowledged = 0;
  #burstRows = 0;
  #stopped = false;
  #done: Promise<void> | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#producer = options.client.producer({ lingerMs: 5 });
  }

  get round(): number {
    return this.#round;
  }

  /** Departure of the newest acknowledged row; undefined before the first of this process. */
  get eventTimeMs(): number | undefined {
    return this.#eventTimeMs;
  }

  /** Rows acknowledged since this process started. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Starts where the log ends; settles when the last round is out or after `stop`. Rejects when the broker refuses a row. */
  run(): Promise<void> {
    this.#done ??= this.#run();
    return this.#done;
  }

  /** Sends the next `rows` rows without pacing. */
  burst(rows: number): void {
    this.#burstRows += rows;
  }

  /** Lets what is under way finish; settles when every sent row is acknowledged. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    const lastRows = await lastRowPerPartition(this.#options);
    const rowsPerRound = this.#options.plan(1).length;
    const oldest = Math.min(...lastRows);
    this.#round = Math.floor((oldest + 1) / rowsPerRound) + 1;
    const { lastRound } = this.#options;
    while (!this.#stopped && (lastRound === undefined || this.#round <= lastRound)) {
      await this.#runRound(lastRows, rowsPerRound);
      if (this.#stopped || this.#round === lastRound) break;
      this.#round += 1;
    }
    await this.#producer.close();
  }

  async #runRound(lastRows: readonly number[], rowsPerRound: number): Promise<void> {
    const { partitionCount, plan } = this.#options;
    const first = (this.#round - 1) * rowsPerRound;
    const due = plan(this.#round)
      .map((record, index) => {
        const partition = partitionForKey(Buffer.from(record.key), partitionCount);
        return { record, partition, row: first + index };
      })
      .filter(({ partition, row }) => row > (lastRows[partition] ?? -1));
    let pace = this.#newPace(due[0]?.record.timestampMs ?? 0);
    for (let next = 0; next < due.length && !this.#stopped;) {
      const until = pace.eventTimeNow();
      const batch = [];
      for (; batch.length < rowsPerBatch && next < due.length; next++) {
        const entry = due[next];
        if (!entry || (entry.record.timestampMs > until && this.#burstRows === 0)) break;
        if (this.#burstRows > 0) this.#burstRows -= 1;
        batch.push(entry);
      }
      if (batch.length > 0) await this.#send(batch);
      const head = due[next]?.record.timestampMs;
      if (head === undefined) break;
      // After a burst the clock of the replay starts anew at the row it reached, instead of standing still.
      if (batch.at(-1) !== undefined && head > until && this.#burstRows === 0) {
        if (head - until > (pauseMaxMs * (this.#options.speed ?? 0)) / 1000)
          pace = this.#newPace(head);
      }
      if (this.#options.speed !== undefined && this.#burstRows === 0) {
        await this.#options.platform.scheduler.sleep(paceStepMs);
      }
    }
  }

  async #send(
    batch: readonly {
      readonly record: PlannedRecord;
      readonly partition: number;
      readonly row: number;
    }[],
  ): Promise<void> {
    await this.#producer.sendBatch(
      batch.map(({ record, partition, row }) => ({
        topic: this.#options.topic,
        partition,
        key: record.key,
        value: record.value,
        timestamp: record.timestampMs,
        headers: { [rowHeader]: String(row) },
      })),
    );
    this.#acknowledged += batch.length;
    this.#eventTimeMs = batch.at(-1)?.record.timestampMs;
  }

  #newPace(firstEventTimeMs: number): { eventTimeNow(): number } {
    const { speed, platform } = this.#options;
    if (speed === undefined) return { eventTimeNow: () => Number.POSITIVE_INFINITY };
    const startedMs = platform.clock.monotonicMs();
    return {
      eventTimeNow: () =>
        firstEventTimeMs + ((platform.clock.monotonicMs() - startedMs) / 1000) * speed,
    };
  }
}

/** Per partition the highest row number in the log, −1 where there is none; rows others wrote carry no number. */
async function lastRowPerPartition(options: ReplayOptions): Promise<number[]> {
  const { client, topic, partitionCount } = options;
  const places = Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition }));
  const ends = await client
    .admin()
    .listOffsets(places.map((place) => ({ ...place, at: 'latest' })));
  const last = places.map(() => -1);
  if (ends.every(({ offset }) => offset === 0)) return last;
  const consumer = client.consumer({ autoOffsetReset: 'earliest' });
  try {
    consumer.assign(places);
    const behind = (): boolean =>
      places.some((place, index) => (consumer.position(place) ?? 0) < (ends[index]?.offset ?? 0));
    while (behind()) {
      for (const record of await consumer.poll({ maxRecords: 5_000, timeoutMs: 500 })) {
        const row = Number(record.headers.find(({ key }) => key === rowHeader)?.value ?? -1);
        last[record.partition] = Math.max(last[record.partition] ?? -1, row);
      }
    }
  } finally {
    await consumer.close();
  }
  return last;
}
