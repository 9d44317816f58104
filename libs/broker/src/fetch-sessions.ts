// Fetch sessions (KIP-227): the broker remembers what a consumer asked for, so that requests and answers carry only what changed.
// Protects: their number and the partitions of all of them together have a bound; a session answers each epoch once. Who is pushed
// out follows Kafka: whoever is idle for two minutes, else the smallest session older than two minutes if it is smaller than the newcomer.
// A newcomer without a place gets no session, which is legal: it fetches in full. Ids are random; whoever knows one may use it, as in Kafka.
// Leaves out: reading (fetch-round.ts), privileged sessions of followers (there are none).
// Sources: KIP-227, KIP-516; Kafka's FetchSession, wire protocol notes §9.1.

import { ErrorCode, limits } from '@drave/contracts';
import type { Clock, Random } from '@drave/platform';
import type { FetchRequest } from '@drave/protocol';
import { SessionPartitions, type AskedPartition, type AskedTopic } from './session-partitions.js';

const epochMax = 0x7fff_ffff;
const noSession = 0;
const epochOfFull = 0;
const epochOfLast = -1;
/** From here on requests name topics by id. */
export const topicIdVersionMin = 13;

export interface FetchSession {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly partitions: SessionPartitions;
  readonly createdMs: number;
  lastUsedMs: number;
  /** What the next request has to say. */
  epoch: number;
}

/** What the answer tells a client of one partition. */
export interface ToldPartition {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
}

/** How a request stands to its session. */
export type SessionTurn =
  | { readonly kind: 'refused'; readonly errorCode: number }
  /** All partitions of the request are answered; afterwards a session may be opened for it. */
  | { readonly kind: 'full'; readonly wantsSession: boolean }
  /** `epoch` is what the session expects next; another one at the time of the answer means that somebody else used it. */
  | { readonly kind: 'incremental'; readonly session: FetchSession; readonly epoch: number };

export interface FetchSessionsOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Sessions at once; 0: none is ever granted. */
  readonly slots: number;
  /** Partitions of all sessions together. */
  readonly partitionsMax?: number;
}

export class FetchSessions {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #slots: number;
  readonly #partitionsMax: number;
  /** The one used least recently comes first. */
  readonly #sessions = new Map<number, FetchSession>();
  #partitionCount = 0;

  constructor({ clock, random, slots, partitionsMax }: FetchSessionsOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#slots = slots;
    this.#partitionsMax = partitionsMax ?? limits.fetchSessionPartitionsMax;
  }

  /** Sessions there are. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Partitions of all of them. */
  get partitionCount(): number {
    return this.#partitionCount;
  }

