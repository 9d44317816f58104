// One Fetch request on its way: reads, waits for more when there is too little, reads again. Protects: nothing that became
// readable between reading and parking is missed; whole batches only; limits hold after the first batch; memory
// read into goes back once, when the answer is sent or read again.
// Leaves out: sessions and what refuses a request as a whole (01-fetch.ts).

import { ErrorCode, KafkaError, limits } from '@drave/contracts';
import type { AbortedTransaction, PartitionLog, ReadRequest, ReadResult } from '@drave/log';
import type { Slab } from '@drave/platform';
import type { FetchRequest } from '@drave/protocol';
import type { Partition } from '@drave/replication';
import type { RequestContext } from './define-handler.js';
import { fenceError } from './fencing.js';

interface PartitionAnswer {
  partitionIndex: number;
  errorCode: number;
  highWatermark: number;
  lastStableOffset: number;
  logStartOffset: number;
  abortedTransactions: { producerId: number; firstOffset: number }[] | null;
  preferredReadReplica: number;
  records: Buffer | null;
  divergingEpoch?: { epoch: number; endOffset: number };
}

export interface FetchAnswer {
  errorCode: number;
  sessionId: number;
  responses: { topic: string; partitions: PartitionAnswer[] }[];
}

type FetchPartition = FetchRequest['topics'][number]['partitions'][number];

const noRecords = Buffer.alloc(0);
const readCommitted = 1;
const storageErrorVersionMin = 6;

export class FetchRound {
  readonly #request: FetchRequest;
  readonly #context: RequestContext;
  readonly #bytesMax: number;
  readonly #bytesMin: number;
  /** What the last read saw. */
  #seen: { readonly partition: Partition; readonly highWatermark: number }[] = [];
  /** What the records of the last read lie in. */
  #slabs: Slab[] = [];
  #bytes = 0;
  #hasError = false;

  constructor(request: FetchRequest, context: RequestContext) {
    this.#request = request;
    this.#context = context;
    const { settings, outbound, quotas } = context.broker;
    const quotaBytesMax = quotas.bytesMax('consumer_byte_rate', context.clientId);
    // Too much waits for slow clients already: no more than the one batch that keeps a consumer going.
    const bytesMax = outbound.isFull ? 0 : Math.min(settings.fetchMaxBytes, quotaBytesMax);
    this.#bytesMax = Math.max(0, Math.min(request.maxBytes, bytesMax));
    this.#bytesMin = Math.min(request.minBytes, this.#bytesMax);
    context.buffers.whenSent((isSent) => this.#giveBackSlabs(isSent));
  }

  #giveBackSlabs(isUnused: boolean): void {
    for (const slab of this.#slabs) {
      if (isUnused) slab.release();
      else slab.forget();
    }
    this.#slabs = [];
  }

  async run(): Promise<FetchAnswer> {
    const { clock } = this.#context.broker;
    const waitMs = Math.min(this.#request.maxWaitMs, limits.fetchWaitMsMax);
    const deadlineMs = waitMs > 0 ? clock.monotonicMs() + waitMs : 0;
    for (;;) {
      const answer = await this.#read();
      if (this.#isWorthAnswering(waitMs)) return answer;
      // What became readable while this read was waiting for the disk would wake nobody any more.
      const restMs = deadlineMs - clock.monotonicMs();
      if (restMs <= 0) return answer;
      if (this.#hasMovedSinceRead()) continue;
      return (await this.#park(restMs)) ? this.#read() : answer;
    }
  }

  #isWorthAnswering(waitMs: number): boolean {
    return (
      this.#hasError || waitMs <= 0 || this.#bytes >= this.#bytesMin || this.#seen.length === 0
    );
  }

  #hasMovedSinceRead(): boolean {
    return this.#seen.some(
      ({ partition, highWatermark }) =>
        partition.highWatermark !== highWatermark || partition.failure !== undefined,
    );
  }

  /** False when there was no room to wait, or nobody is left to answer. */
  #park(waitMs: number): Promise<boolean> {
    const { broker, client } = this.#context;
    const partitions = this.#seen.map(({ partition }) => partition);
    return new Promise((resolve) => {
      const parked = broker.purgatory.park({
        partitions,
        missingBytes: Math.max(1, this.#bytesMin - this.#bytes),
        waitMs,
        complete: () => {
          unsubscribe();
          resolve(true);
        },
      });
      const unsubscribe = client.onClosed(() => {
        parked?.cancel();
        resolve(false);
      });
      if (!parked) {
        unsubscribe();
        resolve(false);
      }
    });
  }

  /** The answer as of now; what an earlier read found is not sent any more. */
  async #read(): Promise<FetchAnswer> {
    this.#giveBackSlabs(true);
    this.#bytes = 0;
    this.#seen = [];
    const responses: FetchAnswer['responses'] = [];
    for (const { topic, partitions } of this.#request.topics) {
      const answers: PartitionAnswer[] = [];
      for (const partition of partitions) {
        const answer = this.#readPartition(topic, partition);
        answers.push(answer instanceof Promise ? await answer : answer);
      }
      responses.push({ topic, partitions: answers });
    }
    this.#context.broker.counters.recordBytesOut += this.#bytes;
    return { errorCode: 0, sessionId: 0, responses };
  }

