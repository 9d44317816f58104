// One consumer of a server: a member of one group with the handlers of that group. Protects: it polls all the time, so a slow handler
// neither loses the group nor holds other partitions; before a partition goes its handlers may end and their offsets are committed;
// whatever breaks it, it starts again with growing pauses, and says so when it gives up. Leaves out: what happens to one record
// (delivery-worker), to one partition (owned-partition).
//   starting → running ⇄ recovering → failed;  any → draining → stopped

import { KafkaError, topicPartitionKey, type TopicPartition } from '@drave/contracts';
import type { ConsumerRecord } from '@drave/client';
import { errorSentence, fresh, retried, type Delivery } from './delivery.js';
import { sleep, type WorkerTools } from './delivery-worker.js';
import type { DriverConsumer, DriverConsumerOptions, TransportDriver } from './driver.js';
import { OwnedPartition } from './owned-partition.js';
import type { Route, RouteTable } from './route.js';
import { transportLimits as limits } from './transport-limits.js';

export type ConsumerState =
  'starting' | 'running' | 'recovering' | 'failed' | 'draining' | 'stopped';

/** One consumer as the health check and a reader see it. */
export interface ConsumerStatus {
  readonly group: string;
  readonly state: ConsumerState;
  /** Last error, in a sentence. */
  readonly failure: string | undefined;
  readonly partitions: readonly TopicPartition[];
  readonly paused: readonly TopicPartition[];
  /** Partitions that stand still at a record that failed for good. */
  readonly halted: readonly (TopicPartition & { readonly reason: string })[];
  /** Records not yet handled; undefined while unknown. */
  readonly lag: number | undefined;
  /** Milliseconds since the last poll returned. */
  readonly lastPollAgeMs: number;
  /** Milliseconds the oldest running handler has been running; 0 when none runs. */
  readonly longestHandlerMs: number;
  readonly inFlight: number;
  /** Records that were read and wait or run. */
  readonly buffered: number;
  readonly handled: number;
  readonly retried: number;
  readonly deadLettered: number;
  readonly skipped: number;
}

export interface GroupConsumerOptions {
  readonly driver: TransportDriver;
  readonly routes: RouteTable;
  readonly tools: Omit<WorkerTools, 'group' | 'count'>;
  readonly consumer: Omit<DriverConsumerOptions, 'groupId' | 'onAssigned' | 'onRevoked' | 'onLost'>;
  readonly bufferedRecords: number;
  readonly commitIntervalMs: number;
  readonly revokeMs: number;
  readonly topicRefreshMs: number;
  readonly restarts: number;
  /** Creates what the subscription needs; called before each start. */
  readonly ensureTopics: () => Promise<void>;
  readonly onState: (state: ConsumerState, error?: unknown) => void;
}

export class GroupConsumer {
  readonly group: string;
  readonly #options: GroupConsumerOptions;
  readonly #tools: WorkerTools;
  readonly #partitions = new Map<string, OwnedPartition>();
  readonly #counts = { handled: 0, retried: 0, deadLettered: 0, skipped: 0 };
  readonly #stop = new AbortController();
  #state: ConsumerState = 'starting';
  #failure: unknown;
  #consumer: DriverConsumer | undefined;
  #loop: Promise<void> | undefined;
  #subscribed: readonly string[] = [];
  #lastPollMs: number;
  #pollsAsMember = 0;
  #isPaused = false;
  #joined: (() => void)[] = [];
  #committing: Promise<void> | undefined;
  #drained: Promise<void> | undefined;

