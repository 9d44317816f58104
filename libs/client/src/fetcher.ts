// Keeps the buffers of the assigned partitions filled. Protects: at most one fetch per partition under way and none for
// a full, paused or held one; an answer for a position that moved meanwhile is dropped; a partition without a position
// gets one (committed offset, then the reset policy) before its first fetch. Errors that the caller must see come out of
// `takeError`, one per poll. Each lane has a fetch session per broker, so that idle partitions cost no bytes.
// Leaves out: follower fetching, OffsetForLeaderEpoch.

import {
  errorByCode,
  ErrorCode,
  KafkaError,
  topicPartitionKey,
  type TopicPartition,
} from '@drave/contracts';
import type { Timer } from '@drave/platform';
import { ApiKey, type FetchResponse } from '@drave/protocol';

import type { Cluster } from './cluster.js';
import { FetchSession, type FetchTurn } from './fetch-session.js';
import type { Lane } from './lane.js';
import { byTopic, fetchCommitted, listOffsets, type Isolation } from './offset-requests.js';
import { PartitionBuffer } from './partition-buffer.js';
import { isRetriable } from './retry.js';

export type OffsetReset = 'earliest' | 'latest' | 'none';

export interface FetcherOptions {
  /** Fetches; one may be parked on each. */
  readonly fetchLanes: readonly Lane[];
  readonly offsetsLane: Lane;
  readonly groupId: string | undefined;
  readonly autoOffsetReset: OffsetReset;
  readonly isolation: Isolation;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly partitionMaxBytes: number;
  /** A partition with this much buffered is not fetched. */
  readonly partitionBufferBytes: number;
  /** Something can be handed out, or an error is there. */
  readonly onData: () => void;
}

interface Asked {
  readonly buffer: PartitionBuffer;
  readonly fetchOffset: number;
}

export class Fetcher {
  readonly #cluster: Cluster;
  readonly #options: FetcherOptions;
  readonly #buffers = new Map<string, PartitionBuffer>();
  /** Node ids with a fetch under way, per lane. */
  readonly #busy = new Map<Lane, Set<number>>();
  /** By node id, per lane. */
  readonly #sessions = new Map<Lane, Map<number, FetchSession>>();
  readonly #errors: Error[] = [];
  #isPumpScheduled = false;
  #isResolving = false;
  #resolveAttempt = 0;
  #resolveAtMs = 0;
  #isRefreshing = false;
  #refreshAttempt = 0;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #isClosed = false;

