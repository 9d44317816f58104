// One Produce request on its way: appends at once, then waits for what was appended. Protects: every partition asked for is
// answered exactly once, by its commit, its refusal or the timeout; only when all are committed is the request's memory free.
// Leaves out: what refuses a request as a whole (00-produce.ts).

import { ErrorCode, isInternalTopic, KafkaError, type TopicSettings } from '@drave/contracts';
import { InvalidRecordsError } from '@drave/log';
import { ApiKey, batchHeaderBytes, ProtocolError, type ProduceRequest } from '@drave/protocol';
import type { HostedTopic, Partition } from '@drave/replication';
import { endpointOf, type BrokerEndpoint } from './client-info.js';
import { CloseConnection } from './define-handler.js';
import { noResponse } from './request-context.js';
import type { NoResponse, RequestContext } from './request-context.js';

export interface ProducedPartition {
  index: number;
  errorCode: number;
  baseOffset: number;
  logAppendTimeMs: number;
  logStartOffset: number;
  recordErrors: { batchIndex: number; batchIndexErrorMessage: string | null }[];
  errorMessage: string | null;
  currentLeader?: { readonly leaderId: number; readonly leaderEpoch: number };
}

export interface ProduceAnswer {
  responses: { name: string; partitionResponses: ProducedPartition[] }[];
  /** Where the leaders are that answers name. */
  nodeEndpoints?: readonly BrokerEndpoint[];
}

