// Dead letters back to the topics they came from. Protects: a letter's position is committed (group `drave-redrive.<topic>`)
// after it was sent, so a job that is cut off goes on where it was and repeats at most its last batch; each copy names its letter
// in `x-redrive-id`, so that a repetition is recognised. Letters that came after the start wait for the next job.
// Leaves out: choosing single letters, editing, discarding.

import { deadLetterHeaders } from '@drave/contracts';
import type { Consumer, ConsumerRecord, KafkaClient, ProducerRecord } from '@drave/client';
import type { JobContext } from '@drave/jobs';
import type { Scheduler } from '@drave/platform';

export interface RedriveData {
  readonly topic: string;
  readonly recordsMax?: number | undefined;
  readonly recordsPerSecond?: number | undefined;
  readonly dryRun: boolean;
}

export interface RedriveResult {
  readonly redriven: number;
  /** Letters without an origin stay. */
  readonly skipped: number;
  readonly byTopic: Readonly<Record<string, number>>;
}

const redriveIdHeader = 'x-redrive-id';
const batchRecordsMax = 500;

/** Rejects when `signal` aborts; the next job for the topic goes on from there. */
export async function redriveDeadLetters(
  {
    client,
    scheduler,
    signal,
  }: {
    readonly client: KafkaClient;
    readonly scheduler: Scheduler;
    readonly signal: AbortSignal;
  },
  data: RedriveData,
  job: JobContext,
): Promise<RedriveResult> {
  const [described] = await client.admin().describeTopics([data.topic]);
  const consumer = client.consumer({
    groupId: `drave-redrive.${data.topic}`,
    autoOffsetReset: 'earliest',
    isolation: 'read_committed',
  });
  const producer = client.producer();
  const totals = { redriven: 0, skipped: 0, byTopic: {} as Record<string, number> };
  try {
    const partitions = (described?.partitions ?? []).map(({ partition }) => ({
      topic: data.topic,
      partition,
    }));
    const left = await assignAll(consumer, partitions);
    const wanted = data.recordsMax ?? Infinity;
    const total = Math.min(wanted, sum(left));
    while (sum(left) > 0 && totals.redriven + totals.skipped < wanted) {
      signal.throwIfAborted();
      const count = Math.min(batchRecordsMax, data.recordsPerSecond ?? batchRecordsMax);
      const maxRecords = Math.max(1, Math.min(Math.floor(count), wanted - totals.redriven));
      const records = await consumer.poll({ maxRecords, timeoutMs: 5_000 });
      if (records.length === 0) break; // what is left was deleted meanwhile
      const letters = records.filter((record) => isLeft(left, record));
      await sendAll(letters, data, totals, (copies) => producer.sendBatch(copies));
      for (const { partition, offset } of records) take(left, partition, offset);
      if (!data.dryRun) await consumer.commit();
      await job.progress({ done: totals.redriven + totals.skipped, of: total });
      const { recordsPerSecond } = data;
      if (recordsPerSecond) await scheduler.sleep((records.length * 1_000) / recordsPerSecond);
    }
    await job.log(`${totals.redriven} redriven, ${totals.skipped} without an origin`);
    return totals;
  } finally {
    await consumer.close();
    await producer.close();
  }
}

/** Next and last offset by partition, of those with letters. */
type Left = Map<number, { next: number; end: number }>;

async function assignAll(
  consumer: Consumer,
  partitions: readonly { readonly topic: string; readonly partition: number }[],
): Promise<Left> {
  const committed = await consumer.committed(partitions);
  const at = (spec: 'earliest' | 'latest') =>
    consumer.offsetsForTimes(partitions.map((partition) => ({ ...partition, at: spec })));
  const [starts, ends] = [await at('earliest'), await at('latest')];
  const left: Left = new Map();
  consumer.assign(partitions);
  for (const [index, partition] of partitions.entries()) {
    const next = Math.max(committed[index]?.offset ?? 0, starts[index]?.offset ?? 0);
    const end = ends[index]?.offset ?? 0;
    consumer.seek(partition, next);
    if (end > next) left.set(partition.partition, { next, end });
    else consumer.pause([partition]);
  }
  return left;
}

const sum = (left: Left): number =>
  [...left.values()].reduce((total, { next, end }) => total + (end - next), 0);

function isLeft(left: Left, { partition, offset }: ConsumerRecord): boolean {
  return offset < (left.get(partition)?.end ?? 0);
}

function take(left: Left, partition: number, offset: number): void {
  const entry = left.get(partition);
  if (entry === undefined) return;
  entry.next = Math.min(entry.end, offset + 1);
  if (entry.next >= entry.end) left.delete(partition);
}

async function sendAll(
  letters: readonly ConsumerRecord[],
  { dryRun }: RedriveData,
  totals: { redriven: number; skipped: number; byTopic: Record<string, number> },
  send: (copies: readonly ProducerRecord[]) => Promise<unknown>,
): Promise<void> {
  const copies: ProducerRecord[] = [];
  for (const letter of letters) {
    const origin = letter.headers.find(({ key }) => key === deadLetterHeaders.topic)?.value;
    if (!origin) {
      totals.skipped += 1;
      continue;
    }
    const topic = origin.toString();
    totals.redriven += 1;
    totals.byTopic[topic] = (totals.byTopic[topic] ?? 0) + 1;
    copies.push(copyOf(letter, topic));
  }
  if (!dryRun && copies.length > 0) await send(copies);
}

const letterHeaders = new Set<string>([...Object.values(deadLetterHeaders), redriveIdHeader]);

function copyOf(letter: ConsumerRecord, topic: string): ProducerRecord {
  const id = `${letter.topic}:${letter.partition}:${letter.offset}`;
  const kept = letter.headers.filter(({ key }) => !letterHeaders.has(key));
  return {
    topic,
    key: letter.key,
    value: letter.value,
    headers: [...kept, { key: redriveIdHeader, value: Buffer.from(id) }],
  };
}