  constructor(cluster: Cluster, options: FetcherOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  buffers(): IterableIterator<PartitionBuffer> {
    return this.#buffers.values();
  }

  buffer(partition: TopicPartition): PartitionBuffer | undefined {
    return this.#buffers.get(topicPartitionKey(partition));
  }

  /** Adds partitions that are not there yet; `isHeld`: not fetched until released. */
  add(partitions: Iterable<TopicPartition>, isHeld = false): void {
    for (const partition of partitions) {
      const key = topicPartitionKey(partition);
      if (this.#buffers.has(key)) continue;
      const buffer = new PartitionBuffer(partition);
      buffer.isHeld = isHeld;
      this.#buffers.set(key, buffer);
    }
    this.wake();
  }

  remove(partitions: Iterable<TopicPartition>): void {
    for (const partition of partitions) this.#buffers.delete(topicPartitionKey(partition));
  }

  setHeld(partitions: Iterable<TopicPartition>, isHeld: boolean): void {
    for (const partition of partitions) {
      const buffer = this.buffer(partition);
      if (buffer) buffer.isHeld = isHeld;
    }
    if (!isHeld) this.wake();
  }

  takeError(): Error | undefined {
    return this.#errors.shift();
  }

  /**
   * Looks for partitions to fetch; cheap, call after anything that may allow one. Not in the next turn but in the one after: what the
   * caller sends because of the records it got leaves first.
   */
  wake(): void {
    if (this.#isPumpScheduled || this.#isClosed) return;
    this.#isPumpScheduled = true;
    const { scheduler } = this.#cluster.platform;
    scheduler.nextTurn(() =>
      scheduler.nextTurn(() => {
        this.#isPumpScheduled = false;
        this.#pump();
      }),
    );
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#buffers.clear();
    for (const lane of this.#options.fetchLanes) lane.close();
  }

  #pump(): void {
    if (this.#isClosed) return;
    const nowMs = this.#cluster.platform.clock.monotonicMs();
    const byLeader = new Map<number, PartitionBuffer[]>();
    const unresolved: PartitionBuffer[] = [];
    let wakeAtMs = Infinity;
    let leaderless = false;
    for (const buffer of this.#buffers.values()) {
      if (buffer.isHeld || buffer.isFetching) continue;
      if (buffer.position === undefined) {
        unresolved.push(buffer);
        continue;
      }
      if (buffer.isPaused || buffer.bufferedBytes >= this.#options.partitionBufferBytes) continue;
      if (buffer.retryAtMs > nowMs) {
        wakeAtMs = Math.min(wakeAtMs, buffer.retryAtMs);
        continue;
      }
      const leader = this.#cluster.metadata.leader(buffer);
      if (!leader) {
        leaderless = true;
        continue;
      }
      const list = byLeader.get(leader.nodeId);
      if (list) list.push(buffer);
      else byLeader.set(leader.nodeId, [buffer]);
    }
    if (unresolved.length > 0 && !this.#isResolving) {
      if (this.#resolveAtMs <= nowMs) void this.#resolve(unresolved);
      else wakeAtMs = Math.min(wakeAtMs, this.#resolveAtMs);
    }
    if (leaderless) this.#refreshMetadata();
    for (const [nodeId, buffers] of byLeader) this.#fetchFrom(nodeId, buffers);
    this.#wakeAt(wakeAtMs);
  }

  #wakeAt(atMs: number): void {
    if (atMs === Infinity || (this.#timer && this.#timerAtMs <= atMs)) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    const delayMs = Math.max(1, atMs - this.#cluster.platform.clock.monotonicMs());
    this.#timer = this.#cluster.platform.scheduler.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#timerAtMs = Infinity;
      this.#pump();
    });
  }

  #fetchFrom(nodeId: number, buffers: readonly PartitionBuffer[]): void {
    for (const lane of this.#options.fetchLanes) {
      let busy = this.#busy.get(lane);
      if (!busy) this.#busy.set(lane, (busy = new Set<number>()));
      if (busy.has(nodeId)) continue;
      busy.add(nodeId);
      const nodes = busy;
      void this.#fetch(nodeId, lane, buffers).finally(() => {
        nodes.delete(nodeId);
        this.wake();
      });
      return;
    }
  }

  async #fetch(nodeId: number, lane: Lane, buffers: readonly PartitionBuffer[]): Promise<void> {
    const asked = new Map<string, Asked>();
    for (const buffer of buffers) {
      buffer.isFetching = true;
      asked.set(topicPartitionKey(buffer), { buffer, fetchOffset: buffer.fetchOffset });
      // Answered first come, first served up to maxBytes: the served ones go to the end of the line.
      this.#buffers.delete(topicPartitionKey(buffer));
      this.#buffers.set(topicPartitionKey(buffer), buffer);
    }
    const session = this.#session(lane, nodeId);
    try {
      const turn = session.next([...asked.values()].map((one) => this.#positionOf(one)));
      const response = await this.#request(nodeId, lane, turn);
      const isToRepeat = session.onAnswer(response);
      if (!this.#isClosed && !isToRepeat) this.#onResponse(asked, response);
    } catch (error) {
      session.onLost();
      if (!this.#isClosed) this.#onFailed([...asked.values()], error);
    } finally {
      for (const { buffer } of asked.values()) buffer.isFetching = false;
    }
  }

  #session(lane: Lane, nodeId: number): FetchSession {
    let sessions = this.#sessions.get(lane);
    if (!sessions) this.#sessions.set(lane, (sessions = new Map<number, FetchSession>()));
    let session = sessions.get(nodeId);
    if (!session) sessions.set(nodeId, (session = new FetchSession()));
    return session;
  }

  #positionOf({ buffer: { topic, partition }, fetchOffset }: Asked): FetchTurn['changed'][number] {
    const leader = this.#cluster.metadata.leader({ topic, partition });
    return { topic, partition, fetchOffset, currentLeaderEpoch: leader?.leaderEpoch ?? -1 };
  }

  #request(nodeId: number, lane: Lane, turn: FetchTurn): Promise<FetchResponse> {
    const { minBytes, maxBytes, maxWaitMs, isolation, partitionMaxBytes } = this.#options;
    const { sessionId, sessionEpoch, changed, forgotten } = turn;
    return this.#cluster.request(
      { nodeId, lane },
      ApiKey.fetch,
      {
        replicaId: -1,
        maxWaitMs,
        minBytes,
        maxBytes,
        isolationLevel: isolation === 'read_committed' ? 1 : 0,
        sessionId,
        sessionEpoch,
        topics: [...byTopic(changed)].map(([topic, list]) => ({
          topic,
          partitions: list.map(({ partition, currentLeaderEpoch, fetchOffset }) => ({
            partition,
            currentLeaderEpoch,
            fetchOffset,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            partitionMaxBytes,
          })),
        })),
        forgottenTopicsData: [...byTopic(forgotten)].map(([topic, list]) => ({
          topic,
          partitions: list.map(({ partition }) => partition),
        })),
        rackId: '',
      },
      { timeoutMs: this.#cluster.requestTimeoutMs + maxWaitMs },
    );
  }

  #onResponse(asked: ReadonlyMap<string, Asked>, response: FetchResponse): void {
    if (response.errorCode !== ErrorCode.NONE) {
      this.#onFailed([...asked.values()], new KafkaError(response.errorCode, 'fetch'));
      return;
    }
    let hasData = false;
    for (const { topic, partitions } of response.responses) {
      for (const answer of partitions) {
        const partition = answer.partitionIndex;
        const known = asked.get(topicPartitionKey({ topic, partition }));
        // Removed while the fetch was under way, perhaps assigned anew: not this buffer's data.
        if (!known || this.buffer(known.buffer) !== known.buffer) continue;
        if (answer.errorCode !== ErrorCode.NONE) {
          this.#onPartitionError(known, answer.errorCode);
          continue;
        }
        known.buffer.failedAttempts = 0;
        try {
          known.buffer.add(
            { ...answer, abortedTransactions: answer.abortedTransactions ?? [] },
            known.fetchOffset,
            this.#options.isolation,
          );
        } catch (error) {
          this.#report(known.buffer, error);
        }
        hasData ||= known.buffer.hasData;
      }
    }
    if (hasData) this.#options.onData();
  }

  #onPartitionError({ buffer, fetchOffset }: Asked, code: number): void {
    const where = `${buffer.topic}-${buffer.partition}`;
    if (code === ErrorCode.OFFSET_OUT_OF_RANGE) {
      if (buffer.position === undefined || buffer.fetchOffset !== fetchOffset) return;
      if (this.#options.autoOffsetReset === 'none') {
        this.#report(buffer, new KafkaError(code, `${where} at offset ${fetchOffset}`));
        return;
      }
      // What is buffered before the hole is still handed out; the reset follows when it is used up.
      if (!buffer.hasData) {
        buffer.forgetPosition();
        buffer.outOfRange = true;
      } else this.#backOff(buffer);
      return;
    }
    const info = errorByCode(code);
    if (!info.retriable) {
      this.#report(buffer, new KafkaError(code, `cannot fetch ${where}`));
      return;
    }
    this.#backOff(buffer);
    if (info.refreshMetadata || code === ErrorCode.UNKNOWN_LEADER_EPOCH) this.#refreshMetadata();
  }

  #onFailed(asked: readonly Asked[], error: unknown): void {
    for (const { buffer } of asked) this.#backOff(buffer);
    if (isRetriable(error)) this.#refreshMetadata();
    else this.#errors.push(error instanceof Error ? error : new Error(String(error)));
    if (this.#errors.length > 0) this.#options.onData();
  }

  #report(buffer: PartitionBuffer, error: unknown): void {
    this.#backOff(buffer);
    if (this.#errors.length < this.#buffers.size + 1) {
      this.#errors.push(error instanceof Error ? error : new Error(String(error)));
    }
    this.#options.onData();
  }

