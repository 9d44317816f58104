// Takes ready batches to the leaders. Protects: at most `maxInFlight` (≤ 5) unanswered requests per broker; each batch
// settles from the answer for its own partition; memory counted on append comes back exactly once; a batch older than
// the delivery timeout fails. Order and sequences are PartitionQueue's.
// Leaves out: transactions, throttling by the client, splitting batches that are too large.

import { errorByCode, ErrorCode, KafkaError } from '@drave/contracts';
import type { Timer } from '@drave/platform';
import { ApiKey, type CompressionCodec, type ProduceResponse } from '@drave/protocol';

import type { Cluster } from './cluster.js';
import type { Lane } from './lane.js';
import {
  PartitionQueue,
  type FailureKind,
  type ProducerBatch,
  type ProducerIdentity,
} from './partition-queue.js';

export interface SenderOptions {
  readonly lane: Lane;
  readonly acks: -1 | 0 | 1;
  readonly lingerMs: number;
  readonly batchBytes: number;
  readonly codec: CompressionCodec;
  readonly isIdempotent: boolean;
  readonly maxInFlight: number;
  readonly maxRequestBytes: number;
  readonly deliveryTimeoutMs: number;
  /** Called when `bytes` of the buffer are free again. */
  readonly onReleased: (bytes: number) => void;
}

interface Sending {
  readonly queue: PartitionQueue;
  readonly batch: ProducerBatch;
}

const epochMax = 32_766;

export class Sender {
  readonly #cluster: Cluster;
  readonly #options: SenderOptions;
  readonly #queues = new Map<string, PartitionQueue[]>();
  readonly #active = new Set<PartitionQueue>();
  readonly #inFlightByNode = new Map<number, number>();
  #identity: ProducerIdentity | undefined;
  #isInitializing = false;
  #initAttempt = 0;
  #isPumpScheduled = false;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #isRefreshing = false;
  #refreshAttempt = 0;
  #closedWith: Error | undefined;

  constructor(cluster: Cluster, options: SenderOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#active.size === 0;
  }

  /** The current producer id and epoch; undefined before the first batch or without idempotence. */
  get identity(): ProducerIdentity | undefined {
    return this.#identity;
  }

  /** The queue of a partition; call `wake` after an append. */
  queue(topic: string, partition: number): PartitionQueue {
    let partitions = this.#queues.get(topic);
    if (!partitions) {
      partitions = [];
      this.#queues.set(topic, partitions);
    }
    let queue = partitions[partition];
    if (!queue) {
      queue = new PartitionQueue({
        topic,
        partition,
        codec: this.#options.codec,
        batchBytes: this.#options.batchBytes,
      });
      partitions[partition] = queue;
    }
    return queue;
  }

  /** `queue` got a record. */
  wake(queue: PartitionQueue): void {
    this.#active.add(queue);
    this.#schedulePump();
  }

  /** Settles when every batch that exists now is settled, whatever the outcome. Sends without lingering. */
  async flush(): Promise<void> {
    const waits: Promise<void>[] = [];
    for (const queue of this.#active) {
      queue.seal();
      for (const batch of queue.unsettled()) {
        waits.push(new Promise((resolve) => batch.onDone(resolve)));
      }
    }
    this.#schedulePump();
    await Promise.all(waits);
  }

