// A real broker for tests: real sockets on 127.0.0.1, port 0, a disk in memory, no rebalance delay, few offsets partitions.
// Protects: nothing of it outlives `stop`; what the helpers wait for is an event or bounded by a timeout, so tests need no sleeps.
// The helpers speak to the broker in process; clients under test use `bootstrap`.
// Leaves out: SASL, ACLs, a console; brokers of other processes.

import { internalTopics, KafkaError, limits, type ErrorName } from '@drave/contracts';
import type { GroupSummary } from '@drave/coordinator';
import { nodePlatform, type Platform } from '@drave/platform';
import { buildBatch, type KafkaRecord, type RequestMap } from '@drave/protocol';
import { isRefusal, type Partition } from '@drave/replication';
import type { BrokerContext } from '../broker-context.js';
import { RunningBroker } from '../running-broker.js';
import { BrokerDump } from './broker-dump.js';
import type { Duration } from './duration.js';
import { durationMs } from './duration.js';
import {
  Interceptions,
  keyOfApi,
  limitVersions,
  type AnyInterceptor,
  type ApiName,
  type Interception,
  type Interceptor,
  type KeyOf,
} from './interception.js';
import {
  byPartition,
  readPartition,
  type StoredRecord,
  type TestRecord,
} from './stored-records.js';
import type { TestClock } from './test-clock.js';
import { resolveTestOptions, type TestBrokerOptions } from './test-options.js';

export interface WaitOptions {
  /** How long to wait, in real time also under a manual clock; default 10 s. */
  readonly timeout?: Duration;
  /** The same in milliseconds. */
  readonly timeoutMs?: number;
}

const waitMsDefault = 10_000;
const groupPollMs = 5;

/** Starts a broker for a test; it accepts clients when the promise settles. End it with `stop` or `await using`. */
export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const { platform, clock, broker: brokerOptions } = resolveTestOptions(options);
  const interceptions = new Interceptions(platform.scheduler);
  const broker = await RunningBroker.start(brokerOptions, {
    poisonSlabs: true,
    // An hour that a manual clock jumps over is no hour of silence, and stopping waits in real time.
    ...(options.clock === 'manual' ? { socketPlatform: { ...platform, ...realWorld() } } : {}),
    handlers: (own) =>
      limitVersions(own, options.maxVersions ?? {}).map((handler) => interceptions.wrap(handler)),
  });
  const test = new TestBroker(broker, { platform, clock, interceptions, options });
  await test.createDeclaredTopics();
  return test;
}

function realWorld(): Pick<Platform, 'clock' | 'scheduler'> {
  const { clock, scheduler } = nodePlatform();
  return { clock, scheduler };
}

interface TestBrokerParts {
  readonly platform: Platform;
  readonly clock: TestClock;
  readonly interceptions: Interceptions;
  readonly options: TestBrokerOptions;
}

export class TestBroker implements AsyncDisposable {
  /** The broker itself. */
  readonly broker: RunningBroker;
  readonly platform: Platform;
  /** The broker's clock; with `clock: 'manual'` it moves by `advance` alone. */
  readonly clock: TestClock;
  readonly #context: BrokerContext;
  readonly #interceptions: Interceptions;
  readonly #options: TestBrokerOptions;
  readonly #paused = new Set<Partition>();
  readonly #firstNodes: readonly number[];

  /** Use `startTestBroker`. */
  constructor(broker: RunningBroker, parts: TestBrokerParts) {
    this.broker = broker;
    this.platform = parts.platform;
    this.clock = parts.clock;
    this.#context = broker.context;
    this.#interceptions = parts.interceptions;
    this.#options = parts.options;
    this.#firstNodes = [...broker.context.nodes];
  }

  /** Of the first broker. */
  get port(): number {
    return this.broker.address.port;
  }

  /** `host:port`, as clients take it; of virtual brokers all, comma-separated. */
  get bootstrap(): string {
    return this.broker.nodes
      .map(({ addresses }) => `127.0.0.1:${addresses[0]?.port ?? 0}`)
      .join(',');
  }

  /** Variables that tests and services usually read their brokers from. */
  env(): Readonly<Record<'KAFKA_BROKERS' | 'KAFKA_BOOTSTRAP_SERVERS', string>> {
    return { KAFKA_BROKERS: this.bootstrap, KAFKA_BOOTSTRAP_SERVERS: this.bootstrap };
  }