  #backOff(buffer: PartitionBuffer): void {
    buffer.failedAttempts++;
    buffer.retryAtMs =
      this.#cluster.platform.clock.monotonicMs() + this.#cluster.backoffMs(buffer.failedAttempts);
  }

  /** Gives partitions their first position. */
  async #resolve(buffers: readonly PartitionBuffer[]): Promise<void> {
    this.#isResolving = true;
    try {
      await this.#resolvePositions(buffers);
      this.#resolveAttempt = 0;
    } catch (error) {
      this.#resolveAtMs =
        this.#cluster.platform.clock.monotonicMs() +
        this.#cluster.backoffMs(++this.#resolveAttempt);
      const isCurrent = buffers.some((buffer) => this.buffer(buffer) === buffer);
      if (!this.#isClosed && isCurrent && !isRetriable(error)) {
        this.#errors.push(error instanceof Error ? error : new Error(String(error)));
        this.#options.onData();
      }
    } finally {
      this.#isResolving = false;
      this.wake();
    }
  }

  async #resolvePositions(buffers: readonly PartitionBuffer[]): Promise<void> {
    const { groupId, autoOffsetReset, offsetsLane, isolation } = this.#options;
    let open = buffers;
    if (groupId !== undefined) {
      const asking = open.filter((buffer) => !buffer.outOfRange);
      if (asking.length > 0) {
        const committed = await fetchCommitted(this.#cluster, offsetsLane, {
          groupId,
          partitions: asking.map(({ topic, partition }) => ({ topic, partition })),
          requireStable: true,
        });
        for (const offset of committed) this.#place(buffers, offset, offset.offset);
      }
      open = open.filter((buffer) => buffer.position === undefined);
    }
    if (open.length === 0) return;
    if (autoOffsetReset === 'none') {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `no committed offset for ${open.map((b) => `${b.topic}-${b.partition}`).join(', ')} and autoOffsetReset is 'none'`,
      );
    }
    const found = await listOffsets(
      this.#cluster,
      offsetsLane,
      open.map(({ topic, partition }) => ({ topic, partition, at: autoOffsetReset })),
      isolation,
    );
    for (const offset of found) this.#place(buffers, offset, offset.offset);
  }

  /** Unless the caller sought, or the partition went, meanwhile. */
  #place(buffers: readonly PartitionBuffer[], at: TopicPartition, offset: number): void {
    const buffer = this.buffer(at);
    if (!buffer || !buffers.includes(buffer) || buffer.position !== undefined || offset < 0) return;
    buffer.outOfRange = false;
    buffer.seek(offset);
  }

  #refreshMetadata(): void {
    if (this.#isRefreshing || this.#isClosed) return;
    this.#isRefreshing = true;
    void this.#refresh();
  }

  async #refresh(): Promise<void> {
    const { platform, metadata } = this.#cluster;
    try {
      await metadata.refresh([...new Set([...this.#buffers.values()].map(({ topic }) => topic))]);
    } catch (error) {
      platform.logger.debug('consumer-metadata-refresh-failed', { error: String(error) });
    }
    const hasLeaders = [...this.#buffers.values()].every((buffer) => metadata.leader(buffer));
    this.#refreshAttempt = hasLeaders ? 1 : this.#refreshAttempt + 1;
    await platform.scheduler.sleep(this.#cluster.backoffMs(this.#refreshAttempt));
    this.#isRefreshing = false;
    this.wake();
  }
}