  /** Fails what is not in flight; answers still under way settle their batches. */
  close(error: Error): void {
    this.#closedWith = error;
    this.#timer?.cancel();
    for (const queue of this.#active) this.#failAll(queue.drainIdle(), error);
  }

  #schedulePump(): void {
    if (this.#isPumpScheduled) return;
    this.#isPumpScheduled = true;
    this.#cluster.platform.scheduler.nextTurn(() => {
      this.#isPumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#closedWith) return;
    const nowMs = this.#cluster.platform.clock.monotonicMs();
    let wakeAtMs = Infinity;
    const byLeader = new Map<number, PartitionQueue[]>();
    let hasLeaderless = false;
    for (const queue of this.#active) {
      this.#expire(queue, nowMs);
      this.#replaceIdentity(queue.identityToReplace);
      if (queue.isEmpty) {
        this.#active.delete(queue);
        continue;
      }
      const oldestAtMs = queue.oldestIdleAtMs;
      if (oldestAtMs === undefined) continue;
      wakeAtMs = Math.min(wakeAtMs, oldestAtMs + this.#options.deliveryTimeoutMs);
      const readyAtMs = queue.readyAtMs(this.#options.lingerMs);
      if (readyAtMs > nowMs) {
        wakeAtMs = Math.min(wakeAtMs, readyAtMs);
        continue;
      }
      const leader = this.#cluster.metadata.leader(queue);
      if (!leader) {
        hasLeaderless = true;
        continue;
      }
      const ready = byLeader.get(leader.nodeId);
      if (ready) ready.push(queue);
      else byLeader.set(leader.nodeId, [queue]);
    }
    if (hasLeaderless) this.#refreshMetadata();
    if (byLeader.size > 0 && this.#hasIdentity()) {
      for (const [nodeId, queues] of byLeader) this.#sendTo(nodeId, queues);
    }
    this.#wakeAt(wakeAtMs);
  }

  #wakeAt(atMs: number): void {
    if (atMs === Infinity || (this.#timer && this.#timerAtMs <= atMs)) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    const delayMs = Math.max(0, atMs - this.#cluster.platform.clock.monotonicMs());
    this.#timer = this.#cluster.platform.scheduler.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#timerAtMs = Infinity;
      this.#pump();
    });
  }

  #expire(queue: PartitionQueue, nowMs: number): void {
    const { deliveryTimeoutMs } = this.#options;
    const expired = queue.expire(nowMs - deliveryTimeoutMs);
    if (expired.length === 0) return;
    const error = new KafkaError(
      'REQUEST_TIMED_OUT',
      `${queue.topic}-${queue.partition}: records were not delivered within ${deliveryTimeoutMs} ms; check that the partition has a leader`,
    );
    this.#failAll(expired, error);
  }

  #sendTo(nodeId: number, queues: readonly PartitionQueue[]): void {
    let inFlight = this.#inFlightByNode.get(nodeId) ?? 0;
    const rest = [...queues];
    while (rest.length > 0 && inFlight < this.#options.maxInFlight) {
      const sending: Sending[] = [];
      let sizeBytes = 0;
      while (rest.length > 0) {
        const queue = rest[0];
        if (!queue) break;
        if (sending.length > 0 && sizeBytes + queue.nextSizeBytes > this.#options.maxRequestBytes) {
          break;
        }
        rest.shift();
        // A partition that was not finished goes to the end: one batch per partition and request.
        const batch = this.#take(queue);
        if (!batch) continue;
        sizeBytes += batch.bytes().length;
        sending.push({ queue, batch });
      }
      if (sending.length === 0) break;
      inFlight++;
      this.#inFlightByNode.set(nodeId, inFlight);
      void this.#send(nodeId, sending);
      if (rest.length === 0) {
        const nowMs = this.#cluster.platform.clock.monotonicMs();
        for (const { queue } of sending) {
          if (queue.readyAtMs(this.#options.lingerMs) <= nowMs) rest.push(queue);
        }
      }
    }
  }

  #take(queue: PartitionQueue): ProducerBatch | undefined {
    try {
      return queue.take(this.#options.isIdempotent ? this.#identity : undefined);
    } catch (error) {
      // The codec failed (a missing module, say): nothing of this partition can be encoded.
      this.#failAll(queue.drainIdle(), error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  }

  async #send(nodeId: number, sending: readonly Sending[]): Promise<void> {
    try {
      const response = await this.#request(nodeId, sending);
      if (response === undefined) for (const sent of sending) this.#deliver(sent, -1, -1);
      else this.#settle(sending, response);
    } catch (error) {
      const failure = error instanceof KafkaError ? error : undefined;
      for (const sent of sending) {
        const reason = error instanceof Error ? error : new Error(String(error));
        this.#onFailed(sent, failure?.retriable ? 'retry' : 'final', reason);
      }
      if (failure?.retriable) this.#refreshMetadata();
    } finally {
      this.#inFlightByNode.set(nodeId, (this.#inFlightByNode.get(nodeId) ?? 1) - 1);
      this.#schedulePump();
    }
  }

  async #request(
    nodeId: number,
    sending: readonly Sending[],
  ): Promise<ProduceResponse | undefined> {
    const { acks, lane } = this.#options;
    const topics = new Map<string, { index: number; records: Buffer }[]>();
    for (const { queue, batch } of sending) {
      const entry = { index: queue.partition, records: batch.bytes() };
      const partitions = topics.get(queue.topic);
      if (partitions) partitions.push(entry);
      else topics.set(queue.topic, [entry]);
    }
    return this.#cluster.request(
      { nodeId, lane },
      ApiKey.produce,
      {
        transactionalId: null,
        acks,
        timeoutMs: this.#cluster.requestTimeoutMs,
        topicData: [...topics].map(([name, partitionData]) => ({ name, partitionData })),
      },
      acks === 0
        ? { expectsResponse: false }
        : { timeoutMs: this.#cluster.requestTimeoutMs + 5000 },
    );
  }

  #settle(sending: readonly Sending[], response: ProduceResponse): void {
    let needsRefresh = false;
    for (const sent of sending) {
      const { topic, partition } = sent.queue;
      const answer = response.responses
        .find((r) => r.name === topic)
        ?.partitionResponses.find((p) => p.index === partition);
      const code = answer?.errorCode ?? ErrorCode.NETWORK_EXCEPTION;
      if (answer && code === ErrorCode.NONE) {
        this.#deliver(sent, answer.baseOffset, answer.logAppendTimeMs);
        continue;
      }
      if (code === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
        this.#deliver(sent, -1, -1);
        continue;
      }
      needsRefresh ||= errorByCode(code).refreshMetadata;
      const record = answer?.recordErrors[0];
      const said = record?.batchIndexErrorMessage ?? answer?.errorMessage;
      const error = new KafkaError(
        code,
        `cannot produce to ${topic}-${partition}${said ? ` (${said})` : ''}`,
      );
      this.#onFailed(sent, this.#kindOf(code), error);
    }
    if (needsRefresh) this.#refreshMetadata();
  }

  #kindOf(code: number): FailureKind {
    if (this.#options.isIdempotent) {
      switch (code) {
        case ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER:
        case ErrorCode.UNKNOWN_PRODUCER_ID:
        case ErrorCode.INVALID_PRODUCER_EPOCH:
        case ErrorCode.INVALID_PRODUCER_ID_MAPPING:
          return 'sequence';
        default:
      }
    }
    return errorByCode(code).retriable ? 'retry' : 'final';
  }

