// One fetch session (KIP-227) as its client keeps it: what the broker remembers, so that a request names only what changed.
// Protects: `known` is what the broker holds for the session whenever the next request is incremental; whenever that is in doubt (lost
// answer, unknown session, wrong epoch) the next request is a full one. A broker without sessions answers id 0 and is asked in full.
// Leaves out: telling the broker at the end; it lets idle sessions go by itself. Sources: KIP-227; Kafka's FetchSessionHandler.

import { ErrorCode, topicPartitionKey, type TopicPartition } from '@drave/contracts';

/** One partition as a request asks for it. */
export interface FetchPosition extends TopicPartition {
  readonly fetchOffset: number;
  readonly currentLeaderEpoch: number;
}

export interface FetchTurn {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  /** To be named: all in a full request, else what is new or different. */
  readonly changed: readonly FetchPosition[];
  readonly forgotten: readonly TopicPartition[];
}

const noSession = 0;
const epochOfFull = 0;
const epochMax = 0x7fff_ffff;
const sessionErrors: ReadonlySet<number> = new Set([
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
]);

export class FetchSession {
  #id = noSession;
  #epoch = epochOfFull;
  #known = new Map<string, FetchPosition>();

  /** What the next request says to have `positions` fetched and nothing else. One request at a time. */
  next(positions: readonly FetchPosition[]): FetchTurn {
    const known = this.#known;
    this.#known = new Map(positions.map((position) => [topicPartitionKey(position), position]));
    const turn = { sessionId: this.#id, sessionEpoch: this.#epoch };
    if (this.#epoch === epochOfFull) return { ...turn, changed: positions, forgotten: [] };
    return {
      ...turn,
      changed: positions.filter((position) => isDifferent(known, position)),
      forgotten: [...known].filter(([key]) => !this.#known.has(key)).map(([, gone]) => gone),
    };
  }

  /**
   * To be told of the answer's error code and session. True: the session, not the request, was refused; it may be made again at
   * once, in full.
   */
  onAnswer(answer: { readonly errorCode: number; readonly sessionId: number }): boolean {
    const { errorCode, sessionId } = answer;
    if (errorCode !== ErrorCode.NONE) {
      const mayRepeat = sessionErrors.has(errorCode) && this.#epoch !== epochOfFull;
      if (errorCode === ErrorCode.FETCH_SESSION_ID_NOT_FOUND) this.#id = noSession;
      this.#epoch = epochOfFull;
      return mayRepeat;
    }
    this.#epoch = sessionId === noSession ? epochOfFull : nextEpoch(this.#epoch);
    this.#id = sessionId;
    return false;
  }

  /** No answer came: nobody knows what the broker remembers. The next full request ends its session. */
  onLost(): void {
    this.#epoch = epochOfFull;
  }
}

function isDifferent(known: ReadonlyMap<string, FetchPosition>, position: FetchPosition): boolean {
  const before = known.get(topicPartitionKey(position));
  return (
    before?.fetchOffset !== position.fetchOffset ||
    before.currentLeaderEpoch !== position.currentLeaderEpoch
  );
}

function nextEpoch(epoch: number): number {
  return epoch === epochMax ? 1 : epoch + 1;
}