  /** Settles when the topic exists; of several brokers each keeps a replica. Rejects with KafkaError. */
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

  /** @internal The topics of the options. */
  async createDeclaredTopics(): Promise<void> {
    const missing = Object.entries(this.#options.topics ?? {}).filter(
      ([name]) => !this.#context.metadata.image.topic(name),
    );
    await Promise.all(missing.map(([name, count]) => this.createTopic(name, count)));
  }

  /** Appends records, creating the topic if there is none; settles when all are committed. */
  async produce(topic: string, records: readonly TestRecord[]): Promise<void> {
    const { reply, committed } = this.#context.topics.ensure(topic);
    await committed;
    if (isRefusal(reply)) throw new KafkaError(reply.error, reply.message);
    const { partitionCount } = reply;
    const batches = byPartition(records, { partitionCount, nowMs: this.#context.clock.nowMs() });
    await Promise.all(
      Array.from(batches, ([partition, batch]) => this.#append(topic, partition, batch)),
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
    options: WaitOptions = {},
  ): Promise<StoredRecord[]> {
    const isEnough =
      typeof wanted === 'number'
        ? (records: readonly StoredRecord[]): boolean => records.length >= wanted
        : wanted;
    const timeoutMs = timeoutMsOf(options);
    const deadlineMs = this.#waiting.clock.monotonicMs() + timeoutMs;
    for (;;) {
      const moved = this.#nextMove(topic, deadlineMs);
      try {
        const records = await this.records(topic);
        if (isEnough(records)) return records;
        if (this.#waiting.clock.monotonicMs() >= deadlineMs) {
          const target = typeof wanted === 'number' ? String(wanted) : 'a condition on them';
          throw new Error(
            `topic '${topic}' has ${records.length} records after ${timeoutMs} ms; the test waits for ${target}\n${String(this.dump())}`,
          );
        }
        await moved.promise;
      } finally {
        moved.cancel();
      }
    }
  }

  /** The groups this broker coordinates, sorted by id. */
  groups(): readonly GroupSummary[] {
    return this.#context.coordinator.groupSummaries();
  }

  /** Settles once the group is stable with so many members, each with its assignment. Rejects after the timeout. */
  async groupReady(
    groupId: string,
    { members = 1, ...options }: WaitOptions & { readonly members?: number } = {},
  ): Promise<GroupSummary> {
    const { clock, scheduler } = this.#waiting;
    const timeoutMs = timeoutMsOf(options);
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const group = this.groups().find((candidate) => candidate.groupId === groupId);
      if (group?.state === 'Stable' && group.members.length === members) return group;
      if (clock.monotonicMs() >= deadlineMs) {
        throw new Error(
          `group '${groupId}' is ${group?.state ?? 'unknown'} with ${group?.members.length ?? 0} members after ${timeoutMs} ms; the test waits for ${members}\n${String(this.dump())}`,
        );
      }
      await scheduler.sleep(groupPollMs);
    }
  }

  /**
   * Asks `interceptor` about every request of an API before the broker sees it; the youngest one first. It answers in the broker's place
   * (a body, or an error: `failure(…)` or throwing KafkaError), delays or loses the request (`delay`, `drop`, `dropAnswer`,
   * `silence`), or returns undefined to leave it alone. Works until disposed, `reset` or `stop`.
   */
  intercept<Name extends ApiName>(api: Name, interceptor: Interceptor<KeyOf<Name>>): Interception;
  intercept<Key extends keyof RequestMap>(api: Key, interceptor: Interceptor<Key>): Interception;
  intercept(
    api: ApiName | keyof RequestMap,
    interceptor: (request: never, about: never) => unknown,
  ): Interception {
    return this.#interceptions.add(keyOfApi(api), interceptor as AnyInterceptor);
  }

  /** Answers the next `times` requests of an API with an error, whoever sends them. Ends by itself. */
  failNext(api: ApiName | keyof RequestMap, error: ErrorName, times = 1): Interception {
    let left = times;
    const interception = this.#interceptions.add(keyOfApi(api), () => {
      left--;
      if (left <= 0) interception.dispose();
      return left < 0 ? undefined : new KafkaError(error);
    });
    return interception;
  }

  /**
   * The partition stands still: what is produced from now on is neither acknowledged nor readable until `resumePartition`. Throws
   * KafkaError for an unknown partition.
   */
  pausePartition(topic: string, partition: number): void {
    const found = this.#partition(topic, partition);
    found.hold(true);
    this.#paused.add(found);
  }

  /** Idempotent. Throws KafkaError for an unknown partition. */
  resumePartition(topic: string, partition: number): void {
    const found = this.#partition(topic, partition);
    found.hold(false);
    this.#paused.delete(found);
  }

  /** Which versions of which API keys clients asked for since the start, ascending. */
  requestVersions(): ReadonlyMap<number, readonly number[]> {
    const found = new Map<number, readonly number[]>();
    for (const [apiKey, bits] of this.#context.counters.versionsByKey) {
      const versions = Array.from({ length: 31 }, (_, version) => version);
      found.set(
        apiKey,
        versions.filter((version) => (bits & (1 << version)) !== 0),
      );
    }
    return found;
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
    const found = this.#partition(topic, partition);
    if (!found.replicas.includes(nodeId)) {
      const replicas = found.replicas.join(', ');
      throw new KafkaError('REPLICA_NOT_AVAILABLE', `${topic}-${partition} is on ${replicas}`);
    }
    found.moveLeader(nodeId);
  }

  /**
   * Every group gets another coordinator: with several brokers the next one, with one the same that has forgotten everything but its
   * log. Parked requests are answered NOT_COORDINATOR. Settles when the groups are served again.
   */
  async moveCoordinators(): Promise<void> {
    const { coordinator, offsetsTopic, replicas, nodes } = this.#context;
    for (const partition of replicas.topic(internalTopics.consumerOffsets)?.partitions ?? []) {
      const alive = partition.replicas.filter((replica) => nodes.includes(replica));
      const next = alive[(alive.indexOf(partition.leader) + 1) % alive.length];
      if (next !== undefined) partition.moveLeader(next);
    }
    const partitions = Array.from({ length: offsetsTopic.partitionCount }, (_, index) => index);
    for (const partition of partitions) coordinator.release(partition);
    await Promise.all(partitions.map((partition) => coordinator.acquire(partition)));
  }

  /**
   * Another virtual broker on a port of its own, or the one of that id that was removed, on the port it had. Leaders stay where they
   * are. Settles with its id when it accepts clients. Throws RangeError beyond `limits.virtualBrokersMax` and for a living one.
   */
  async addBroker(nodeId?: number): Promise<number> {
    const { nodes } = this.#context;
    const added = nodeId ?? Math.max(...nodes, ...this.#firstNodes) + 1;
    if (nodes.includes(added)) throw new RangeError(`broker ${added} is there already`);
    if (nodes.length >= limits.virtualBrokersMax) {
      throw new RangeError(`there are at most ${limits.virtualBrokersMax} virtual brokers`);
    }
    await this.broker.addNode(added);
    return added;
  }

  /**
   * A virtual broker dies: its port and its connections close, its partitions move to the next replica that is alive; those without one
   * have no leader until it comes back. Throws RangeError for an unknown broker and for the last one.
   */
  async removeBroker(nodeId: number): Promise<void> {
    const { nodes, replicas } = this.#context;
    if (!nodes.includes(nodeId)) throw new RangeError(`there is no broker ${nodeId}`);
    if (nodes.length === 1) throw new RangeError('the last broker cannot be removed; use stop');
    const gone = this.broker.removeNode(nodeId);
    for (const partition of replicas.partitions()) {
      const heir = partition.replicas.find((replica) => nodes.includes(replica));
      if (partition.leader === nodeId && heir !== undefined) partition.moveLeader(heir);
    }
    await gone;
  }

  /** Compacts every compacted topic as far as it goes, the newest records included. Settles when it is done. */
  async compact(): Promise<void> {
    const { logs, replicas } = this.#context;
    for (const { log } of replicas.partitions()) {
      if (log.settings.cleanupPolicy.includes('compact')) log.roll();
    }
    await logs.compact({ isForced: true, nowMs: this.clock.nowMs() });
  }

  /** Deletes what retention says must go by the broker's clock. Settles with the number of segments that went. */
  async applyRetention(): Promise<number> {
    return this.#context.logs.applyRetention(this.clock.nowMs());
  }

  /**
   * As it was when it started, on the same port: topics, groups, committed offsets, interceptors, pauses, quotas, changed settings and
   * users are gone, topics of the options are back and empty, brokers are those of the beginning. The clock stays where it is.
   * Clients may stay connected; members of groups are told to join again. Settles when it is done.
   */
  async reset(): Promise<void> {
    const { coordinator, metadata } = this.#context;
    this.#interceptions.clear();
    this.#paused.clear();
    await this.#restoreBrokers();
    coordinator.stop();
    const deletions = [...metadata.image.topics()].map(
      ({ topicId }) => metadata.deleteTopic(topicId).committed,
    );
    const settings = changedSettings(this.#context);
    if (settings.length > 0) deletions.push(metadata.setClusterSettings(settings).committed);
    const created = this.createDeclaredTopics();
    await Promise.all([...deletions, created, coordinator.start()]);
  }

  /** The state at this moment: an object whose `toString` is readable, to attach to a failure. */
  dump(): BrokerDump {
    return new BrokerDump(this.#context, {
      brokers: this.broker.nodes.map(({ nodeId, addresses }) => ({
        nodeId,
        port: addresses[0]?.port ?? 0,
      })),
      interceptions: this.#interceptions,
      isPaused: (topic, partition) => {
        const found = this.#context.replicas.partition(topic, partition);
        return found !== undefined && this.#paused.has(found);
      },
    });
  }

  /** Ends everything; nothing of it keeps the process alive afterwards. Idempotent. */
  stop(): Promise<void> {
    this.#interceptions.clear();
    for (const partition of this.#paused) partition.hold(false);
    this.#paused.clear();
    return this.broker.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Waiting is bounded in real time where the kit made the platform, because a manual clock would never end it. */
  get #waiting(): Pick<Platform, 'clock' | 'scheduler'> {
    return this.#options.clock === 'manual' ? realWorld() : this.platform;
  }

  #partition(topic: string, partition: number): Partition {
    const found = this.#context.replicas.partition(topic, partition);
    if (!found) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic}-${partition}`);
    return found;
  }

  async #restoreBrokers(): Promise<void> {
    const { nodes } = this.#context;
    for (const nodeId of this.#firstNodes) {
      if (!nodes.includes(nodeId)) await this.broker.addNode(nodeId);
    }
    for (const nodeId of nodes.filter((added) => !this.#firstNodes.includes(added))) {
      await this.broker.removeNode(nodeId);
    }
  }

  async #append(topic: string, index: number, records: readonly KafkaRecord[]): Promise<void> {
    const partition = this.#partition(topic, index);
    const nowMs = this.#context.clock.nowMs();
    const batch = buildBatch(records, {});
    const { lastOffset } = partition.append(batch, { nowMs, origin: 'client' });
    await new Promise<void>((resolve, reject) => {
      partition.whenCommitted(lastOffset, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The next move of a high watermark of the topic, at the latest when the time is over; polls while the topic does not exist. */
  #nextMove(topic: string, deadlineMs: number): { promise: Promise<void>; cancel: () => void } {
    const { clock, scheduler } = this.#waiting;
    const partitions = this.#context.replicas.topic(topic)?.partitions;
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

function timeoutMsOf({ timeout, timeoutMs }: WaitOptions): number {
  return timeout === undefined ? (timeoutMs ?? waitMsDefault) : durationMs(timeout);
}

type SettingsRecord = Parameters<BrokerContext['metadata']['setClusterSettings']>[0][number];

/** Records that take back what administrators changed. */
function changedSettings({ metadata, nodes }: BrokerContext): SettingsRecord[] {
  const { clusterSettings } = metadata.image;
  const records: SettingsRecord[] = [];
  for (const { entity } of clusterSettings.quotas()) {
    records.push({ kind: 'client-quotas-set', version: 1, entity, values: {} });
  }
  for (const broker of ['', ...nodes.map(String)]) {
    if (clusterSettings.brokerConfigs(broker).size === 0) continue;
    records.push({ kind: 'broker-configs-set', version: 1, broker, configs: {} });
  }
  for (const user of clusterSettings.scramUsers()) {
    for (const mechanism of clusterSettings.scramCredentials(user).keys()) {
      records.push({
        kind: 'scram-credential-set',
        version: 1,
        user,
        mechanism,
        credential: null,
      });
    }
  }
  return records;
}
