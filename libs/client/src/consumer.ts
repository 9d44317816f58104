// The consumer: assigned by hand or by its group; records come out of `poll`. Protects: what `poll` returns belongs to
// partitions owned at that moment; the positions only move over what was returned; a commit of a partition that is not
// owned any more is refused here; `onRevoked` is awaited before the group goes on without this member's partitions.
// Leaves out: automatic commits, topic patterns, KIP-848 groups.

import { KafkaError, topicPartitionKey, type TopicPartition } from '@drave/contracts';
import type { Timer } from '@drave/platform';

import type { Assignor } from './assignor.js';
import { ClientClosedError } from './client-closed-error.js';
import type { Cluster } from './cluster.js';
import { cooperativeStickyAssignor } from './cooperative-sticky-assignor.js';
import { Fetcher, type OffsetReset } from './fetcher.js';
import { GroupMembership } from './group-membership.js';
import { Lane } from './lane.js';
import { clientLimits, consumerDefaults } from './limits.js';
import {
  commitOnce,
  fetchCommitted,
  isCoordinatorLost,
  listOffsets,
  type CommitIdentity,
  type CommittedOffset,
  type FoundOffset,
  type Isolation,
  type OffsetSpec,
  type OffsetToCommit,
} from './offset-requests.js';
import type { ConsumerBatches, ConsumerRecord, PartitionBuffer } from './partition-buffer.js';
import { rangeAssignor } from './range-assignor.js';

export interface ConsumerOptions {
  /** Needed for groups and commits. */
  readonly groupId?: string;
  /** Subscribed at the first poll; same as calling `subscribe`. */
  readonly topics?: readonly string[];
  /** group.instance.id: a static member, which comes back to its partitions and does not leave on close. */
  readonly instanceId?: string;
  /** In order of preference; default cooperative-sticky, then range. */
  readonly assignors?: readonly ('cooperative-sticky' | 'range' | Assignor)[];
  /** Subscription user data for assignors without their own. */
  readonly userData?: () => Buffer | null;
  /** Milliseconds, default 45,000. */
  readonly sessionTimeoutMs?: number;
  /** Milliseconds, default 3,000; at most a third of the session timeout. */
  readonly heartbeatIntervalMs?: number;
  /** Milliseconds, default 60,000: how long the group waits for this member to give back and rejoin. */
  readonly rebalanceTimeoutMs?: number;
  /** Milliseconds, default 300,000: without a poll for so long the member leaves; the next poll rejoins. */
  readonly maxPollIntervalMs?: number;
  /** Where to start without a committed offset, or when it is out of range; default latest. */
  readonly autoOffsetReset?: OffsetReset;
  readonly isolation?: Isolation;
  readonly fetch?: {
    readonly minBytes?: number;
    /** Of one answer; default 16 MiB. */
    readonly maxBytes?: number;
    /** Milliseconds, default 500. */
    readonly maxWaitMs?: number;
    /** Of one partition in one answer; default 1 MiB. */
    readonly partitionMaxBytes?: number;
    /** A partition with this much buffered is not fetched; default partitionMaxBytes. */
    readonly partitionBufferBytes?: number;
  };
  /** New partitions; their fetching starts when it settles, so `seek` works inside. */
  readonly onAssigned?: (partitions: readonly TopicPartition[]) => Promise<void> | void;
  /** They go to other members when it settles; commit inside. */
  readonly onRevoked?: (partitions: readonly TopicPartition[]) => Promise<void> | void;
  /** They are gone already; commits are refused. */
  readonly onLost?: (partitions: readonly TopicPartition[]) => Promise<void> | void;
}

export interface PollOptions {
  /** Default 500. */
  readonly maxRecords?: number;
  /** How long to wait when nothing is there; default 1,000. */
  readonly timeoutMs?: number;
}

const builtIn = Object.freeze({
  'cooperative-sticky': cooperativeStickyAssignor,
  range: rangeAssignor,
});

export class Consumer {
  readonly #cluster: Cluster;
  readonly #groupLane = new Lane('consumer');
  readonly #offsetsLane = new Lane('consumer');
  readonly #options: ConsumerOptions;
  readonly #isolation: Isolation;
  readonly #fetcher: Fetcher;
  #membership: GroupMembership | undefined;
  #isManual = false;
  #isPolling = false;
  #isClosed = false;
  #wakeUp: (() => void) | undefined;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #fatal: Error | undefined;
  readonly #callbackErrors: Error[] = [];