const batchLengthAt = 8;
const magicAt = 16;
const currentMagic = 2;
const zstdCodec = 4;
const transactionalBit = 0x10;
const zstdVersionMin = 7;
/** Refusals of a batch for which Kafka leaves the log's start untold. */
const withoutLogStart: ReadonlySet<number> = new Set([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);
const adminClientId = '__admin_client';

/** One request on its way: appends at once, then waits for what was appended. */
export class ProduceRound {
  readonly #request: ProduceRequest;
  readonly #context: RequestContext;
  readonly #answer: ProduceAnswer = { responses: [] };
  readonly #nowMs: number;
  /** Appended, not committed yet. */
  readonly #pending = new Set<ProducedPartition>();
  #hasFailed = false;
  #settle: (() => void) | undefined;

  constructor(request: ProduceRequest, context: RequestContext) {
    this.#request = request;
    this.#context = context;
    this.#nowMs = context.broker.clock.nowMs();
  }

  run(): ProduceAnswer | NoResponse | Promise<ProduceAnswer | NoResponse> {
    for (const { name, partitionData } of this.#request.topicData) {
      const partitionResponses: ProducedPartition[] = [];
      this.#answer.responses.push({ name, partitionResponses });
      const topic = this.#context.broker.replicas.topic(name);
      for (const { index, records } of partitionData) {
        const answer = unanswered(index);
        partitionResponses.push(answer);
        this.#appendSafely(answer, topic, name, records);
      }
    }
    if (this.#pending.size === 0) return this.#finish();
    return this.#whenCommitted();
  }

  #appendSafely(
    answer: ProducedPartition,
    topic: HostedTopic | undefined,
    name: string,
    records: Buffer | null,
  ): void {
    try {
      const partition = topic?.partitions[answer.index];
      if (!topic || !partition) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION');
      const batch = checkRecords(records, this.#context.apiVersion);
      const { acks } = this.#request;
      if (acks !== 0 && acks !== 1 && acks !== -1) {
        throw new KafkaError('INVALID_REQUIRED_ACKS', `acks must be 0, 1 or -1, not ${acks}`);
      }
      if (isInternalTopic(name) && this.#context.clientId !== adminClientId) {
        throw new KafkaError('INVALID_TOPIC_EXCEPTION', `clients may not produce to '${name}'`);
      }
      this.#checkLeader(answer, partition);
      const { minInsyncReplicas } = topic.settings;
      if (acks === -1 && partition.inSyncReplicaCount < minInsyncReplicas) {
        throw new KafkaError(
          'NOT_ENOUGH_REPLICAS',
          `${partition.inSyncReplicaCount} in-sync replicas, min.insync.replicas is ${minInsyncReplicas}`,
        );
      }
      const { delays, recompression } = this.#context.broker;
      if (topic.settings.draveDelayEnable) {
        this.#append(answer, delays.sourceOf(topic, answer.index, batch), batch);
      } else if (recompression.mustWait(partition, topic.settings, batch)) {
        this.#appendLater(answer, partition, { settings: topic.settings, batch });
      } else this.#append(answer, partition, batch);
    } catch (error) {
      this.#refuse(answer, error);
    }
  }

  /** Throws when another node leads; `answer` then says which (version 10). */
  #checkLeader(answer: ProducedPartition, partitionHere: Partition): void {
    const { leader, leaderEpoch, topicPartition } = partitionHere;
    if (leader === this.#context.broker.nodeId) return;
    answer.currentLeader = { leaderId: leader, leaderEpoch };
    const endpoint = endpointOf(leader, this.#context.client);
    const { nodeEndpoints = [] } = this.#answer;
    if (endpoint && !nodeEndpoints.includes(endpoint)) {
      this.#answer.nodeEndpoints = [...nodeEndpoints, endpoint];
    }
    const { topic, partition } = topicPartition;
    throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `broker ${leader} leads ${topic}-${partition}`);
  }

  /** Once the batch has the topic's codec. */
  #appendLater(
    answer: ProducedPartition,
    partition: Partition,
    { settings, batch }: { readonly settings: TopicSettings; readonly batch: Buffer },
  ): void {
    this.#pending.add(answer);
    const job = { partition, settings, records: batch, nowMs: this.#nowMs };
    this.#context.broker.recompression
      .run(job, (records) => {
        // The client was told of a timeout: then nothing may change its answer, and it sends the batch again.
        if (!this.#pending.has(answer)) return;
        this.#checkLeader(answer, partition);
        this.#append(answer, partition, records);
      })
      .catch((error: unknown) => {
        if (!this.#pending.delete(answer)) return;
        this.#refuse(answer, error);
        if (this.#pending.size === 0) this.#settle?.();
      });
  }

  #append(answer: ProducedPartition, partition: Partition, batch: Buffer): void {
    // Told of most refusals as well.
    answer.logStartOffset = partition.logStartOffset;
    const result = partition.append(batch, { nowMs: this.#nowMs, origin: 'client' });
    const { counters } = this.#context.broker;
    counters.recordsIn += result.lastOffset - result.baseOffset + 1;
    counters.recordBytesIn += batch.length;
    partition.traffic.bytesIn += batch.length;
    answer.baseOffset = result.baseOffset;
    answer.logAppendTimeMs = result.logAppendTimeMs;
    this.#pending.add(answer);
    partition.whenCommitted(result.lastOffset, (error) => {
      if (!this.#pending.delete(answer)) return;
      if (error) this.#refuse(answer, error);
      if (this.#pending.size === 0) this.#settle?.();
    });
  }

  #refuse(answer: ProducedPartition, error: unknown): void {
    this.#hasFailed = true;
    // It may have been appended all the same, and be on its way to the disk long after this answer.
    this.#context.buffers.keepFrame();
    const known = toKafkaError(error, this.#context);
    answer.errorCode = known.code;
    this.#context.broker.counters.requests.failed(ApiKey.produce, known.code);
    answer.baseOffset = -1;
    answer.logAppendTimeMs = -1;
    if (withoutLogStart.has(known.code)) answer.logStartOffset = -1;
    answer.errorMessage = known.message;
    if (error instanceof InvalidRecordsError) {
      answer.recordErrors = error.recordErrors.map(({ batchIndex, message }) => ({
        batchIndex,
        batchIndexErrorMessage: message,
      }));
    }
  }

  #whenCommitted(): Promise<ProduceAnswer | NoResponse> {
    const { acks, timeoutMs } = this.#request;
    const { scheduler } = this.#context.broker;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        timer?.cancel();
        try {
          resolve(this.#finish());
        } catch (error) {
          reject(error as Error);
        }
      };
      this.#settle = settle;
      const timer =
        acks === -1 ? scheduler.setTimer(Math.max(0, timeoutMs), () => this.#timeOut()) : undefined;
    });
  }

  #timeOut(): void {
    const error = new KafkaError('REQUEST_TIMED_OUT', 'the batch is appended but not committed');
    for (const answer of this.#pending) this.#refuse(answer, error);
    this.#pending.clear();
    this.#settle?.();
  }

  #finish(): ProduceAnswer | NoResponse {
    return finish(this.#request, this.#answer, this.#hasFailed);
  }
}

/** The answer, none for acks=0. Throws CloseConnection where acks=0 leaves no other way to tell of a failure. */
export function finish(
  request: ProduceRequest,
  answer: ProduceAnswer,
  hasFailed: boolean,
): ProduceAnswer | NoResponse {
  if (request.acks !== 0) return answer;
  if (hasFailed) throw new CloseConnection('a batch sent with acks=0 was refused');
  return noResponse;
}

/** What can be said without looking into the batch; everything else is the log's to refuse. */
function checkRecords(records: Buffer | null, apiVersion: number): Buffer {
  if (records === null || records.length < batchHeaderBytes) {
    throw new KafkaError('INVALID_RECORD', 'each partition needs exactly one record batch');
  }
  const batchEnd = batchLengthAt + 4 + records.readInt32BE(batchLengthAt);
  if (batchEnd > records.length) throw new KafkaError('INVALID_RECORD', 'the batch is cut off');
  if (batchEnd > batchLengthAt + 4 && batchEnd < records.length) {
    throw new KafkaError('INVALID_RECORD', 'each partition takes exactly one record batch');
  }
  const magic = records.readInt8(magicAt);
  if (magic < 0 || magic > currentMagic) {
    throw new KafkaError('CORRUPT_MESSAGE', `there is no magic ${magic}`);
  }
  if (magic !== currentMagic) {
    throw new KafkaError('INVALID_RECORD', `record batches of magic ${magic} are not accepted`);
  }
  const attributes = records.readInt8(22);
  const codec = attributes & 7;
  if ((attributes & transactionalBit) !== 0) {
    throw new KafkaError(
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'a transactional batch came without a transactional id',
    );
  }
  if (codec === zstdCodec && apiVersion < zstdVersionMin) {
    throw new KafkaError(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `zstd needs Produce version ${zstdVersionMin}`,
    );
  }
  return records;
}

function toKafkaError(error: unknown, context: RequestContext): KafkaError {
  if (error instanceof KafkaError) return error;
  if (error instanceof ProtocolError) {
    return new KafkaError('CORRUPT_MESSAGE', error.message, { cause: error });
  }
  context.broker.logger.error('append-failed', { error });
  return new KafkaError('UNKNOWN_SERVER_ERROR', 'the append failed', { cause: error });
}

/** A partition's answer before anything is known. */
export function unanswered(index: number): ProducedPartition {
  return {
    index,
    errorCode: 0,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
  };
}
