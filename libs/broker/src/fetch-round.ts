// One Fetch request on its way: reads, waits for more when there is too little, reads again. Protects: nothing that became
// readable between reading and parking is missed; whole batches only; limits hold after the first batch; memory
// read into goes back once, when the answer is sent or read again. Of a session only what is news is answered; an idle partition
// of it costs a few comparisons. Leaves out: which sessions there are (fetch-sessions.ts), what refuses a request as a whole (01-fetch.ts).

import { ErrorCode, KafkaError, limits } from '@drave/contracts';
import type { AbortedTransaction, PartitionLog, ReadRequest, ReadResult } from '@drave/log';
import type { Slab } from '@drave/platform';
import { ApiKey, type FetchRequest } from '@drave/protocol';
import type { HostedTopic, Partition } from '@drave/replication';
import { endpointOf } from './client-info.js';
import type { RequestContext } from './request-context.js';
import { epochEnd, fenceError } from './fencing.js';
import { isNews, topicIdVersionMin, type SessionTurn } from './fetch-sessions.js';
import type { AskedPartition, AskedTopic } from './session-partitions.js';

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
  currentLeader?: { leaderId: number; leaderEpoch: number };
}

interface TopicAnswer extends AskedTopic {
  topic: string;
  partitions: PartitionAnswer[];
}

interface NodeEndpoint {
  nodeId: number;
  host: string;
  port: number;
}

export interface FetchAnswer {
  errorCode: number;
  sessionId: number;
  responses: TopicAnswer[];
  nodeEndpoints: NodeEndpoint[];
}

interface Seen {
  readonly partition: Partition;
  /** Where reading ended. */
  readonly boundOffset: number;
  readonly failure: KafkaError | undefined;
}

type IncrementalTurn = Extract<SessionTurn, { kind: 'incremental' }>;

/** Reads partition after partition; yields what the disk has to give. */
type ReadSteps = Generator<Promise<PartitionAnswer>, TopicAnswer[], PartitionAnswer>;

interface Wait<Result> {
  readonly waitMs: number;
  readonly deadlineMs: number;
  readonly conclude: (answer: FetchAnswer) => Result;
}

const noRecords = Buffer.alloc(0);
const unknownTopic: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
]);
const readCommitted = 1;
const storageErrorVersionMin = 6;
/** From here on a client that asked the wrong node is told the right one. */
const endpointsVersionMin = 16;

export class FetchRound {
  readonly #request: FetchRequest;
  readonly #context: RequestContext;
  readonly #bytesMax: number;
  readonly #bytesMin: number;
  /** What the last read saw. */
  #seen: Seen[] = [];
  /** What the records of the last read lie in. */
  #slabs: Slab[] = [];
  #bytes = 0;
  /** Whose records the last read found. */
  #given: { readonly partition: Partition; readonly bytes: number }[] = [];
  #hasError = false;
  readonly #turn: IncrementalTurn | undefined;
  /** What the last read of a session found worth telling. */
  #news: { readonly slot: number; readonly answer: PartitionAnswer }[] = [];

