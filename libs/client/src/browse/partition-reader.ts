// Fetches from given offsets without a group and without reading ahead of what is asked. Protects: every byte that is fetched is
// counted; an aborted signal ends a parked fetch at once; records that retention removed meanwhile are stepped over. A damaged batch
// is reported and stepped over, so that it hides nothing behind it. Leaves out: fetch sessions, reading ahead.

import { errorByCode, ErrorCode, KafkaError, type TopicPartition } from '@drave/contracts';
import { ApiKey, type FetchResponse } from '@drave/protocol';

import type { Cluster } from '../cluster.js';
import type { Lane } from '../lane.js';
import { byTopic, listOffsets, type Isolation } from '../offset-requests.js';
import { PartitionBuffer, type ConsumerRecord } from '../partition-buffer.js';

export interface PartitionReaderOptions {
  readonly cluster: Cluster;
  readonly lane: Lane;
  readonly isolation: Isolation;
  readonly signal: AbortSignal;
}

/** A batch whose bytes are not what they should be. */
export interface DamagedBatch {
  readonly partition: number;
  /** Where reading goes on. */
  readonly nextOffset: number;
  readonly message: string;
}

const partitionBytesMax = 1_048_576;
const roundBytesMax = 8 * 1_048_576;

export class PartitionReader {
  readonly #options: PartitionReaderOptions;
  #scannedBytes = 0;

  constructor(options: PartitionReaderOptions) {
    this.#options = options;
  }

  /** Bytes of batches fetched so far. */
  get scannedBytes(): number {
    return this.#scannedBytes;
  }

  open(partition: TopicPartition, offset: number): PartitionBuffer {
    const buffer = new PartitionBuffer(partition);
    buffer.seek(offset);
    return buffer;
  }

  /** Fetches once for the buffers that are empty; waits up to `waitMs` for the first bytes. Rejects when aborted. */
  async fill(buffers: readonly PartitionBuffer[], waitMs: number): Promise<void> {
    const { cluster } = this.#options;
    const topics = [...new Set(buffers.map(({ topic }) => topic))];
    await cluster.retry(async (attempt) => {
      this.#options.signal.throwIfAborted();
      if (attempt > 1) await cluster.metadata.refresh(topics);
      await cluster.metadata.require(topics);
      const byLeader = new Map<number, PartitionBuffer[]>();
      for (const buffer of buffers) {
        if (buffer.hasData) continue;
        const leader = cluster.metadata.leader(buffer);
        if (!leader) {
          throw new KafkaError('LEADER_NOT_AVAILABLE', `${buffer.topic}-${buffer.partition}`);
        }
        const list = byLeader.get(leader.nodeId);
        if (list) list.push(buffer);
        else byLeader.set(leader.nodeId, [buffer]);
      }
      const fetches = [...byLeader].map(([nodeId, list]) => this.#fetch(nodeId, list, waitMs));
      const results = await Promise.allSettled(fetches);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    });
  }

  /** Up to `max` records of `buffer` below `end`, and what was damaged among them. */
  take(
    buffer: PartitionBuffer,
    { max, end, onDamaged }: { max: number; end: number; onDamaged: (batch: DamagedBatch) => void },
  ): ConsumerRecord[] {
    const records: ConsumerRecord[] = [];
    for (;;) {
      try {
        buffer.take(max - records.length, records);
        break;
      } catch (error) {
        const nextOffset = buffer.skipBatch();
        if (nextOffset === undefined || !(error instanceof KafkaError)) throw error;
        onDamaged({ partition: buffer.partition, nextOffset, message: error.message });
      }
    }
    const past = records.findIndex(({ offset }) => offset >= end);
    return past < 0 ? records : records.slice(0, past);
  }

  async #fetch(nodeId: number, buffers: readonly PartitionBuffer[], waitMs: number): Promise<void> {
    const response = await this.#abortable(this.#request(nodeId, buffers, waitMs));
    if (response.errorCode !== ErrorCode.NONE) throw new KafkaError(response.errorCode, 'fetch');
    let failure: KafkaError | undefined;
    for (const { topic, partitions } of response.responses) {
      for (const answer of partitions) {
        const buffer = buffers.find(
          (one) => one.topic === topic && one.partition === answer.partitionIndex,
        );
        if (!buffer) continue;
        if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) await this.#toBegin(buffer);
        else if (answer.errorCode !== ErrorCode.NONE) {
          failure ??= new KafkaError(answer.errorCode, `cannot read ${topic}-${buffer.partition}`);
        } else {
          this.#scannedBytes += answer.records?.length ?? 0;
          const aborted = answer.abortedTransactions ?? [];
          const chunk = { ...answer, abortedTransactions: aborted };
          buffer.add(chunk, buffer.fetchOffset, this.#options.isolation);
        }
      }
    }
    if (failure && !errorByCode(failure.code).retriable) throw failure;
    // Others of this answer have their data; the retry asks for the rest.
    if (failure) throw failure;
  }

  #request(
    nodeId: number,
    buffers: readonly PartitionBuffer[],
    maxWaitMs: number,
  ): Promise<FetchResponse> {
    const { cluster, lane, isolation } = this.#options;
    return cluster.request(
      { nodeId, lane },
      ApiKey.fetch,
      {
        replicaId: -1,
        maxWaitMs,
        minBytes: 1,
        maxBytes: roundBytesMax,
        isolationLevel: isolation === 'read_committed' ? 1 : 0,
        sessionId: 0,
        sessionEpoch: -1,
        topics: [...byTopic(buffers)].map(([topic, list]) => ({
          topic,
          partitions: list.map((buffer) => ({
            partition: buffer.partition,
            currentLeaderEpoch: cluster.metadata.leader(buffer)?.leaderEpoch ?? -1,
            fetchOffset: buffer.fetchOffset,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            partitionMaxBytes: partitionBytesMax,
          })),
        })),
        forgottenTopicsData: [],
        rackId: '',
      },
      { timeoutMs: cluster.requestTimeoutMs + maxWaitMs },
    );
  }

  /** Retention was faster; a position beyond the end stays, and more is waited for. */
  async #toBegin(buffer: PartitionBuffer): Promise<void> {
    const { cluster, lane } = this.#options;
    const { topic, partition } = buffer;
    const [found] = await listOffsets(cluster, lane, [{ topic, partition, at: 'earliest' }]);
    const begin = found?.offset ?? 0;
    if (begin > (buffer.position ?? 0)) buffer.seek(begin);
  }

  async #abortable<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#options;
    signal.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([promise, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
