// StreamsApp: one instance of an application: its consumer group member, its tasks, their commits.
// Protects: R6 the order of a commit: outputs and changelogs acknowledged → offsets with metadata → local state;
// R12 revoke → commit → close, restore before running; one commit at a time. At-least-once outputs; state is exact across
// kills and moves (README, "What holds"). Uses only what any Kafka broker has.
// Leaves out: transactions, lanes (worker threads), standbys, restarting in place, queries of other instances, KIP-1071 groups.

import { ActorSystem, supervise, type StopReason } from '@drave/actors';
import { KafkaClient, type Admin, type Consumer, type Producer } from '@drave/client';
import type { TopicPartition } from '@drave/contracts';
import { assert, type DiskLock, type Platform, type Timer } from '@drave/platform';
import { StreamsEvents, type AppState } from './app-events.js';
import { sumOf, taskInfoOf, type StreamsMetrics, type TaskInfo } from './app-metrics.js';
import { TopologyError } from './errors.js';
import { ensureTopics } from './internal-topics.js';
import { limits } from './limits.js';
import { openTask, type TaskEnvironment } from './open-task.js';
import { InputEnds } from './input-ends.js';
import type { InputRecord } from './record.js';
import { LocalStore } from './state/local-store.js';
import { ownerTask } from './state/owner-task.js';
import { instanceIdOf, lockState } from './state-directory.js';
import { TaskActor, type TaskCommit, type TaskHost } from './task-actor.js';
import { taskAssignor } from './task-assignor.js';
import { TaskHandle } from './task-handle.js';
import { resolveTopic, taskIdOf, type Subtopology } from './subtopology.js';
import type { Topology } from './topology.js';
import type { TopologyDescription } from './describe.js';

export interface StreamsAppOptions {
  readonly platform: Platform;
  /** Group id and prefix of internal topics. */
  readonly applicationId: string;
  readonly topology: Topology;
  /** `host:port` list; or `client`, which is then not closed here. */
  readonly brokers?: readonly string[];
  readonly client?: KafkaClient;
  /** State lives in `<stateDirectory>/<applicationId>`, one process at a time. Absent: in memory, restored at start. */
  readonly stateDirectory?: string;
  /** Milliseconds between commits, default 1,000. */
  readonly commitIntervalMs?: number;
  readonly guarantee?: 'at-least-once';
  /** A task that fails: opened again from what is committed (default, at most 10 times a minute), or the app fails. */
  readonly onTaskFailure?: 'restart' | 'stop';
  /** How long an empty, caught-up input holds back the other inputs of its task; milliseconds, default 0. */
  readonly maxTaskIdleMs?: number;
  /** Passed to the group; milliseconds, default 45,000. */
  readonly sessionTimeoutMs?: number;
}

const pollTimeoutMs = 200;
/** Below Kafka's 500: a long poll that waits on idle inputs must not hold up one that was just resumed. */
const fetchWaitMs = 100;

export class StreamsApp {
  readonly events: StreamsEvents;
  readonly #options: StreamsAppOptions;
  readonly #client: KafkaClient;
  readonly #handles = new Map<string, TaskHandle>();
  readonly #assigned = new Set<string>();
  readonly #ends: InputEnds;
  #isPaused = false;
  #state: AppState = 'created';
  #failure: Error | undefined;
  #admin: Admin | undefined;
  #producer: Producer | undefined;
  #consumer: Consumer | undefined;
  #system: ActorSystem | undefined;
  #lock: DiskLock | undefined;
  #instanceId: string | undefined;
  /** Of the internal topics. */
  #partitionCounts = new Map<string, number>();
  #polling: Promise<void> | undefined;
  #commitTimer: Timer | undefined;
  /** Commits and closings run one after another. */
  #serial: Promise<unknown> = Promise.resolve();
  #commitCount = 0;
  #commitMs = 0;
  #taskFailureCount = 0;
  #commitAsked = false;
  #hasRejoined = false;

  constructor(options: StreamsAppOptions) {
    this.#options = options;
    options.topology.checkNames(options.applicationId);
    const { platform, brokers, client, applicationId } = options;
    if (!client && !brokers) throw new TypeError('StreamsApp: give `brokers` or `client`');
    this.#client =
      client ?? new KafkaClient({ platform, brokers: brokers ?? [], clientId: applicationId });
    this.events = new StreamsEvents(platform.logger);
    this.#ends = new InputEnds(platform.logger);
  }