  constructor(options: GroupConsumerOptions) {
    this.#options = options;
    this.group = options.routes.group;
    this.#tools = {
      ...options.tools,
      group: this.group,
      count: (what) => void this.#counts[what]++,
    };
    this.#lastPollMs = this.#nowMs();
  }

  /** Begins; settles when the group is joined or after `joinMs`, whichever is first. */
  async start(joinMs: number): Promise<void> {
    this.#loop = this.#supervise();
    const joined = new AbortController();
    this.#joined.push(() => joined.abort());
    const signal = AbortSignal.any([this.#stop.signal, joined.signal]);
    await sleep(this.#tools.platform, joinMs, signal);
  }

  status(): ConsumerStatus {
    const owned = [...this.#partitions.values()];
    const starts = owned.flatMap(({ oldestStartMs }) => oldestStartMs ?? []);
    const oldest = starts.length > 0 ? Math.min(...starts) : undefined;
    return {
      group: this.group,
      state: this.#state,
      failure: this.#failure === undefined ? undefined : errorSentence(this.#failure),
      partitions: owned.map(({ topicPartition }) => topicPartition),
      paused: owned.filter(({ isPaused }) => isPaused).map(({ topicPartition }) => topicPartition),
      halted: owned
        .filter(({ haltedBy }) => haltedBy !== undefined)
        .map(({ topicPartition, haltedBy }) => ({
          ...topicPartition,
          reason: errorSentence(haltedBy),
        })),
      lag: this.#lag(owned),
      lastPollAgeMs: this.#nowMs() - this.#lastPollMs,
      longestHandlerMs:
        oldest === undefined ? 0 : Math.max(0, this.#tools.platform.clock.nowMs() - oldest),
      inFlight: owned.reduce((sum, { active }) => sum + active, 0),
      buffered: owned.reduce((sum, { depth }) => sum + depth, 0),
      ...this.#counts,
    };
  }

  /** Stops handing out records of these partitions, or of all, those to come included. */
  pause(partitions?: readonly TopicPartition[]): void {
    if (!partitions) this.#isPaused = true;
    for (const owned of this.#chosen(partitions)) owned.pause();
  }

  /** Ends pauses and standstills. */
  resume(partitions?: readonly TopicPartition[]): void {
    if (!partitions) this.#isPaused = false;
    for (const owned of this.#chosen(partitions)) owned.resume();
  }

  /** Commits what is done. */
  async commit(): Promise<void> {
    // One at a time; whoever asks meanwhile needs a commit that begins after the call.
    while (this.#committing) await this.#committing;
    this.#committing = this.#commitOnce().finally(() => (this.#committing = undefined));
    await this.#committing;
  }

  /** Lets running handlers end within `drainMs`, commits, leaves the group. Idempotent. */
  drain(drainMs: number): Promise<void> {
    this.#drained ??= this.#drain(drainMs);
    return this.#drained;
  }

  async #drain(drainMs: number): Promise<void> {
    this.#setState('draining');
    this.#stop.abort();
    const isInTime = await this.#endPartitions([...this.#partitions.values()], drainMs);
    if (!isInTime) {
      const busy = this.status().inFlight;
      this.#tools.logger.warn(
        `group '${this.group}': ${busy} records are still being handled after ${drainMs} ms; they will be delivered again`,
      );
    }
    await this.#close();
    await this.#loop;
    this.#setState('stopped');
  }

  async #supervise(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const startedMs = this.#nowMs();
      try {
        await this.#options.ensureTopics();
        await this.#consume();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (this.#nowMs() - startedMs > limits.restartForgetMs) failures = 0;
        failures++;
        this.#failure = error;
        this.#tools.logger.error(`consumer of group '${this.group}': ${errorSentence(error)}`);
        await this.#endPartitions([...this.#partitions.values()], this.#options.revokeMs);
        await this.#close();
        if (failures > this.#options.restarts) {
          this.#setState('failed', error);
          for (const resolve of this.#joined.splice(0)) resolve();
          return;
        }
        this.#setState('recovering', error);
        const backoffMs = limits.restartBackoffMs * 2 ** Math.min(failures - 1, 20);
        await sleep(
          this.#tools.platform,
          Math.min(backoffMs, limits.restartBackoffMsMax),
          this.#stop.signal,
        );
      }
    }
  }

  /** Until stopped; rejects with what breaks it. */
  async #consume(): Promise<void> {
    const { driver, routes } = this.#options;
    const consumer = driver.consumer({
      autoOffsetReset: 'earliest',
      ...this.#options.consumer,
      groupId: this.group,
      onAssigned: (partitions) => this.#onAssigned(partitions),
      onRevoked: (partitions) => this.#onRevoked(partitions),
      onLost: (partitions) => this.#onLost(partitions),
    });
    this.#consumer = consumer;
    this.#pollsAsMember = 0;
    this.#subscribed = routes.topics(routes.hasPatterns ? await driver.listTopics() : []);
    if (this.#subscribed.length > 0) consumer.subscribe(this.#subscribed);
    let commitAtMs = this.#nowMs() + this.#options.commitIntervalMs;
    let refreshAtMs = this.#nowMs() + this.#options.topicRefreshMs;
    while (!this.#stop.signal.aborted) {
      if (this.#subscribed.length > 0) await this.#pollOnce(consumer);
      else {
        this.#onJoined(); // Nothing matches its patterns yet.
        await sleep(this.#tools.platform, limits.pollMs, this.#stop.signal);
      }
      this.#lastPollMs = this.#nowMs();
      if (routes.hasPatterns && this.#lastPollMs >= refreshAtMs) {
        await this.#refreshTopics(consumer);
        refreshAtMs = this.#nowMs() + this.#options.topicRefreshMs;
      }
      if (this.#lastPollMs >= commitAtMs) {
        await this.commit();
        commitAtMs = this.#nowMs() + this.#options.commitIntervalMs;
      }
    }
  }

  async #pollOnce(consumer: DriverConsumer): Promise<void> {
    const timeoutMs = Math.min(limits.pollMs, this.#options.commitIntervalMs);
    const records = await consumer.poll({ maxRecords: limits.pollRecords, timeoutMs });
    // A member without partitions is told of no assignment; in one poll it may only not have it yet.
    const isMember = consumer.groupMetadata().generation >= 0;
    this.#pollsAsMember = isMember ? this.#pollsAsMember + 1 : 0;
    if (this.#pollsAsMember > 1) this.#onJoined();
    if (records.length > 0) this.#dispatch(records);
  }

  #dispatch(records: readonly ConsumerRecord[]): void {
    const byPartition = new Map<string, Delivery[]>();
    for (const record of records) {
      const delivery = this.#toDelivery(record);
      const key = topicPartitionKey(record);
      const list = byPartition.get(key);
      if (list) list.push(delivery);
      else byPartition.set(key, [delivery]);
    }
    for (const [key, deliveries] of byPartition) this.#partitions.get(key)?.push(deliveries);
  }

  /** What no handler here takes has no route: written to a retry topic by somebody else, or its handler is gone. */
  #toDelivery(record: ConsumerRecord): Delivery {
    const delayMs = this.#options.routes.retryDelays.get(record.topic);
    if (delayMs === undefined) return fresh(record);
    const nowMs = this.#tools.platform.clock.nowMs();
    return retried(record, { delayMs, nowMs }) ?? fresh(record);
  }

  #onJoined(): void {
    if (this.#state === 'starting' || this.#state === 'recovering') {
      this.#failure = undefined;
      this.#setState('running');
    }
    for (const resolve of this.#joined.splice(0)) resolve();
  }

  #onAssigned(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const owned = this.#own(partition);
      this.#partitions.set(topicPartitionKey(partition), owned);
      if (this.#isPaused) owned.pause();
    }
    this.#onJoined();
  }

  async #onRevoked(partitions: readonly TopicPartition[]): Promise<void> {
    const owned = this.#chosen(partitions);
    await this.#endPartitions(owned, this.#options.revokeMs);
  }

  #onLost(partitions: readonly TopicPartition[]): void {
    for (const owned of this.#chosen(partitions)) {
      this.#partitions.delete(topicPartitionKey(owned.topicPartition));
      void owned.drain();
    }
  }

  /** Waits for handlers, at most `waitMs`, then commits and forgets the partitions. False when some did not end. */
  async #endPartitions(owned: readonly OwnedPartition[], waitMs: number): Promise<boolean> {
    if (owned.length === 0) return true;
    const timer = new AbortController();
    const outcome = await Promise.race([
      Promise.all(owned.map((partition) => partition.drain())).then(() => 'ended' as const),
      sleep(this.#tools.platform, waitMs, timer.signal).then(() => 'late' as const),
    ]);
    timer.abort();
    await this.commit();
    for (const { topicPartition } of owned) {
      this.#partitions.delete(topicPartitionKey(topicPartition));
    }
    return outcome === 'ended';
  }

  async #commitOnce(): Promise<void> {
    const consumer = this.#consumer;
    if (!consumer) return;
    const moved = [...this.#partitions.values()].flatMap(({ topicPartition, tracker }) => {
      const offset = tracker.committable;
      return offset === undefined ? [] : [{ ...topicPartition, offset, tracker }];
    });
    if (moved.length === 0) return;
    try {
      await consumer.commit(
        moved.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
      );
      for (const { tracker, offset } of moved) tracker.committed(offset);
    } catch (error) {
      // The next owner reads from the last commit; what was done since is done twice there.
      const isLate = error instanceof KafkaError && error.errorName === 'ILLEGAL_GENERATION';
      if (!isLate) {
        this.#tools.logger.warn(`group '${this.group}' cannot commit: ${errorSentence(error)}`);
      }
    }
  }

  async #refreshTopics(consumer: DriverConsumer): Promise<void> {
    const topics = this.#options.routes.topics(await this.#options.driver.listTopics());
    if (topics.join('\n') === this.#subscribed.join('\n')) return;
    this.#subscribed = topics;
    consumer.subscribe(topics);
  }

  #own(partition: TopicPartition): OwnedPartition {
    const { routes, bufferedRecords } = this.#options;
    return new OwnedPartition({
      partition,
      lane: laneOf(routes, partition.topic),
      routeOf: ({ origin }) => routes.route(origin.topic),
      tools: this.#tools,
      bufferedMax: bufferedRecords,
      onFlow: (isReading) => this.#setFlow(partition, isReading),
      commit: () => this.commit(),
      onHalt: () => this.#options.onState(this.#state),
    });
  }

  #setFlow(partition: TopicPartition, isReading: boolean): void {
    const key = topicPartitionKey(partition);
    const isAssigned = this.#consumer
      ?.assignment()
      .some((assigned) => topicPartitionKey(assigned) === key);
    if (!isAssigned) return;
    if (isReading) this.#consumer?.resume([partition]);
    else this.#consumer?.pause([partition]);
  }

  #lag(owned: readonly OwnedPartition[]): number | undefined {
    let sum = 0;
    for (const { topicPartition, depth } of owned) {
      const behind = this.#lagOf(topicPartition);
      if (behind === undefined) return undefined;
      sum += behind + depth;
    }
    return sum;
  }

  #lagOf(partition: TopicPartition): number | undefined {
    try {
      return this.#consumer?.lag(partition);
    } catch {
      return undefined; // Just revoked.
    }
  }

  #chosen(partitions: readonly TopicPartition[] | undefined): OwnedPartition[] {
    if (!partitions) return [...this.#partitions.values()];
    return partitions.flatMap(
      (partition) => this.#partitions.get(topicPartitionKey(partition)) ?? [],
    );
  }

  /** Leaves the group; what does not end in time is cut off. */
  async #close(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    if (!consumer) return;
    const timer = new AbortController();
    const outcome = await Promise.race([
      consumer.close().then(
        () => 'closed' as const,
        () => 'late' as const,
      ),
      sleep(this.#tools.platform, limits.closeMs, timer.signal).then(() => 'late' as const),
    ]);
    timer.abort();
    if (outcome === 'late') consumer.abort();
    this.#partitions.clear();
  }

  #setState(state: ConsumerState, error?: unknown): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState(state, error);
  }

  #nowMs(): number {
    return this.#tools.platform.clock.monotonicMs();
  }
}

/** A retry topic is shared by the handlers of a group; it runs as its most careful handler wants. */
function laneOf(
  routes: RouteTable,
  topic: string,
): {
  ordering: 'partition' | 'key' | 'none';
  concurrency: number;
  batchSize: number;
  lingerMs: number;
} {
  const route = routes.retryDelays.has(topic) ? undefined : routes.route(topic);
  if (route) return laneOfRoute(route);
  const lanes = routes.routes().map(laneOfRoute);
  const ordering = (['partition', 'key', 'none'] as const).find((one) =>
    lanes.some((lane) => lane.ordering === one),
  );
  return {
    ordering: ordering ?? 'partition',
    concurrency: Math.min(...lanes.map(({ concurrency }) => concurrency)),
    batchSize: 1,
    lingerMs: 0,
  };
}

function laneOfRoute({ options }: Route): ReturnType<typeof laneOf> {
  const { ordering, concurrency, batch } = options;
  return { ordering, concurrency, batchSize: batch?.size ?? 1, lingerMs: batch?.lingerMs ?? 0 };
}
