// Produce: appends one record batch per partition.
// Versions: 3-11; advertised from 0, because librdkafka up to 2.11 stops compressing when the range does not touch 0. Versions 0-2
//   close the connection.
// Behaviour: acks 0, 1, -1. Offsets are fixed before the handler yields; the answer waits until the batches are committed, which on
//   one replica is durable as the flush mode says, for acks=1 as for acks=-1; acks=-1 at most timeout_ms, then REQUEST_TIMED_OUT.
//   acks=0 is never answered, its errors close the connection. Records are neither decoded nor copied.
// Not implemented: transactions (refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED), recompression, versions 12 and 13.
// Sources: wire protocol notes §6 and §7; Kafka's KafkaApis.handleProduceRequest, ReplicaManager.appendRecords.

import { ErrorCode, isInternalTopic, KafkaError, type ErrorName } from '@drave/contracts';
import { ApiKey, batchHeaderBytes, ProtocolError, type ProduceRequest } from '@drave/protocol';
import type { HostedTopic, Partition } from '@drave/replication';
import { CloseConnection, defineHandler, noResponse } from '../define-handler.js';
import type { NoResponse, RequestContext } from '../define-handler.js';

interface PartitionAnswer {
  index: number;
  errorCode: number;
  baseOffset: number;
  logAppendTimeMs: number;
  logStartOffset: number;
  recordErrors: { batchIndex: number; batchIndexErrorMessage: string | null }[];
  errorMessage: string | null;
}

interface ProduceAnswer {
  responses: { name: string; partitionResponses: PartitionAnswer[] }[];
}

const zstdCodec = 4;
const transactionalBit = 0x10;
const zstdVersionMin = 7;
const recordErrorsVersionMin = 8;
const adminClientId = '__admin_client';

export const produceHandler = defineHandler({
  apiKey: ApiKey.produce,
  name: 'Produce',
  versions: { min: 3, max: 11 },
  advertisedMin: 0,
  handle(request, context) {
    const refused = refuseRequest(request);
    if (refused) return finish(request, answerAll(request, refused), true);
    const round = new ProduceRound(request, context);
    return round.run();
  },
  fail(request, error) {
    if (request.acks === 0) throw new CloseConnection(error.message, { cause: error });
    return answerAll(request, { error: error.errorName, message: error.message });
  },
});

function refuseRequest(
  request: ProduceRequest,
): { readonly error: ErrorName; readonly message: string } | undefined {
  const { acks } = request;
  if (acks !== 0 && acks !== 1 && acks !== -1) {
    return { error: 'INVALID_REQUIRED_ACKS', message: `acks must be 0, 1 or -1, not ${acks}.` };
  }
  if (request.transactionalId !== null) {
    return {
      error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      message: 'This broker does not support transactions yet; produce without a transactional id.',
    };
  }
  return undefined;
}

/** One request on its way: appends at once, then waits for what was appended. */
class ProduceRound {
  readonly #request: ProduceRequest;
  readonly #context: RequestContext;
  readonly #answer: ProduceAnswer = { responses: [] };
  readonly #nowMs: number;
  /** Appended, not committed yet. */
  readonly #pending = new Set<PartitionAnswer>();
  #hasFailed = false;
  #settle: (() => void) | undefined;

  constructor(request: ProduceRequest, context: RequestContext) {
    this.#request = request;
    this.#context = context;
    this.#nowMs = context.broker.clock.nowMs();
  }

  run(): ProduceAnswer | NoResponse | Promise<ProduceAnswer | NoResponse> {
    for (const { name, partitionData } of this.#request.topicData) {
      const partitionResponses: PartitionAnswer[] = [];
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
    answer: PartitionAnswer,
    topic: HostedTopic | undefined,
    name: string,
    records: Buffer | null,
  ): void {
    try {
      const partition = topic?.partitions[answer.index];
      if (!topic || !partition) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION');
      if (isInternalTopic(name) && this.#context.clientId !== adminClientId) {
        throw new KafkaError('INVALID_TOPIC_EXCEPTION', `clients may not produce to '${name}'`);
      }
      const { minInsyncReplicas } = topic.settings;
      if (this.#request.acks === -1 && partition.inSyncReplicaCount < minInsyncReplicas) {
        throw new KafkaError(
          'NOT_ENOUGH_REPLICAS',
          `${partition.inSyncReplicaCount} in-sync replicas, min.insync.replicas is ${minInsyncReplicas}`,
        );
      }
      this.#append(answer, partition, records);
    } catch (error) {
      this.#refuse(answer, error);
    }
  }

  #append(answer: PartitionAnswer, partition: Partition, records: Buffer | null): void {
    const batch = checkRecords(records, this.#context.apiVersion);
    const result = partition.append(batch, { nowMs: this.#nowMs, origin: 'client' });
    const { counters } = this.#context.broker;
    counters.recordsIn += result.lastOffset - result.baseOffset + 1;
    counters.recordBytesIn += batch.length;
    answer.baseOffset = result.baseOffset;
    answer.logAppendTimeMs = result.logAppendTimeMs;
    answer.logStartOffset = partition.logStartOffset;
    this.#pending.add(answer);
    partition.whenCommitted(result.lastOffset, (error) => {
      if (!this.#pending.delete(answer)) return;
      if (error) this.#refuse(answer, error);
      if (this.#pending.size === 0) this.#settle?.();
    });
  }

  #refuse(answer: PartitionAnswer, error: unknown): void {
    this.#hasFailed = true;
    const known = toKafkaError(error, this.#context);
    answer.errorCode = known.code;
    answer.baseOffset = -1;
    answer.logAppendTimeMs = -1;
    answer.logStartOffset = -1;
    answer.errorMessage = known.message;
    if (
      this.#context.apiVersion >= recordErrorsVersionMin &&
      known.code === ErrorCode.INVALID_RECORD
    ) {
      answer.recordErrors = [{ batchIndex: 0, batchIndexErrorMessage: known.message }];
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

function finish(
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
  const attributes = records.readInt8(22);
  const codec = attributes & 7;
  const isCurrent = records.readInt8(16) === 2;
  if (isCurrent && (attributes & transactionalBit) !== 0) {
    throw new KafkaError(
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'a transactional batch came without a transactional id',
    );
  }
  if (isCurrent && codec === zstdCodec && apiVersion < zstdVersionMin) {
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

function unanswered(index: number): PartitionAnswer {
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

function answerAll(
  request: ProduceRequest,
  { error, message }: { readonly error: ErrorName; readonly message: string },
): ProduceAnswer {
  const errorCode = ErrorCode[error];
  return {
    responses: request.topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({
        ...unanswered(index),
        errorCode,
        errorMessage: message,
      })),
    })),
  };
}
