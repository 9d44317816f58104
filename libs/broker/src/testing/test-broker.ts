// A real broker for tests: real sockets on 127.0.0.1, port 0, a disk in memory, no rebalance delay, few offsets partitions.
// Protects: nothing of it outlives `stop`; what the helpers wait for is an event or bounded by a timeout, so tests need no sleeps.
// The helpers speak to the broker in process; clients under test use `bootstrap`.
// Leaves out: answering requests in place of the broker, a manual clock (pass a `platform` for that).

import { KafkaError, type BrokerSettings } from '@drave/contracts';
import type { GroupSummary } from '@drave/coordinator';
import { memoryPlatform, type Platform } from '@drave/platform';
import {
  buildBatch,
  forEachBatch,
  forEachRecord,
  partitionForKey,
  type KafkaRecord,
} from '@drave/protocol';
import { isRefusal, type Partition } from '@drave/replication';
import type { BrokerOptions } from '../broker.js';
import type { BrokerContext } from '../broker-context.js';
import { RunningBroker } from '../running-broker.js';

export interface TestBrokerOptions extends Omit<
  BrokerOptions,
  'listen' | 'listeners' | 'advertised'
> {
  /** Topics to create: name → partitions. */
  readonly topics?: Readonly<Record<string, number>>;
  /** Default true. */
  readonly autoCreate?: boolean;
  /** Default 0: a free port. */
  readonly port?: number;
}

export interface TestRecord {
  readonly key?: string | Buffer | null;
  readonly value?: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  /** Milliseconds; default now. */
  readonly timestamp?: number;
  /** Default: by key as Kafka's clients do, without a key partition 0. */
  readonly partition?: number;
}

export type StoredRecord = KafkaRecord & { readonly topic: string; readonly partition: number };

export interface WaitOptions {
  /** Milliseconds, default 10,000. */
  readonly timeoutMs?: number;
}

const settingsForTests: Partial<BrokerSettings> = {
  groupInitialRebalanceDelayMs: 0,
  groupMinSessionTimeoutMs: 1,
  offsetsTopicNumPartitions: 3,
};
const waitMsDefault = 10_000;
const groupPollMs = 5;

/** Starts a broker for a test; it accepts clients when the promise settles. End it with `stop` or `await using`. */
export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const { topics, autoCreate, port, settings, ...brokerOptions } = options;
  const platform = options.platform ?? memoryPlatform();
  const broker = await RunningBroker.start({
    directory: '/drave-test',
    ...brokerOptions,
    platform,
    poisonSlabs: true,
    listen: { host: '127.0.0.1', port: port ?? 0 },
    settings: { ...settingsForTests, autoCreateTopicsEnable: autoCreate ?? true, ...settings },
  });
  const test = new TestBroker(broker, platform);
  await Promise.all(
    Object.entries(topics ?? {}).map(([name, count]) => test.createTopic(name, count)),
  );
  return test;
}

export class TestBroker implements AsyncDisposable {
  /** The broker itself. */
  readonly broker: RunningBroker;
  readonly platform: Platform;
  readonly #context: BrokerContext;

  /** Use `startTestBroker`. */
  constructor(broker: RunningBroker, platform: Platform) {
    this.broker = broker;
    this.platform = platform;
    this.#context = broker.context;
  }

  get port(): number {
    return this.broker.address.port;
  }

  /** `host:port`, as clients take it; of virtual brokers all, comma-separated. */
  get bootstrap(): string {
    return this.broker.nodes
      .map(({ addresses }) => `127.0.0.1:${addresses[0]?.port ?? 0}`)
      .join(',');
  }