  #deliver({ queue, batch }: Sending, baseOffset: number, logAppendTimeMs: number): void {
    queue.onDelivered(batch);
    batch.complete(queue.topic, queue.partition, baseOffset, logAppendTimeMs);
    this.#options.onReleased(batch.reservedBytes);
    this.#refreshAttempt = 0;
  }

  #onFailed({ queue, batch }: Sending, kind: FailureKind, error: Error): void {
    const nowMs = this.#cluster.platform.clock.monotonicMs();
    const isExpired = nowMs - batch.createdAtMs >= this.#options.deliveryTimeoutMs;
    const isQueued = queue.onFailed(batch, {
      kind,
      isExpired: isExpired || this.#closedWith !== undefined,
      retryAtMs: nowMs + this.#cluster.backoffMs(batch.attempts),
    });
    this.#replaceIdentity(queue.identityToReplace);
    if (!isQueued) this.#failAll([batch], this.#closedWith ?? error);
  }

  /** A partition proved `identity` useless: the next epoch of it, or a new producer id when the epochs are used up. */
  #replaceIdentity(identity: ProducerIdentity | undefined): void {
    if (!identity || !this.#identity) return;
    const { producerId, epoch } = this.#identity;
    if (producerId !== identity.producerId || epoch !== identity.epoch) return;
    this.#identity = epoch < epochMax ? { producerId, epoch: epoch + 1 } : undefined;
  }

  #failAll(batches: readonly ProducerBatch[], error: Error): void {
    for (const batch of batches) {
      batch.fail(error);
      this.#options.onReleased(batch.reservedBytes);
    }
  }

  #hasIdentity(): boolean {
    if (!this.#options.isIdempotent) return true;
    if (this.#identity) return true;
    if (!this.#isInitializing) void this.#initProducerId();
    return false;
  }

  async #initProducerId(): Promise<void> {
    this.#isInitializing = true;
    try {
      const response = await this.#cluster.request(
        { nodeId: 'any', lane: this.#options.lane },
        ApiKey.initProducerId,
        { transactionalId: null, transactionTimeoutMs: 0, producerId: -1, producerEpoch: -1 },
      );
      if (response.errorCode !== ErrorCode.NONE) {
        throw new KafkaError(response.errorCode, 'cannot get a producer id');
      }
      this.#identity = { producerId: response.producerId, epoch: response.producerEpoch };
      this.#initAttempt = 0;
    } catch (error) {
      if (error instanceof KafkaError && error.retriable) {
        await this.#cluster.platform.scheduler.sleep(this.#cluster.backoffMs(++this.#initAttempt));
      } else {
        const reason = error instanceof Error ? error : new Error(String(error));
        for (const queue of this.#active) this.#failAll(queue.drainIdle(), reason);
      }
    } finally {
      this.#isInitializing = false;
      this.#schedulePump();
    }
  }

  #refreshMetadata(): void {
    if (this.#isRefreshing || this.#closedWith) return;
    this.#isRefreshing = true;
    void this.#refresh();
  }

  async #refresh(): Promise<void> {
    const { platform, metadata } = this.#cluster;
    try {
      if (this.#refreshAttempt > 0) {
        await platform.scheduler.sleep(this.#cluster.backoffMs(this.#refreshAttempt));
      }
      this.#refreshAttempt++;
      await metadata.refresh([...new Set([...this.#active].map((queue) => queue.topic))]);
    } catch (error) {
      platform.logger.debug('producer-metadata-refresh-failed', { error: String(error) });
    } finally {
      this.#isRefreshing = false;
      this.#schedulePump();
    }
  }
}