  get state(): AppState {
    return this.#state;
  }

  /** Why the state is `failed`. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Takes the state directory, creates internal topics, joins the group; tasks start as the group assigns them. Rejects
   * with one clear error (ELOCKED, a missing source topic, unequal partition counts, no broker); the app is then closed.
   */
  async start(): Promise<void> {
    assert(this.#state === 'created', 'starts-once', { state: this.#state });
    this.#setState('starting');
    try {
      this.#lock = await lockState(this.#options.platform, this.#directory());
      this.#instanceId = await instanceIdOf(this.#options.platform, this.#directory());
      this.#admin = this.#client.admin();
      const { topology, applicationId } = this.#options;
      const internal = await ensureTopics(this.#admin, topology, applicationId);
      this.#partitionCounts = new Map(internal.map(({ topic, partitions }) => [topic, partitions]));
      this.#begin(this.#instanceId);
    } catch (error) {
      this.#failure = error as Error;
      await this.#release();
      this.#setState('failed', error as Error);
      throw error;
    }
  }

  /** Commits, hands the tasks back to the group, closes everything. Idempotent; also ends a failed app. */
  async close(): Promise<void> {
    if (this.#state === 'closed' || this.#state === 'created') return;
    const hadFailed = this.#state === 'failed';
    if (!hadFailed) this.#setState('closing');
    this.#commitTimer?.cancel();
    // Runs onRevoked, which commits and closes every task.
    await this.#consumer?.close({ leave: true });
    await this.#polling;
    await this.#release();
    if (!hadFailed) this.#setState('closed');
  }

  /**
   * Ends at once as a killed process would: no commit, no goodbye. The group notices after the session timeout; whoever
   * takes over continues from the last commit.
   */
  async kill(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#setState('closed');
    this.#commitTimer?.cancel();
    this.#consumer?.abort();
    this.#producer?.abort();
    this.#admin?.close();
    if (!this.#options.client) this.#client.abort();
    await this.#polling;
    await this.#system?.shutdown();
    await this.#lock?.release();
    this.#lock = undefined;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /**
   * From its return on (called by an operator: after its turn) no record is processed and no punctuator fires in this instance
   * until `resume`, whatever tasks it has or is given. Tasks stay assigned and restore, stores can be queried, heartbeats and commits of what was processed go on.
   * Of this process alone, and forgotten when it ends. Idempotent; false: it was paused already.
   */
  pause(): boolean {
    if (this.#isPaused) return false;
    this.#isPaused = true;
    for (const handle of this.#handles.values()) handle.pause();
    this.events.emit({ kind: 'app-paused' });
    return true;
  }

  /** Goes on where `pause` stopped. Idempotent; false: it was not paused. */
  resume(): boolean {
    if (!this.#isPaused) return false;
    this.#isPaused = false;
    for (const handle of this.#handles.values()) handle.resume();
    this.events.emit({ kind: 'app-resumed' });
    return true;
  }

  tasks(): TaskInfo[] {
    const nowMs = this.#options.platform.clock.monotonicMs();
    return Array.from(this.#handles.values(), (handle) => taskInfoOf(handle, nowMs));
  }

  metrics(): StreamsMetrics {
    const tasks = this.tasks();
    return {
      state: this.#state,
      isPaused: this.#isPaused,
      tasks,
      ...sumOf(tasks),
      commitCount: this.#commitCount,
      commitMs: this.#commitMs,
      taskFailureCount: this.#taskFailureCount,
    };
  }

  /** Who this is: the instance id of its state directory, and its id in the consumer group ('' outside). */
  identity(): { readonly instanceId: string | undefined; readonly memberId: string } {
    const memberId = this.#consumer?.groupMetadata().memberId ?? '';
    return { instanceId: this.#instanceId, memberId };
  }

  /**
   * The task that keeps a key of a store, for keys that Kafka's default partitioner placed. Throws TopologyError for an unknown
   * store and before `start`, TypeError or RangeError for a key of another type.
   */
  taskOf(storeName: string, key: unknown): string {
    const { topology, applicationId } = this.#options;
    return ownerTask(topology, { storeName, key, applicationId, counts: this.#partitionCounts });
  }

  /** Reads a store over the tasks that run here, uncommitted values included. Throws for an unknown name. */
  store<K = string, V = unknown>(name: string): LocalStore<K, V> {
    const known = this.#options.topology.subtopologies.flatMap(({ stores }) => stores);
    const spec = known.find((store) => store.name === name);
    if (spec) {
      const stores = () =>
        [...this.#handles.values()].flatMap(({ task }) => task?.store(name) ?? []);
      return new LocalStore<K, V>(spec, stores);
    }
    const names = known.map((store) => store.name).join(', ') || 'none';
    throw new TopologyError(`the topology has no store '${name}'; it has: ${names}`);
  }

  describe(): TopologyDescription {
    return this.#options.topology.describe(this.#options.applicationId);
  }

  /** Commits now; resolves when done. A failure is an event, not a rejection. */
  commit(): Promise<void> {
    return this.#inTurn(() => this.#commitTasks([...this.#handles.values()]));
  }

  #begin(instanceId: string | undefined): void {
    const { platform, topology, applicationId, sessionTimeoutMs } = this.#options;
    this.#producer = this.#newProducer();
    this.#system = new ActorSystem({
      platform,
      name: `streams-${applicationId}`,
      onFailure: (error) => this.#fail(error),
    });
    this.#consumer = this.#client.consumer({
      groupId: applicationId,
      autoOffsetReset: 'earliest',
      fetch: { maxWaitMs: fetchWaitMs },
      ...(instanceId === undefined ? {} : { instanceId }),
      assignors: [taskAssignor(topology, applicationId, () => this.#onAssignment())],
      ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
      onAssigned: (partitions) => this.#onAssigned(partitions),
      onRevoked: (partitions) => this.#onTaken(partitions, 'revoked'),
      onLost: (partitions) => this.#onTaken(partitions, 'lost'),
    });
    this.#consumer.subscribe(topology.sourceTopics(applicationId));
    this.#setState('running');
    this.#polling = this.#poll(this.#consumer);
    this.#scheduleCommit();
  }

  /**
   * A static member that comes back gets its old assignment without a rebalance. If it died between giving tasks up and
   * rejoining, nobody would ever hand those on, so it asks for one more round; tasks that stay do not notice.
   */
  #onAssignment(): void {
    if (this.#hasRejoined || this.#options.stateDirectory === undefined) return;
    this.#hasRejoined = true;
    this.#options.platform.scheduler.nextTurn(() => {
      if (this.#state === 'running') this.#consumer?.requestRejoin();
    });
  }

  async #poll(consumer: Consumer): Promise<void> {
    while (this.#state === 'running') {
      try {
        const records = await consumer.poll({ timeoutMs: pollTimeoutMs });
        const byPartition = new Map<TaskHandle, Map<string, InputRecord[]>>();
        for (const record of records) {
          const handle = this.#handleOf(record);
          if (!handle) continue;
          const topics = byPartition.get(handle) ?? new Map<string, InputRecord[]>();
          byPartition.set(handle, topics);
          const list = topics.get(record.topic);
          if (list) list.push(record);
          else topics.set(record.topic, [record]);
        }
        for (const [handle, topics] of byPartition) {
          for (const [topic, list] of topics) handle.deliver(topic, list);
        }
        this.#hearEnds(consumer);
      } catch (error) {
        if (this.#state === 'running') this.#fail(error as Error);
      }
    }
  }

  #hearEnds(consumer: Consumer): void {
    const handles = [...this.#handles.values()];
    const nowMs = this.#options.platform.clock.monotonicMs();
    const admin = this.#admin;
    if (this.#isPaused && admin) this.#ends.askWhenDue(handles, { admin, consumer, nowMs });
    this.#ends.hear(handles, consumer);
  }

  #handleOf({ topic, partition }: TopicPartition): TaskHandle | undefined {
    const subtopology = this.#readerOf(topic);
    return subtopology && this.#handles.get(taskIdOf(subtopology.id, partition));
  }

  #readerOf(topic: string): Subtopology | undefined {
    const { topology, applicationId } = this.#options;
    return topology.subtopologies.find(({ sources }) =>
      sources.some((source) => resolveTopic(source.topic, applicationId) === topic),
    );
  }

  #onAssigned(partitions: readonly TopicPartition[]): void {
    const consumer = this.#consumer;
    const { scheduler } = this.#options.platform;
    if (!consumer) return;
    consumer.pause(partitions);
    for (const { topic, partition } of partitions) this.#assigned.add(`${topic}/${partition}`);
    for (const { topic, partition } of partitions) {
      const subtopology = this.#readerOf(topic);
      if (!subtopology) continue;
      const id = taskIdOf(subtopology.id, partition);
      const topics = subtopology.sources.map((source) =>
        resolveTopic(source.topic, this.#options.applicationId),
      );
      const complete = topics.every((name) => this.#assigned.has(`${name}/${partition}`));
      if (!complete || this.#handles.has(id)) continue;
      const handle = new TaskHandle({
        ...{ id, subtopology, partition, topics, consumer, scheduler },
        isPaused: () => this.#isPaused,
      });
      this.#handles.set(id, handle);
      this.events.emit({ kind: 'task-assigned', taskId: id });
      this.#spawn(handle);
    }
  }

  #spawn(handle: TaskHandle): void {
    const system = this.#system;
    if (!system) return;
    const host = this.#hostOf(handle);
    let instance = 0;
    const restart = this.#options.onTaskFailure !== 'stop';
    const ref = system.spawn(() => new TaskActor(host, (instance += 1)), undefined, {
      supervision: restart ? supervise.restart({ onExhausted: 'stop' }) : supervise.stop(),
      mailboxCapacity: limits.taskMailboxMessagesMax,
    });
    handle.attach(ref);
    void system.terminated(ref).then((error) => {
      if (error && this.#handles.get(handle.id) === handle) this.#fail(error);
    });
  }

  #hostOf(handle: TaskHandle): TaskHost {
    const { id: taskId, subtopology, partition } = handle;
    const { events } = this;
    return {
      applicationId: this.#options.applicationId,
      open: (signal, onProgress) =>
        openTask(this.#environment(), { subtopology, partition }, { signal, onProgress }),
      onProgress: (restored, total) =>
        events.emit({ kind: 'task-restoring', taskId, restored, total }),
      onRunning: ({ task, positions, restoredCount }, instance) => {
        const offsets = new Map(positions.map(({ topic, offset }) => [topic, offset]));
        handle.run(task, instance, offsets);
        events.emit({ kind: 'task-running', taskId, restored: restoredCount });
      },
      onReceived: (topic, count) => handle.received(topic, count),
      onTurn: () => handle.afterTurn(),
      onCommitWanted: () => this.#wantCommit(),
      isPaused: () => this.#isPaused,
      onDown: (reason) => this.#onTaskDown(handle, reason),
      nowMs: () => this.#options.platform.clock.nowMs(),
    };
  }

  #onTaskDown(handle: TaskHandle, reason: StopReason): void {
    if (reason.kind === 'stopped') {
      handle.halt('closed');
      return;
    }
    if (reason.kind === 'restarting') handle.restartCount += 1;
    handle.halt(reason.kind === 'restarting' ? 'restoring' : 'failed');
    const { error } = reason;
    this.#taskFailureCount += 1;
    this.#options.platform.logger.warn('streams-task-failed', { taskId: handle.id, error });
    this.events.emit({ kind: 'task-failed', taskId: handle.id, error });
  }

  #environment(): TaskEnvironment {
    const { platform, applicationId, maxTaskIdleMs } = this.#options;
    const [producer, admin, consumer] = [this.#producer, this.#admin, this.#consumer];
    assert(
      producer !== undefined && admin !== undefined && consumer !== undefined,
      'app-has-begun',
    );
    return {
      platform,
      applicationId,
      client: this.#client,
      producer,
      admin,
      commit: (offsets) => consumer.commit(offsets),
      onProducerFailed: (failed, error) => this.#replaceProducer(failed, error),
      stateDirectory: this.#directory(),
      maxIdleMs: maxTaskIdleMs ?? 0,
    };
  }

  #newProducer(): Producer {
    return this.#client.producer({ idempotent: true, acks: -1, failFast: true });
  }

  /** All tasks that used it fail and are opened again, with the new one. */
  #replaceProducer(failed: Producer, error: Error): void {
    if (this.#producer !== failed || this.#state !== 'running') return;
    this.#options.platform.logger.warn('streams-producer-failed', { error });
    this.#producer = this.#newProducer();
    for (const { ref } of this.#handles.values()) ref?.tellControl({ kind: 'wake' });
  }

  /** R12: commit what is revoked, then close it. What is lost is closed without a commit. */
  #onTaken(partitions: readonly TopicPartition[], reason: 'revoked' | 'lost'): Promise<void> {
    const handles = new Set<TaskHandle>();
    for (const partition of partitions) {
      this.#assigned.delete(`${partition.topic}/${partition.partition}`);
      this.#ends.forget(partition);
      const handle = this.#handleOf(partition);
      if (handle) handles.add(handle);
    }
    return this.#inTurn(async () => {
      if (reason === 'revoked') await this.#commitTasks([...handles]);
      const why = this.#state === 'closing' ? 'closing' : reason;
      await Promise.all([...handles].map((handle) => this.#closeTask(handle, why)));
    });
  }

  async #closeTask(handle: TaskHandle, reason: 'revoked' | 'lost' | 'closing'): Promise<void> {
    this.#handles.delete(handle.id);
    if (handle.ref && this.#system) await this.#system.stop(handle.ref);
    handle.halt('closed');
    this.events.emit({ kind: 'task-closed', taskId: handle.id, reason });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#serial.then(work);
    this.#serial = result.catch(() => undefined); // the caller of `result` hears of it
    return result;
  }

  #wantCommit(): void {
    if (this.#commitAsked) return;
    this.#commitAsked = true;
    void this.commit().finally(() => {
      this.#commitAsked = false;
    });
  }

  #scheduleCommit(): void {
    const intervalMs = this.#options.commitIntervalMs ?? 1000;
    this.#commitTimer = this.#options.platform.scheduler.setTimer(intervalMs, () => {
      void this.commit().finally(() => {
        if (this.#state === 'running') this.#scheduleCommit();
      });
    });
  }

  /** R6. A failure leaves the tasks running: what they hold goes into the next commit. */
  async #commitTasks(handles: readonly TaskHandle[]): Promise<void> {
    const { clock } = this.#options.platform;
    const startMs = clock.monotonicMs();
    const running = handles.filter(({ state }) => state === 'running');
    const flushed = await Promise.all(running.map((handle) => this.#flush(handle)));
    const commits = flushed.flatMap((result) => result ?? []);
    if (commits.length === 0) return;
    let done = false;
    try {
      await this.#consumer?.commit(commits.flatMap(({ commit }) => commit.offsets));
      done = true;
      this.#commitCount += 1;
    } catch (error) {
      this.#options.platform.logger.warn('streams-commit-failed', { error });
      this.events.emit({ kind: 'commit-failed', error: error as Error });
    }
    await Promise.all(commits.map(({ handle }) => this.#finishCommit(handle, done)));
    if (!done) return;
    const endMs = clock.monotonicMs();
    for (const { handle } of commits) handle.committedMs = endMs;
    const durationMs = endMs - startMs;
    this.#commitMs += durationMs;
    this.events.emit({ kind: 'committed', taskCount: commits.length, durationMs });
  }

  async #flush(
    handle: TaskHandle,
  ): Promise<{ readonly handle: TaskHandle; readonly commit: TaskCommit } | undefined> {
    try {
      const commit = await handle.ask<TaskCommit | undefined>((replyTo) => ({
        kind: 'flush',
        replyTo,
      }));
      return commit && { handle, commit };
    } catch (error) {
      this.events.emit({ kind: 'commit-failed', error: error as Error });
      return undefined;
    }
  }

  async #finishCommit(handle: TaskHandle, done: boolean): Promise<void> {
    try {
      await handle.ask<boolean>((replyTo) => ({ kind: 'committed', done, replyTo }));
    } catch (error) {
      this.#options.platform.logger.warn('streams-commit-unfinished', { taskId: handle.id, error });
    }
  }

  #directory(): string | undefined {
    const { stateDirectory, applicationId } = this.#options;
    return stateDirectory === undefined ? undefined : `${stateDirectory}/${applicationId}`;
  }

  #fail(error: Error): void {
    if (this.#state !== 'running' && this.#state !== 'starting') return;
    this.#failure = error;
    this.#options.platform.logger.error('streams-app-failed', { error });
    this.#setState('failed', error);
    void this.close().catch((cause: unknown) => {
      this.#options.platform.logger.error('streams-close-failed', { error: cause });
    });
  }

  async #release(): Promise<void> {
    this.#commitTimer?.cancel();
    await this.#system?.shutdown();
    await this.#producer?.close();
    this.#admin?.close();
    if (!this.#options.client) await this.#client.close();
    await this.#lock?.release();
    this.#lock = undefined;
  }

  #setState(state: AppState, error?: Error): void {
    this.#state = state;
    this.events.emit({ kind: 'app-state', state, ...(error ? { error } : {}) });
  }
}