  constructor(request: FetchRequest, turn: SessionTurn, context: RequestContext) {
    this.#request = request;
    this.#turn = turn.kind === 'incremental' ? turn : undefined;
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

  /**
   * What `conclude` makes of the last read. Without a promise where nothing has to be waited for; and what wakes a waiting fetch reads,
   * concludes and answers in its own turn, so that the records are on their way before the producer's acknowledgement.
   */
  run<Result>(conclude: (answer: FetchAnswer) => Result): Result | Promise<Result> {
    const waitMs = Math.min(this.#request.maxWaitMs, limits.fetchWaitMsMax);
    const deadlineMs = waitMs > 0 ? this.#context.broker.clock.monotonicMs() + waitMs : 0;
    const wait: Wait<Result> = {
      waitMs,
      deadlineMs,
      conclude: (answer) => {
        this.#context.broker.counters.recordBytesOut += this.#bytes;
        for (const { partition, bytes } of this.#given) partition.traffic.bytesOut += bytes;
        return conclude(answer);
      },
    };
    const answer = this.#read();
    return answer instanceof Promise
      ? answer.then((later) => this.#judge(later, wait))
      : this.#judge(answer, wait);
  }

  /** Answers, reads again, or waits. */
  #judge<Result>(answer: FetchAnswer, wait: Wait<Result>): Result | Promise<Result> {
    let current = answer;
    for (;;) {
      if (this.#isWorthAnswering(wait.waitMs)) return wait.conclude(current);
      // What became readable while this read was waiting for the disk would wake nobody any more.
      const restMs = wait.deadlineMs - this.#context.broker.clock.monotonicMs();
      if (restMs <= 0) return wait.conclude(current);
      if (!this.#hasMovedSinceRead()) return this.#park(restMs, current, wait);
      const again = this.#read();
      if (again instanceof Promise) return again.then((later) => this.#judge(later, wait));
      current = again;
    }
  }

  #isWorthAnswering(waitMs: number): boolean {
    return (
      this.#hasError || waitMs <= 0 || this.#bytes >= this.#bytesMin || this.#seen.length === 0
    );
  }

  #hasMovedSinceRead(): boolean {
    return this.#seen.some(
      ({ partition, boundOffset, failure }) =>
        this.#boundOf(partition) !== boundOffset || partition.failure !== failure,
    );
  }

  /** `answer` is given when there is no room to wait, or nobody is left to answer. */
  #park<Result>(waitMs: number, answer: FetchAnswer, wait: Wait<Result>): Result | Promise<Result> {
    const { broker, client } = this.#context;
    const { conclude } = wait;
    const partitions = this.#seen.map(({ partition }) => partition);
    return new Promise((resolve, reject) => {
      const give = (last: () => Result | Promise<Result>): void => {
        unsubscribe();
        try {
          resolve(last());
        } catch (error) {
          reject(error as Error);
        }
      };
      const parked = broker.purgatory.park({
        partitions,
        missingBytes: Math.max(1, this.#bytesMin - this.#bytes),
        waitMs,
        isCommittedOnly: this.#isCommittedOnly,
        complete: (isSure) =>
          give(() => {
            const next = isSure ? conclude : (now: FetchAnswer) => this.#judge(now, wait);
            const later = this.#read();
            return later instanceof Promise ? later.then(next) : next(later);
          }),
      });
      const unsubscribe = client.onClosed(() => {
        parked?.cancel();
        give(() => conclude(answer));
      });
      if (!parked) give(() => conclude(answer));
    });
  }

  /** The answer as of now; what an earlier read found is not sent any more. */
  #read(): FetchAnswer | Promise<FetchAnswer> {
    this.#giveBackSlabs(true);
    this.#bytes = 0;
    this.#given = [];
    this.#seen = [];
    const responses = this.#turn ? this.#readSession(this.#turn) : this.#readListed();
    const read = takeSteps(responses);
    return read instanceof Promise
      ? read.then((later) => this.#answerOf(later))
      : this.#answerOf(read);
  }

  #answerOf(responses: TopicAnswer[]): FetchAnswer {
    return { errorCode: 0, sessionId: 0, responses, nodeEndpoints: this.#endpoints(responses) };
  }

  *#readListed(): ReadSteps {
    const responses: TopicAnswer[] = [];
    for (const { topic, topicId, partitions } of this.#request.topics) {
      const asked: AskedTopic = { name: topic, topicId };
      const hosted = this.#hosted(asked);
      const answers: PartitionAnswer[] = [];
      for (const partition of partitions) {
        const answer = this.#readPartition(hosted, partition);
        answers.push(answer instanceof Promise ? yield answer : answer);
      }
      responses.push({ ...asked, topic, partitions: answers });
    }
    return responses;
  }

  *#readSession({ session, epoch }: IncrementalTurn): ReadSteps {
    const { partitions } = session;
    const responses: TopicAnswer[] = [];
    this.#news = [];
    let topic: AskedTopic | undefined;
    let hosted: HostedTopic | number = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    for (let slot = partitions.first; slot >= 0; slot = partitions.after(slot)) {
      const topicOfSlot = partitions.topicOf(slot);
      if (topicOfSlot !== topic) {
        topic = topicOfSlot;
        hosted = this.#hosted(topic);
      }
      if (this.#isQuiet(hosted, slot)) continue;
      const given = this.#readPartition(hosted, partitions.asked(slot));
      const answer = given instanceof Promise ? yield given : given;
      // Somebody else went on with the session meanwhile: its slots may be others now.
      if (session.epoch !== epoch) {
        this.#hasError = true; // Answered at once; the handler refuses it.
        return [];
      }
      if (!isNews(partitions, slot, answer)) continue;
      this.#news.push({ slot, answer });
      const { name, topicId } = topic;
      const last = responses.at(-1);
      if (last?.name === name && last.topicId === topicId) last.partitions.push(answer);
      else responses.push({ name, topic: name, topicId, partitions: [answer] });
    }
    return responses;
  }

  /** The last answer is sent: its session remembers what was told; partitions with records go to the end (fairness). */
  commitToSession(): void {
    if (!this.#turn) return;
    const { partitions } = this.#turn.session;
    for (const { slot, answer } of this.#news) {
      partitions.told(slot, answer.highWatermark, answer.logStartOffset);
      if ((answer.records?.length ?? 0) > 0) partitions.moveToEnd(slot);
    }
  }

  /** The topic, or why it cannot be read. */
  #hosted(asked: AskedTopic): HostedTopic | number {
    const { replicas, metadata } = this.#context.broker;
    const isById = this.#context.apiVersion >= topicIdVersionMin;
    if (isById && asked.name === '') {
      asked.name = metadata.image.topicById(asked.topicId)?.name ?? '';
      if (asked.name === '') return ErrorCode.UNKNOWN_TOPIC_ID;
    }
    const hosted = replicas.topic(asked.name);
    if (!hosted) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    // A topic of this name was made anew since the session began.
    return isById && hosted.image.topicId !== asked.topicId
      ? ErrorCode.INCONSISTENT_TOPIC_ID
      : hosted;
  }

  /** Whether a partition of the session has neither records nor anything else to tell; then it counts as read. */
  #isQuiet(hosted: HostedTopic | number, slot: number): boolean {
    if (typeof hosted === 'number' || !this.#turn) return false;
    const { partitions } = this.#turn.session;
    const partition = hosted.partitions[partitions.partitionOf(slot)];
    if (!partition) return false;
    const { highWatermark, logStartOffset } = partition;
    const isQuiet =
      partitions.fetchOffsetOf(slot) === this.#boundOf(partition) &&
      partitions.highWatermarkOf(slot) === highWatermark &&
      partitions.logStartOf(slot) === logStartOffset &&
      partitions.fetchOffsetOf(slot) >= logStartOffset &&
      !fenceError(partition, this.#context.broker.nodeId, partitions.leaderEpochOf(slot)) &&
      !divergence(partition, partitions.asked(slot));
    if (isQuiet) this.#see(partition);
    return isQuiet;
  }

  #see(partition: Partition): void {
    const { failure } = partition;
    this.#seen.push({ partition, boundOffset: this.#boundOf(partition), failure });
  }

  get #isCommittedOnly(): boolean {
    return this.#request.isolationLevel === readCommitted;
  }

  #boundOf(partition: Partition): number {
    return this.#isCommittedOnly ? partition.lastStableOffset : partition.highWatermark;
  }