  /** Takes a request in: finds, changes or closes the session it names. */
  enter(request: FetchRequest, apiVersion: number): SessionTurn {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch === epochOfFull || sessionEpoch === epochOfLast) {
      if (sessionId !== noSession) this.#remove(this.#sessions.get(sessionId));
      return { kind: 'full', wantsSession: sessionEpoch === epochOfFull };
    }
    const session = this.#sessions.get(sessionId);
    if (!session) return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    if (session.epoch !== sessionEpoch) {
      return { kind: 'refused', errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH };
    }
    if (session.usesTopicIds !== apiVersion >= topicIdVersionMin) {
      return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR };
    }
    if (!this.#update(session, request)) {
      this.#remove(session);
      return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    }
    if (session.partitions.size === 0) {
      this.#remove(session);
      return { kind: 'full', wantsSession: false };
    }
    session.epoch = nextEpoch(sessionEpoch);
    session.lastUsedMs = this.#clock.monotonicMs();
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    return { kind: 'incremental', session, epoch: session.epoch };
  }

  /** Opens a session for a request that is about to be answered with `answers`, in the request's order; 0 when there is no place for it. */
  open(
    request: FetchRequest,
    apiVersion: number,
    answers: readonly { readonly name: string; readonly partitions: readonly ToldPartition[] }[],
  ): number {
    let size = 0;
    for (const { partitions } of request.topics) size += partitions.length;
    if (!this.#makeRoom(size)) return noSession;
    const nowMs = this.#clock.monotonicMs();
    const session: FetchSession = {
      id: this.#newId(),
      usesTopicIds: apiVersion >= topicIdVersionMin,
      partitions: new SessionPartitions(),
      createdMs: nowMs,
      lastUsedMs: nowMs,
      epoch: 1,
    };
    for (const [topicIndex, topic] of request.topics.entries()) {
      const answered = answers[topicIndex];
      const named: AskedTopic = { name: answered?.name ?? topic.topic, topicId: topic.topicId };
      for (const [index, asked] of topic.partitions.entries()) {
        const slot = session.partitions.put(named, asked);
        const answer = answered?.partitions[index];
        if (answer) session.partitions.told(slot, answer.highWatermark, answer.logStartOffset);
      }
    }
    this.#sessions.set(session.id, session);
    this.#partitionCount += session.partitions.size;
    return session.id;
  }

  /** False when there is no room for what is new: the client has to begin again. */
  #update({ partitions }: FetchSession, request: FetchRequest): boolean {
    const before = partitions.size;
    let listed = 0;
    for (const topic of request.topics) listed += topic.partitions.length;
    if (!this.#hasRoomFor(listed)) return false;
    for (const topic of request.topics) {
      const named: AskedTopic = { name: topic.topic, topicId: topic.topicId };
      for (const asked of topic.partitions) partitions.put(named, asked);
    }
    partitions.forget(
      request.forgottenTopicsData.map((topic) => ({
        topic: { name: topic.topic, topicId: topic.topicId },
        partitions: topic.partitions,
      })),
    );
    this.#partitionCount += partitions.size - before;
    return true;
  }

  #makeRoom(size: number): boolean {
    if (this.#slots === 0 || size > this.#partitionsMax) return false;
    if (this.#sessions.size < this.#slots && this.#hasRoomFor(size)) return true;
    const nowMs = this.#clock.monotonicMs();
    const [leastUsed] = this.#sessions.values();
    if (leastUsed && nowMs - leastUsed.lastUsedMs > limits.fetchSessionEvictionMs) {
      this.#remove(leastUsed);
    } else if (this.#sessions.size >= this.#slots) {
      const smallest = this.#smallestOld(nowMs);
      if (!smallest || size <= smallest.partitions.size) return false;
      this.#remove(smallest);
    }
    return this.#hasRoomFor(size);
  }

  #hasRoomFor(size: number): boolean {
    return this.#partitionCount + size <= this.#partitionsMax;
  }

  #smallestOld(nowMs: number): FetchSession | undefined {
    let smallest: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      if (nowMs - session.createdMs <= limits.fetchSessionEvictionMs) continue;
      if (!smallest || session.partitions.size < smallest.partitions.size) smallest = session;
    }
    return smallest;
  }

  #remove(session: FetchSession | undefined): void {
    if (!session || !this.#sessions.delete(session.id)) return;
    this.#partitionCount -= session.partitions.size;
  }

  #newId(): number {
    for (;;) {
      const id = 1 + this.#random.nextInt(epochMax);
      if (!this.#sessions.has(id)) return id;
    }
  }
}

/** Whether an incremental answer has to name the partition again. */
export function isNews(
  partitions: SessionPartitions,
  slot: number,
  answer: ToldPartition & {
    readonly records: Buffer | null;
    readonly divergingEpoch?: object;
  },
): boolean {
  return (
    answer.errorCode !== 0 ||
    (answer.records?.length ?? 0) > 0 ||
    answer.divergingEpoch !== undefined ||
    answer.highWatermark !== partitions.highWatermarkOf(slot) ||
    answer.logStartOffset !== partitions.logStartOf(slot)
  );
}

function nextEpoch(epoch: number): number {
  return epoch >= epochMax ? 1 : epoch + 1;
}

export type { AskedPartition, AskedTopic };