  #readPartition(topic: string, asked: FetchPartition): PartitionAnswer | Promise<PartitionAnswer> {
    const partition = this.#context.broker.replicas.partition(topic, asked.partition);
    if (!partition) return this.#refuse(asked, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    const { nodeId } = this.#context.broker;
    const fenced = fenceError(partition, nodeId, asked.currentLeaderEpoch);
    if (fenced) return this.#refuse(asked, fenced);
    const diverging = divergence(partition, asked);
    if (diverging) {
      this.#hasError = true;
      return { ...this.#give(asked, partition, noRecords), divergingEpoch: diverging };
    }
    this.#seen.push({ partition, highWatermark: partition.highWatermark });
    const { fetchOffset } = asked;
    const { logStartOffset, logEndOffset } = partition;
    if (fetchOffset < logStartOffset || fetchOffset > logEndOffset) {
      return this.#refuse(asked, ErrorCode.OFFSET_OUT_OF_RANGE);
    }
    const isCommittedOnly = this.#request.isolationLevel === readCommitted;
    const boundOffset = isCommittedOnly ? partition.lastStableOffset : partition.highWatermark;
    const maxBytes = Math.min(asked.partitionMaxBytes, this.#bytesMax - this.#bytes);
    const isFirst = this.#bytes === 0;
    if (fetchOffset >= boundOffset || (maxBytes <= 0 && !isFirst)) {
      return this.#give(asked, partition, noRecords);
    }
    return this.#readLog(asked, partition, {
      offset: fetchOffset,
      maxBytes: Math.max(0, maxBytes),
      boundOffset,
      minOneBatch: isFirst,
      slabs: this.#context.broker.readSlabs,
    });
  }

  /** Without a promise where memory has the bytes. */
  #readLog(
    asked: FetchPartition,
    partition: Partition,
    read: ReadRequest,
  ): PartitionAnswer | Promise<PartitionAnswer> {
    try {
      const hot = partition.log.readSync(read);
      if (hot) return this.#giveRead(asked, partition, hot);
    } catch (error) {
      return this.#refuse(asked, this.#codeOf(error));
    }
    return partition.log
      .read(read)
      .then((result) => this.#giveRead(asked, partition, result))
      .catch((error: unknown) => this.#refuse(asked, this.#codeOf(error)));
  }

  #codeOf(error: unknown): number {
    if (error instanceof KafkaError) return error.code;
    this.#context.broker.logger.error('fetch-failed', { error });
    return ErrorCode.UNKNOWN_SERVER_ERROR;
  }

  #giveRead(
    asked: FetchPartition,
    partition: Partition,
    result: ReadResult,
  ): PartitionAnswer | Promise<PartitionAnswer> {
    if (result.slab) this.#slabs.push(result.slab);
    const answer = this.#give(asked, partition, result.records);
    const isCommittedOnly = this.#request.isolationLevel === readCommitted;
    if (!isCommittedOnly || result.records.length === 0) return answer;
    return this.#withAborted(asked, answer, { log: partition.log, toOffset: result.nextOffset });
  }

  /** Names the aborted transactions in the records; without a promise where memory knows them. */
  #withAborted(
    asked: FetchPartition,
    answer: PartitionAnswer,
    { log, toOffset }: { readonly log: PartitionLog; readonly toOffset: number },
  ): PartitionAnswer | Promise<PartitionAnswer> {
    const tell = (aborted: readonly AbortedTransaction[]): PartitionAnswer => {
      answer.abortedTransactions = aborted.map(({ producerId, firstOffset }) => ({
        producerId,
        firstOffset,
      }));
      return answer;
    };
    const known = log.abortedTransactionsSync(asked.fetchOffset, toOffset);
    if (known) return tell(known);
    return log
      .abortedTransactions(asked.fetchOffset, toOffset)
      .then(tell, (error: unknown) => this.#refuse(asked, this.#codeOf(error)));
  }

  #give(asked: FetchPartition, partition: Partition, records: Buffer): PartitionAnswer {
    this.#bytes += records.length;
    return {
      partitionIndex: asked.partition,
      errorCode: 0,
      highWatermark: partition.highWatermark,
      lastStableOffset: partition.lastStableOffset,
      logStartOffset: partition.logStartOffset,
      abortedTransactions: this.#request.isolationLevel === readCommitted ? [] : null,
      preferredReadReplica: -1,
      records,
    };
  }

  #refuse(asked: FetchPartition, errorCode: number): PartitionAnswer {
    this.#hasError = true;
    return refusedPartition(asked.partition, forVersion(errorCode, this.#context.apiVersion));
  }
}

/** Where the client's log and ours part, when it names the epoch of its last record (version 12); undefined when they agree. */
function divergence(
  { log }: Partition,
  { lastFetchedEpoch, fetchOffset }: FetchPartition,
): { epoch: number; endOffset: number } | undefined {
  if (lastFetchedEpoch < 0) return undefined;
  const known = log.endOffsetForEpoch(lastFetchedEpoch);
  if (!known) return { epoch: -1, endOffset: -1 };
  const isShorter = known.epoch < lastFetchedEpoch || known.endOffset < fetchOffset;
  return isShorter ? known : undefined;
}

/** Version 5 and older do not know KAFKA_STORAGE_ERROR. */
function forVersion(errorCode: number, apiVersion: number): number {
  return errorCode === ErrorCode.KAFKA_STORAGE_ERROR && apiVersion < storageErrorVersionMin
    ? ErrorCode.NOT_LEADER_OR_FOLLOWER
    : errorCode;
}

/** The answer for a partition that cannot be read. */
export function refusedPartition(partitionIndex: number, errorCode: number): PartitionAnswer {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: noRecords,
  };
}