  /** Where the leaders are that answers name. */
  #endpoints(responses: readonly TopicAnswer[]): NodeEndpoint[] {
    if (!this.#hasError || this.#context.apiVersion < endpointsVersionMin) return [];
    const leaders = new Set<number>();
    for (const { partitions } of responses) {
      for (const { currentLeader } of partitions) {
        if (currentLeader) leaders.add(currentLeader.leaderId);
      }
    }
    return Array.from(leaders).flatMap((nodeId) => endpointOf(nodeId, this.#context.client) ?? []);
  }

  #readPartition(
    hosted: HostedTopic | number,
    asked: AskedPartition,
  ): PartitionAnswer | Promise<PartitionAnswer> {
    if (typeof hosted === 'number') return this.#refuse(asked, hosted);
    const partition = hosted.partitions[asked.partition];
    if (!partition) return this.#refuse(asked, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    const { nodeId } = this.#context.broker;
    const fenced = fenceError(partition, nodeId, asked.currentLeaderEpoch);
    if (fenced) return this.#refuseLeader(asked, partition, fenced);
    const { fetchOffset } = asked;
    const { logStartOffset, logEndOffset } = partition;
    const diverging = divergence(partition, asked);
    if (diverging === 'unknown' || fetchOffset < logStartOffset) {
      return this.#refuse(asked, ErrorCode.OFFSET_OUT_OF_RANGE);
    }
    if (diverging) {
      this.#hasError = true;
      const answer = this.#give(asked, partition, noRecords);
      return { ...answer, abortedTransactions: null, divergingEpoch: diverging };
    }
    this.#see(partition);
    if (fetchOffset > logEndOffset) return this.#refuse(asked, ErrorCode.OFFSET_OUT_OF_RANGE);
    const boundOffset = this.#boundOf(partition);
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

  #refuseLeader(asked: AskedPartition, partition: Partition, errorCode: number): PartitionAnswer {
    const refused = this.#refuse(asked, errorCode);
    const { leader: leaderId, leaderEpoch } = partition;
    const isNamed =
      this.#context.apiVersion >= endpointsVersionMin &&
      errorCode !== ErrorCode.UNKNOWN_LEADER_EPOCH;
    return isNamed ? { ...refused, currentLeader: { leaderId, leaderEpoch } } : refused;
  }

  /** Without a promise where memory has the bytes. */
  #readLog(
    asked: AskedPartition,
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
    asked: AskedPartition,
    partition: Partition,
    result: ReadResult,
  ): PartitionAnswer | Promise<PartitionAnswer> {
    if (result.slab) this.#slabs.push(result.slab);
    const answer = this.#give(asked, partition, result.records);
    if (!this.#isCommittedOnly || result.records.length === 0) return answer;
    return this.#withAborted(asked, answer, { log: partition.log, toOffset: result.nextOffset });
  }

  /** Names the aborted transactions in the records; without a promise where memory knows them. */
  #withAborted(
    asked: AskedPartition,
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
    const refuse = (error: unknown): PartitionAnswer => {
      this.#bytes -= answer.records?.length ?? 0; // They are not sent: the room is the next partition's.
      return this.#refuse(asked, this.#codeOf(error));
    };
    try {
      const known = log.abortedTransactionsSync(asked.fetchOffset, toOffset);
      if (known) return tell(known);
    } catch (error) {
      return refuse(error);
    }
    return log.abortedTransactions(asked.fetchOffset, toOffset).then(tell, refuse);
  }