  async createTopic(
    name: string,
    partitionCount = 1,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { reply, committed } = this.#context.topics.create(
      {
        name,
        partitionCount,
        replicationFactor: this.#context.nodes.length,
        assignments: [],
        configs: new Map(Object.entries(configs)),
      },
      { validateOnly: false },
    );
    await committed;
    if (isRefusal(reply)) throw new KafkaError(reply.error, reply.message);
  }

  /** Appends records, creating the topic if there is none; settles when all are committed. */
  async produce(topic: string, records: readonly TestRecord[]): Promise<void> {
    const { reply, committed } = this.#context.topics.ensure(topic);
    await committed;
    if (isRefusal(reply)) throw new KafkaError(reply.error, reply.message);
    const nowMs = this.#context.clock.nowMs();
    const byPartition = new Map<number, KafkaRecord[]>();
    for (const record of records) {
      const stored = toKafkaRecord(record, nowMs);
      const byKey = stored.key === null ? 0 : partitionForKey(stored.key, reply.partitionCount);
      const partition = record.partition ?? byKey;
      byPartition.set(partition, [...(byPartition.get(partition) ?? []), stored]);
    }
    await Promise.all(
      Array.from(byPartition, ([partition, batch]) => this.#append(topic, partition, batch)),
    );
  }

  /** Every committed record of a topic, partition after partition; none when the topic does not exist. */
  async records(topic: string): Promise<StoredRecord[]> {
    const found: StoredRecord[] = [];
    for (const partition of this.#context.replicas.topic(topic)?.partitions ?? []) {
      await readPartition(partition, found);
    }
    return found;
  }

  /** Settles with the records of `topic` once there are `wanted` of them, or once the predicate holds. Rejects after the timeout. */
  async waitFor(
    topic: string,
    wanted: number | ((records: readonly StoredRecord[]) => boolean),
    { timeoutMs = waitMsDefault }: WaitOptions = {},
  ): Promise<StoredRecord[]> {
    const isEnough =
      typeof wanted === 'number'
        ? (records: readonly StoredRecord[]): boolean => records.length >= wanted
        : wanted;
    const deadlineMs = this.#context.clock.monotonicMs() + timeoutMs;
    for (;;) {
      const moved = this.#nextMove(topic, deadlineMs);
      const records = await this.records(topic);
      if (isEnough(records)) {
        moved.cancel();
        return records;
      }
      if (this.#context.clock.monotonicMs() >= deadlineMs) {
        moved.cancel();
        throw new Error(
          `topic '${topic}' has ${records.length} records after ${timeoutMs} ms; the test waits for ${
            typeof wanted === 'number' ? wanted : 'a condition on them'
          }`,
        );
      }
      await moved.promise;
    }
  }

  /** The groups this broker coordinates, sorted by id. */
  groups(): readonly GroupSummary[] {
    return this.#context.coordinator.groupSummaries();
  }

  /** Settles once the group is stable with so many members, each with its assignment. Rejects after the timeout. */
  async groupReady(
    groupId: string,
    { members = 1, timeoutMs = waitMsDefault }: WaitOptions & { readonly members?: number } = {},
  ): Promise<GroupSummary> {
    const { clock, scheduler } = this.#context;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const group = this.groups().find((candidate) => candidate.groupId === groupId);
      if (group?.state === 'Stable' && group.members.length === members) return group;
      if (clock.monotonicMs() >= deadlineMs) {
        throw new Error(
          `group '${groupId}' is ${group?.state ?? 'unknown'} with ${group?.members.length ?? 0} members after ${timeoutMs} ms; the test waits for ${members}`,
        );
      }
      await scheduler.sleep(groupPollMs);
    }
  }

  /** Variables that tests and services usually read their brokers from. */
  env(): Readonly<Record<'KAFKA_BROKERS' | 'KAFKA_BOOTSTRAP_SERVERS', string>> {
    return { KAFKA_BROKERS: this.bootstrap, KAFKA_BOOTSTRAP_SERVERS: this.bootstrap };
  }

  /** Ends every client connection at once, unanswered. */
  disconnectAll(): void {
    this.broker.disconnectAll();
  }

  /**
   * Makes another virtual broker the leader, in a new leader epoch; of a `__consumer_offsets` partition also the coordinator. Throws
   * KafkaError for an unknown partition and for a node that is no replica of it: give the topic as many replicas as there are brokers.
   */
  moveLeader(topic: string, partition: number, nodeId: number): void {
    const found = this.#context.replicas.partition(topic, partition);
    if (!found) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic}-${partition}`);
    if (!found.replicas.includes(nodeId)) {
      const replicas = found.replicas.join(', ');
      throw new KafkaError('REPLICA_NOT_AVAILABLE', `${topic}-${partition} is on ${replicas}`);
    }
    found.moveLeader(nodeId);
  }

  stop(): Promise<void> {
    return this.broker.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #append(topic: string, index: number, records: readonly KafkaRecord[]): Promise<void> {
    const partition = this.#context.replicas.partition(topic, index);
    if (!partition) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic}-${index}`);
    const nowMs = this.#context.clock.nowMs();
    const batch = buildBatch(records, {});
    const { lastOffset } = partition.append(batch, { nowMs, origin: 'client' });
    await new Promise<void>((resolve, reject) => {
      partition.whenCommitted(lastOffset, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The next move of a high watermark of the topic, at the latest when the time is over; polls while the topic does not exist. */
  #nextMove(topic: string, deadlineMs: number): { promise: Promise<void>; cancel: () => void } {
    const { clock, scheduler, replicas } = this.#context;
    const partitions = replicas.topic(topic)?.partitions;
    const restMs = Math.max(0, deadlineMs - clock.monotonicMs());
    let cancel = (): void => undefined;
    const promise = new Promise<void>((resolve) => {
      const timer = scheduler.setTimer(partitions ? restMs : groupPollMs, () => resolve());
      const unsubscribes = (partitions ?? []).map((partition) =>
        partition.onHighWatermark(() => resolve()),
      );
      cancel = () => {
        timer.cancel();
        for (const unsubscribe of unsubscribes) unsubscribe();
      };
    });
    return { promise: promise.finally(() => cancel()), cancel: () => cancel() };
  }
}

async function readPartition(partition: Partition, found: StoredRecord[]): Promise<void> {
  const { log, highWatermark } = partition;
  const { topic, partition: index } = partition.topicPartition;
  let offset = log.logStartOffset;
  while (offset < highWatermark) {
    const { records } = await log.read({
      offset,
      maxBytes: 1024 * 1024,
      boundOffset: highWatermark,
      minOneBatch: true,
    });
    forEachBatch(records, (batch) => {
      if (!batch.isControl) {
        forEachRecord(batch, (record) => void found.push({ ...record, topic, partition: index }));
      }
      offset = batch.lastOffset + 1;
    });
  }
}

function toKafkaRecord(record: TestRecord, nowMs: number): KafkaRecord {
  return {
    offset: -1,
    timestamp: record.timestamp ?? nowMs,
    key: bytes(record.key),
    value: bytes(record.value),
    headers: Object.entries(record.headers ?? {}).map(([key, value]) => ({
      key,
      value: bytes(value),
    })),
  };
}

function bytes(value: string | Buffer | null | undefined): Buffer | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
}