  /** Made by `KafkaClient.consumer()`. */
  constructor(cluster: Cluster, options: ConsumerOptions = {}) {
    this.#cluster = cluster;
    this.#options = options;
    this.#isolation = options.isolation ?? 'read_uncommitted';
    const fetch = options.fetch ?? {};
    const partitionMaxBytes = fetch.partitionMaxBytes ?? consumerDefaults.fetchPartitionMaxBytes;
    this.#fetcher = new Fetcher(cluster, {
      fetchLanes: Array.from({ length: consumerDefaults.fetchLanes }, () => new Lane('consumer')),
      offsetsLane: this.#offsetsLane,
      groupId: options.groupId,
      autoOffsetReset: options.autoOffsetReset ?? 'latest',
      isolation: this.#isolation,
      minBytes: fetch.minBytes ?? consumerDefaults.fetchMinBytes,
      maxBytes: fetch.maxBytes ?? consumerDefaults.fetchMaxBytes,
      maxWaitMs: fetch.maxWaitMs ?? consumerDefaults.fetchMaxWaitMs,
      partitionMaxBytes,
      partitionBufferBytes: fetch.partitionBufferBytes ?? partitionMaxBytes,
      onData: () => this.#wakeUp?.(),
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Joins the group for these topics (instead of earlier ones). Needs `groupId`. */
  subscribe(topics: readonly string[]): void {
    this.#checkOpen();
    if (this.#isManual) throw new TypeError('subscribe: this consumer was assigned by hand');
    this.#membership ??= this.#makeMembership();
    this.#membership.subscribe(topics);
  }

  /** Reads exactly these partitions, without a group. Partitions that stay keep their position. */
  assign(partitions: readonly TopicPartition[]): void {
    this.#checkOpen();
    if (this.#membership) throw new TypeError('assign: this consumer is subscribed');
    this.#isManual = true;
    const wanted = new Set(partitions.map(topicPartitionKey));
    this.#fetcher.remove(this.assignment().filter((p) => !wanted.has(topicPartitionKey(p))));
    this.#fetcher.add(partitions);
  }

  /**
   * Records that are there, or the first to come within `timeoutMs`; per partition in offset order. Rejects with errors
   * that need the caller (OFFSET_OUT_OF_RANGE without reset policy, CORRUPT_MESSAGE, lost authorization, a callback that
   * threw); positions then stay, and the next poll goes on. One poll at a time.
   */
  async poll(options: PollOptions = {}): Promise<ConsumerRecord[]> {
    const max = options.maxRecords ?? consumerDefaults.maxPollRecords;
    const records: ConsumerRecord[] = [];
    await this.#pollUntil(options.timeoutMs, () => {
      for (const buffer of this.#fetcher.buffers()) {
        if (records.length >= max) break;
        if (!isReadable(buffer)) continue;
        try {
          buffer.take(max - records.length, records);
        } catch (error) {
          // Records already taken must not be lost with the error; it comes again at the next poll.
          if (records.length === 0) throw error;
          break;
        }
      }
      return records.length > 0;
    });
    return records;
  }

  /** Like `poll`, but raw batches (for pass-through): nothing is decoded, CRCs are not checked. */
  async pollBatches(options: { readonly timeoutMs?: number } = {}): Promise<ConsumerBatches[]> {
    const found: ConsumerBatches[] = [];
    await this.#pollUntil(options.timeoutMs, () => {
      for (const buffer of this.#fetcher.buffers()) {
        const batches = isReadable(buffer) ? buffer.takeBatches() : undefined;
        if (batches) found.push(batches);
      }
      return found.length > 0;
    });
    return found;
  }

  /** Stops returning and fetching; what is buffered stays. */
  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#assigned(partition).isPaused = true;
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#assigned(partition).isPaused = false;
    this.#fetcher.wake();
    this.#wakeUp?.();
  }

  paused(): TopicPartition[] {
    return [...this.#fetcher.buffers()].filter((buffer) => buffer.isPaused).map(toPartition);
  }

  /** The next poll continues at `offset`. */
  seek(partition: TopicPartition, offset: number): void {
    this.#assigned(partition).seek(offset);
    this.#fetcher.wake();
  }

  /** The next offset `poll` will return; undefined until it is known. */
  position(partition: TopicPartition): number | undefined {
    return this.#assigned(partition).position;
  }

  /** Offsets known from the last fetch; −1 before the first. */
  watermarks(partition: TopicPartition): { low: number; high: number; lastStable: number } {
    const { logStartOffset, highWatermark, lastStableOffset } = this.#assigned(partition);
    return { low: logStartOffset, high: highWatermark, lastStable: lastStableOffset };
  }

  /** Records between the position and the end this consumer may read; undefined before the first fetch. */
  lag(partition: TopicPartition): number | undefined {
    const buffer = this.#assigned(partition);
    const end =
      this.#isolation === 'read_committed' ? buffer.lastStableOffset : buffer.highWatermark;
    if (end < 0 || buffer.position === undefined) return undefined;
    return Math.max(0, end - buffer.position);
  }

  assignment(): TopicPartition[] {
    return [...this.#fetcher.buffers()].map(toPartition);
  }

  /** Who this member is; generation −1 outside one. */
  groupMetadata(): CommitIdentity {
    const identity = this.#membership?.identity;
    if (identity) return identity;
    const groupId = this.#groupId();
    return { groupId, generation: -1, memberId: '', instanceId: this.#options.instanceId ?? null };
  }

  /** Asks for one more generation, for instance to tell new user data. */
  requestRejoin(): void {
    this.#membership?.requestRejoin();
  }

  /**
   * Commits the given offsets, or the positions of everything assigned. Waits for a rebalance to end; rejects with
   * ILLEGAL_GENERATION when a given partition is not owned any more then (somebody else reads it now).
   */
  async commit(given?: readonly OffsetToCommit[]): Promise<void> {
    for (const { metadata } of given ?? []) {
      if ((metadata?.length ?? 0) > clientLimits.offsetMetadataCharsMax) {
        throw new KafkaError('OFFSET_METADATA_TOO_LARGE', 'commit');
      }
    }
    const groupId = this.#groupId();
    await this.#cluster.retry(async () => {
      const membership = this.#membership;
      const offsets = given ?? this.#positions();
      if (offsets.length === 0) return;
      if (membership) this.#checkOwned(offsets);
      try {
        await commitOnce(this.#cluster, this.#offsetsLane, this.groupMetadata(), offsets);
      } catch (error) {
        if (isCoordinatorLost(error)) this.#cluster.forgetCoordinator(groupId);
        if (!membership || !isStaleGeneration(error)) throw error;
        membership.hintStale();
        if (membership.isCallbackRunning || this.#isClosed) throw error;
        // The ownership check of the next attempt decides, once the member knows its new generation.
        throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS', 'commit during a rebalance', {
          cause: error,
        });
      }
    });
  }

  /** Committed offsets of the group, in the order asked; undefined where there is none. */
  async committed(partitions: readonly TopicPartition[]): Promise<(CommittedOffset | undefined)[]> {
    const committed = await fetchCommitted(this.#cluster, this.#offsetsLane, {
      groupId: this.#groupId(),
      partitions,
      requireStable: true,
    });
    const byKey = new Map(committed.map((offset) => [topicPartitionKey(offset), offset]));
    return partitions.map((partition) => byKey.get(topicPartitionKey(partition)));
  }

  /** First offset at or after each timestamp (or earliest, latest), in the order asked; −1 where there is none. */
  offsetsForTimes(
    queries: readonly (TopicPartition & { readonly at: OffsetSpec })[],
  ): Promise<FoundOffset[]> {
    return listOffsets(this.#cluster, this.#offsetsLane, queries, this.#isolation);
  }

  /**
   * Runs `onRevoked` for everything, leaves the group, closes. A waiting poll returns. Idempotent. A static member stays
   * in the group until its session ends, unless `leave` is true.
   */
  async close(options: { readonly leave?: boolean } = {}): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#wakeUp?.();
    await this.#membership?.close(options.leave);
    this.#fetcher.close();
    this.#groupLane.close();
    this.#offsetsLane.close();
  }

  /** Ends at once as a killed process would: no callback, no leave request; the session timeout tells the group. */
  abort(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#wakeUp?.();
    this.#membership?.abort();
    this.#fetcher.close();
    this.#groupLane.close();
    this.#offsetsLane.close();
  }

  async #pollUntil(timeoutMs: number | undefined, take: () => boolean): Promise<void> {
    this.#checkOpen();
    if (this.#isPolling) throw new TypeError('poll: another poll of this consumer is running');
    if (this.#options.topics && !this.#membership) this.subscribe(this.#options.topics);
    this.#isPolling = true;
    try {
      const { clock } = this.#cluster.platform;
      const deadlineMs = clock.monotonicMs() + (timeoutMs ?? consumerDefaults.pollTimeoutMs);
      for (;;) {
        this.#membership?.onPoll();
        const hasData = take();
        // Room was made, or a position moved over data nobody may see: both allow a fetch.
        this.#fetcher.wake();
        if (hasData) return;
        const error = this.#fatal ?? this.#callbackErrors.shift() ?? this.#fetcher.takeError();
        if (error) throw error;
        const leftMs = deadlineMs - clock.monotonicMs();
        if (leftMs <= 0 || this.#isClosed) return;
        await this.#wait(deadlineMs);
      }
    } finally {
      this.#isPolling = false;
    }
  }

  /** Until something is there, or `deadlineMs`, or earlier. A timer of an earlier poll that runs before is left alone. */
  #wait(deadlineMs: number): Promise<void> {
    if (deadlineMs < this.#timerAtMs) {
      const { clock, scheduler } = this.#cluster.platform;
      this.#timer?.cancel();
      this.#timerAtMs = deadlineMs;
      this.#timer = scheduler.setTimer(deadlineMs - clock.monotonicMs(), () => {
        this.#timerAtMs = Infinity;
        this.#wakeUp?.();
      });
    }
    return new Promise((resolve) => {
      this.#wakeUp = () => {
        this.#wakeUp = undefined;
        resolve();
      };
    });
  }

  #makeMembership(): GroupMembership {
    const o = this.#options;
    const sessionTimeoutMs = o.sessionTimeoutMs ?? consumerDefaults.sessionTimeoutMs;
    const assignors = o.assignors ?? ['cooperative-sticky', 'range'];
    return new GroupMembership(this.#cluster, {
      groupLane: this.#groupLane,
      offsetsLane: this.#offsetsLane,
      groupId: this.#groupId(),
      instanceId: o.instanceId ?? null,
      assignors: assignors.map((a) => (typeof a === 'string' ? builtIn[a] : a)),
      sessionTimeoutMs,
      heartbeatIntervalMs:
        o.heartbeatIntervalMs ??
        Math.min(consumerDefaults.heartbeatIntervalMs, sessionTimeoutMs / 3),
      rebalanceTimeoutMs: o.rebalanceTimeoutMs ?? consumerDefaults.rebalanceTimeoutMs,
      maxPollIntervalMs: o.maxPollIntervalMs ?? consumerDefaults.maxPollIntervalMs,
      userData: o.userData,
      onRevoke: (partitions) => this.#onRevoke(partitions),
      onLose: async (partitions) => {
        this.#fetcher.remove(partitions);
        if (partitions.length > 0) await o.onLost?.(partitions);
      },
      onAssigned: async (partitions) => {
        this.#fetcher.add(partitions, true);
        if (partitions.length > 0) await o.onAssigned?.(partitions);
        this.#fetcher.setHeld(partitions, false);
      },
      onCallbackError: (error) => {
        this.#callbackErrors.push(error);
        this.#wakeUp?.();
      },
      onFailed: (error) => {
        this.#fatal ??= error;
        this.#wakeUp?.();
      },
    });
  }

  async #onRevoke(partitions: readonly TopicPartition[]): Promise<void> {
    this.#fetcher.setHeld(partitions, true);
    try {
      await this.#options.onRevoked?.(partitions);
    } finally {
      this.#fetcher.remove(partitions);
    }
  }

  #positions(): OffsetToCommit[] {
    const offsets: OffsetToCommit[] = [];
    for (const buffer of this.#fetcher.buffers()) {
      if (buffer.position === undefined) continue;
      const { leaderEpoch, position: offset } = buffer;
      offsets.push({ ...toPartition(buffer), offset, leaderEpoch });
    }
    return offsets;
  }

  #checkOwned(offsets: readonly OffsetToCommit[]): void {
    for (const { topic, partition } of offsets) {
      if (this.#fetcher.buffer({ topic, partition })) continue;
      throw new KafkaError(
        'ILLEGAL_GENERATION',
        `${topic}-${partition} does not belong to this consumer any more; its offset was not committed`,
      );
    }
  }

  #assigned(partition: TopicPartition): PartitionBuffer {
    const buffer = this.#fetcher.buffer(partition);
    if (buffer) return buffer;
    throw new RangeError(`${topicPartitionKey(partition)} is not assigned to this consumer`);
  }

  #groupId(): string {
    const { groupId } = this.#options;
    if (groupId === undefined || groupId === '')
      throw new TypeError('this consumer has no groupId');
    return groupId;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new ClientClosedError('consumer');
  }
}

function isReadable(buffer: PartitionBuffer): boolean {
  return !buffer.isPaused && !buffer.isHeld && buffer.hasData;
}

function toPartition({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}

function isStaleGeneration(error: unknown): boolean {
  if (!(error instanceof KafkaError)) return false;
  switch (error.errorName) {
    case 'ILLEGAL_GENERATION':
    case 'UNKNOWN_MEMBER_ID':
    case 'REBALANCE_IN_PROGRESS':
      return true;
    default:
      return false;
  }
}