  #give(asked: AskedPartition, partition: Partition, records: Buffer): PartitionAnswer {
    this.#bytes += records.length;
    if (records.length > 0) this.#given.push({ partition, bytes: records.length });
    return {
      partitionIndex: asked.partition,
      errorCode: 0,
      highWatermark: partition.highWatermark,
      lastStableOffset: partition.lastStableOffset,
      logStartOffset: partition.logStartOffset,
      abortedTransactions: this.#isCommittedOnly ? [] : null,
      preferredReadReplica: -1,
      records,
    };
  }

  #refuse(asked: AskedPartition, errorCode: number): PartitionAnswer {
    this.#hasError = true;
    this.#context.broker.counters.requests.failed(ApiKey.fetch, errorCode);
    return refusedPartition(asked.partition, forVersion(errorCode, this.#context.apiVersion));
  }
}

/**
 * Where the client's log and ours part, when it names the epoch of its last record (version 12); undefined when they agree,
 * 'unknown' for an epoch that this log never had.
 */
function divergence(
  partition: Partition,
  { lastFetchedEpoch, fetchOffset }: AskedPartition,
): { epoch: number; endOffset: number } | 'unknown' | undefined {
  if (lastFetchedEpoch < 0) return undefined;
  const known = epochEnd(lastFetchedEpoch, partition);
  if (!known) return 'unknown';
  const isShorter = known.epoch < lastFetchedEpoch || known.endOffset < fetchOffset;
  return isShorter ? known : undefined;
}

/** Without a promise where no step needs one. */
function takeSteps(steps: ReadSteps): TopicAnswer[] | Promise<TopicAnswer[]> {
  const first = steps.next();
  return first.done ? first.value : awaitSteps(steps, first.value);
}

async function awaitSteps(
  steps: ReadSteps,
  first: Promise<PartitionAnswer>,
): Promise<TopicAnswer[]> {
  let pending = first;
  for (;;) {
    const step = steps.next(await pending);
    if (step.done) return step.value;
    pending = step.value;
  }
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
    // As Kafka has it; clients do not tell them apart.
    abortedTransactions: unknownTopic.has(errorCode) ? [] : null,
    preferredReadReplica: -1,
    records: noRecords,
  };
}
