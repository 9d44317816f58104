// The topic that scenarios write to, and the audit of what is left of it afterwards.
// Invariants: an acknowledged record is there, once, at the offset that was acknowledged; records of one partition keep
// the order in which they were sent; an acknowledged commit is not lost.

import type { BrokerOptions } from '@drave/broker';
import { KafkaClient, type ConsumerRecord } from '@drave/client';
import { assert, type SimulatedNode, type SimulatedWorld } from '@drave/platform';

export const topic = 'journal';
export const partitionCount = 3;
export const brokerName = 'broker';
const listen = { host: brokerName, port: 9092 };

export interface Acknowledged {
  readonly partition: number;
  readonly offset: number;
  /** Begins with the number of the record: `17:…`. */
  readonly value: string;
}

export function brokerOptions(platform: SimulatedNode, flush: 'group' | 'os'): BrokerOptions {
  const settings = {
    groupInitialRebalanceDelayMs: 0,
    offsetsTopicNumPartitions: 2,
    logSegmentBytes: 4_096, // logs roll under the eyes of the faults
  };
  return { platform, directory: '/data', listen, insecureListen: true, flush, settings };
}

/** A small journal that every round of two partitions and more goes through. */
export const eagerJournal = {
  fromLogs: 2,
  atStart: true,
  partBytes: 64 * 1024,
  roundBytesMax: 16 * 1024,
  logBytesMax: 8 * 1024,
};

/** `patienceMs`: how long one call retries; default 120,000. */
export function clientOn(
  platform: SimulatedNode,
  options: { readonly patienceMs?: number } = {},
): KafkaClient {
  const brokers = [`${listen.host}:${listen.port}`];
  const apiTimeoutMs = options.patienceMs ?? 120_000;
  return new KafkaClient({ platform, brokers, requestTimeoutMs: 2_000, apiTimeoutMs });
}

export function partitionsOfTopic(count = partitionCount): { topic: string; partition: number }[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

/** The offsets the group `readers` has committed, by partition. */
export async function readCommitted(world: SimulatedWorld): Promise<(number | undefined)[]> {
  const client = clientOn(world.node('auditor'));
  const found = await client.consumer({ groupId: 'readers' }).committed(partitionsOfTopic());
  await client.close();
  return found.map((one) => one?.offset);
}

/** Everything in the topic, read by hand from its beginning to the end it has now. */
export async function readAll(
  world: SimulatedWorld,
  count = partitionCount,
): Promise<ConsumerRecord[]> {
  const client = clientOn(world.node('auditor'));
  const partitions = partitionsOfTopic(count);
  const ends = await client
    .admin()
    .listOffsets(partitions.map((partition) => ({ ...partition, at: 'latest' as const })));
  let missing = ends.reduce((sum, { offset }) => sum + offset, 0);
  const consumer = client.consumer({ autoOffsetReset: 'earliest' });
  consumer.assign(partitions);
  const records: ConsumerRecord[] = [];
  while (missing > 0) {
    const some = await consumer.poll({ timeoutMs: 1_000 });
    missing -= some.length;
    records.push(...some);
  }
  await client.close();
  return records;
}

export function checkRecords(
  acknowledged: readonly Acknowledged[],
  records: readonly ConsumerRecord[],
): void {
  const byPlace = new Map(records.map((one) => [`${one.partition}/${one.offset}`, one]));
  for (const { partition, offset, value } of acknowledged) {
    const found = byPlace.get(`${partition}/${offset}`)?.value?.toString();
    assert(found === value, 'acknowledged-record-is-there', { partition, offset, value, found });
  }
  const values = records.map((one) => String(one.value));
  assert(new Set(values).size === values.length, 'no-record-twice', { count: values.length });
  const lastIndex = new Map<number, number>();
  for (const { partition, offset, value } of records) {
    const index = Number.parseInt(String(value), 10);
    const before = lastIndex.get(partition) ?? -1;
    assert(index > before, 'order-within-partition', { partition, offset, index, before });
    lastIndex.set(partition, index);
  }
}

export function checkCommits(
  acknowledged: ReadonlyMap<number, number>,
  committed: readonly (number | undefined)[],
): void {
  for (const [partition, offset] of acknowledged) {
    const found = committed[partition];
    assert(found === offset, 'acknowledged-commit-is-there', { partition, offset, found });
  }
}
