// One member of a classic group as a machine: events in, effects out. Protects: revoked partitions are given back (and
// the revocation finished) before the member rejoins; lost ones are reported as lost, never as revoked; one request of
// the join cycle is under way at a time and stale answers are ignored (tokens); heartbeats go on while callbacks run.
// Leaves out: KIP-848. Sources: KIP-62, KIP-345 (static), KIP-394 (member id required), KIP-429 (cooperative).
//
//   unjoined ──► joining ──► assigning (leader) ──► syncing ──► applying ──► stable
//      ▲  ▲         │               callbacks run in: preparing, applying        │
//      │  └─────────┴── error ── preparing (revoke or lose) ◄── rebalance ───────┘
//   any ──► closing ──► closed;  any ──► failed

import {
  errorByCode,
  ErrorCode,
  KafkaError,
  topicPartitionKey,
  type TopicPartition,
} from '@drave/contracts';
import { assert } from '@drave/platform';

export type GroupMemberState =
  | 'unjoined'
  | 'preparing'
  | 'joining'
  | 'assigning'
  | 'syncing'
  | 'applying'
  | 'stable'
  | 'closing'
  | 'closed'
  | 'failed';

export type GroupMemberEffect =
  /** Answered by `onCoordinator` or `onCoordinatorFailed`. */
  | { readonly kind: 'find-coordinator' }
  /** Answered by `onJoined` or `onRequestFailed`. */
  | { readonly kind: 'join'; readonly token: number; readonly memberId: string }
  /** Leader: run the assignor; answered by `onAssignments` or `onRequestFailed`. */
  | { readonly kind: 'assign'; readonly token: number; readonly joined: JoinedGroup }
  /** Answered by `onSynced` or `onRequestFailed`. `assignments` empty unless leader. */
  | {
      readonly kind: 'sync';
      readonly token: number;
      readonly assignments: ReadonlyMap<string, Buffer>;
    }
  /** Answered by `onHeartbeat` or `onHeartbeatFailed`. */
  | { readonly kind: 'heartbeat'; readonly generation: number }
  /** Stop admission, let the owner finish and commit; answered by `onCallbackDone`. */
  | { readonly kind: 'revoke'; readonly partitions: readonly TopicPartition[] }
  /** They belong to others now: no commit; answered by `onCallbackDone`. */
  | { readonly kind: 'lose'; readonly partitions: readonly TopicPartition[] }
  /** New partitions (maybe none) after the sync; answered by `onCallbackDone`. */
  | {
      readonly kind: 'assigned';
      readonly added: readonly TopicPartition[];
      readonly all: readonly TopicPartition[];
      readonly userData: Buffer | null;
    }
  /** Dynamic members say good-bye; nothing waits for the answer. */
  | { readonly kind: 'leave'; readonly memberId: string }
  | { readonly kind: 'failed'; readonly error: KafkaError }
  | { readonly kind: 'closed' };

export interface JoinedGroup {
  readonly generation: number;
  readonly protocolName: string;
  readonly leaderId: string;
  readonly memberId: string;
  readonly skipAssignment: boolean;
  /** Leader only. */
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly metadata: Buffer;
  }[];
}

export interface GroupMemberOptions {
  readonly instanceId: string | null;
  readonly heartbeatIntervalMs: number;
  readonly maxPollIntervalMs: number;
  /** By assignor name. */
  readonly modes: ReadonlyMap<string, 'eager' | 'cooperative'>;
  /** Pause before attempt n. */
  readonly backoffMs: (attempt: number) => number;
}

type AfterCallback = 'join' | 'sync' | 'wait-for-poll' | 'add' | 'settle' | 'leave' | 'fail';

export class GroupMemberMachine {
  readonly #options: GroupMemberOptions;
  #state: GroupMemberState = 'unjoined';
  #topics: readonly string[] = [];
  #memberId = '';
  #generation = -1;
  #protocolName = '';
  #mode: 'eager' | 'cooperative' = 'cooperative';
  #owned = new Map<string, TopicPartition>();
  #joined: JoinedGroup | undefined;
  #target:
    { readonly all: readonly TopicPartition[]; readonly userData: Buffer | null } | undefined;
  #afterCallback: AfterCallback | undefined;
  #callbackPartitions: readonly TopicPartition[] = [];
  #isLost = false;
  #needsRejoin = false;
  #isClosing = false;
  #leavesOnClose = true;
  #waitsForPoll = false;
  #error: KafkaError | undefined;
  #token = 0;
  #coordinator: 'unknown' | 'finding' | 'known' = 'unknown';
  #coordinatorAttempt = 0;
  #joinAttempt = 0;
  #retryAtMs = 0;
  #heartbeatDueMs = Infinity;
  #isHeartbeatInFlight = false;
  #polledAtMs = 0;
  readonly #effects: GroupMemberEffect[] = [];

  constructor(options: GroupMemberOptions) {
    this.#options = options;
  }

  get state(): GroupMemberState {
    return this.#state;
  }
  get memberId(): string {
    return this.#memberId;
  }
  /** −1 outside a generation. */
  get generation(): number {
    return this.#generation;
  }
  get protocolName(): string {
    return this.#protocolName;
  }
  get topics(): readonly string[] {
    return this.#topics;
  }
  get isLeader(): boolean {
    return this.#joined?.leaderId === this.#memberId && this.#memberId !== '';
  }
  /** A callback effect was given out and not answered yet. */
  get isCallbackRunning(): boolean {
    return this.#afterCallback !== undefined;
  }
  owned(): TopicPartition[] {
    return [...this.#owned.values()];
  }

  drain(): readonly GroupMemberEffect[] {
    return this.#effects.splice(0);
  }

  /** When `tick` has something to do next; Infinity: not before another event. */
  nextTickMs(): number {
    let atMs = Infinity;
    const isWaiting =
      this.#coordinator === 'known' &&
      this.#state === 'unjoined' &&
      !this.#waitsForPoll &&
      !this.isCallbackRunning;
    if (this.#coordinator === 'unknown' && this.#wantsCoordinator()) atMs = this.#retryAtMs;
    else if (isWaiting && this.#topics.length > 0) atMs = this.#retryAtMs;
    if (this.#mayHeartbeat()) atMs = Math.min(atMs, this.#heartbeatDueMs);
    if (this.#state === 'stable') {
      atMs = Math.min(atMs, this.#polledAtMs + this.#options.maxPollIntervalMs);
    }
    return atMs;
  }

  /** Subscribes (again); starts the join cycle or a rejoin when the topics changed. */
  subscribe(topics: readonly string[], nowMs: number): void {
    this.#topics = [...topics];
    this.#polledAtMs = nowMs;
    this.requestRejoin(nowMs);
    this.tick(nowMs);
  }

  /** Partition counts or user data changed: one more generation as soon as possible. */
  requestRejoin(nowMs: number): void {
    if (this.#state === 'stable') this.#prepareJoin(nowMs);
    else if (this.#state !== 'unjoined') this.#needsRejoin = true;
  }

  onPoll(nowMs: number): void {
    this.#polledAtMs = nowMs;
    if (!this.#waitsForPoll) return;
    this.#waitsForPoll = false;
    this.tick(nowMs);
  }

  tick(nowMs: number): void {
    if (this.#state === 'stable' && nowMs - this.#polledAtMs >= this.#options.maxPollIntervalMs) {
      this.#onPollOverdue();
      return;
    }
    if (this.#coordinator === 'unknown' && this.#wantsCoordinator() && nowMs >= this.#retryAtMs) {
      this.#coordinator = 'finding';
      this.#effects.push({ kind: 'find-coordinator' });
    }
    if (this.#coordinator !== 'known') return;
    if (
      this.#state === 'unjoined' &&
      !this.#waitsForPoll &&
      !this.isCallbackRunning &&
      this.#topics.length > 0 &&
      nowMs >= this.#retryAtMs
    ) {
      this.#prepareJoin(nowMs);
    }
    if (this.#mayHeartbeat() && nowMs >= this.#heartbeatDueMs) {
      this.#isHeartbeatInFlight = true;
      this.#heartbeatDueMs = nowMs + this.#options.heartbeatIntervalMs;
      this.#effects.push({ kind: 'heartbeat', generation: this.#generation });
    }
  }

  onCoordinator(nowMs: number): void {
    this.#coordinator = 'known';
    this.#coordinatorAttempt = 0;
    this.#retryAtMs = Math.min(this.#retryAtMs, nowMs);
    this.tick(nowMs);
  }

  onCoordinatorFailed(error: KafkaError, nowMs: number): void {
    this.#coordinator = 'unknown';
    if (!error.retriable) this.#fail(error);
    else this.#retryAtMs = nowMs + this.#options.backoffMs(++this.#coordinatorAttempt);
  }

  onJoined(token: number, errorCode: number, joined: JoinedGroup, nowMs: number): void {
    if (token !== this.#token || this.#state !== 'joining') return;
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId;
      this.#join();
      return;
    }
    if (errorCode !== ErrorCode.NONE) {
      this.#onCycleError(errorCode, 'join', nowMs);
      return;
    }
    this.#joined = joined;
    this.#memberId = joined.memberId;
    this.#generation = joined.generation;
    this.#protocolName = joined.protocolName;
    this.#joinAttempt = 0;
    this.#heartbeatDueMs = nowMs + this.#options.heartbeatIntervalMs;
    this.#mode = this.#options.modes.get(joined.protocolName) ?? 'eager';
    // The group fell back to an eager protocol: its leader counts on everybody having given up everything.
    if (this.#mode === 'eager' && this.#owned.size > 0) {
      this.#state = 'preparing';
      this.#callback('revoke', this.owned(), 'sync');
      return;
    }
    this.#continueJoined();
  }

  /** The leader's encoded assignments by member id. */
  onAssignments(token: number, assignments: ReadonlyMap<string, Buffer>): void {
    if (token !== this.#token || this.#state !== 'assigning') return;
    this.#sync(assignments);
  }

  onSynced(
    token: number,
    errorCode: number,
    synced: { readonly partitions: readonly TopicPartition[]; readonly userData: Buffer | null },
    nowMs: number,
  ): void {
    if (token !== this.#token || this.#state !== 'syncing') return;
    if (errorCode !== ErrorCode.NONE) {
      this.#onCycleError(errorCode, 'sync', nowMs);
      return;
    }
    this.#state = 'applying';
    this.#heartbeatDueMs = nowMs + this.#options.heartbeatIntervalMs;
    this.#polledAtMs = nowMs;
    this.#target = { all: synced.partitions, userData: synced.userData };
    const kept = new Set(synced.partitions.map(topicPartitionKey));
    const revoked = this.owned().filter((partition) => !kept.has(topicPartitionKey(partition)));
    if (revoked.length > 0) {
      // What was given back may go to its new owner in the next generation only.
      this.#needsRejoin = true;
      this.#callback('revoke', revoked, 'add');
    } else this.#addAssigned();
  }

  /** The request never got its answer, or (assign) could not be made. */
  onRequestFailed(token: number, error: KafkaError, nowMs: number): void {
    if (token !== this.#token) return;
    switch (this.#state) {
      case 'joining':
      case 'assigning':
      case 'syncing':
        break;
      default:
        return;
    }
    if (!error.retriable) {
      this.#fail(error);
      return;
    }
    if (this.#state !== 'assigning') this.#coordinator = 'unknown';
    this.#retryLater(nowMs);
  }

  onHeartbeat(generation: number, errorCode: number, nowMs: number): void {
    this.#isHeartbeatInFlight = false;
    if (generation !== this.#generation || errorCode === ErrorCode.NONE) return;
    switch (errorCode) {
      case ErrorCode.REBALANCE_IN_PROGRESS:
        this.requestRejoin(nowMs);
        return;
      case ErrorCode.NOT_COORDINATOR:
      case ErrorCode.COORDINATOR_NOT_AVAILABLE:
        this.onHeartbeatFailed(nowMs);
        return;
      case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
        return;
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.ILLEGAL_GENERATION:
        this.#forgetGeneration(errorCode === ErrorCode.UNKNOWN_MEMBER_ID);
        if (this.#state === 'stable') this.#prepareJoin(nowMs);
        else this.#needsRejoin = true;
        return;
      default:
        this.#fail(new KafkaError(errorCode, 'heartbeat'));
    }
  }

  /** No answer: the coordinator is looked up again, the generation goes on. */
  onHeartbeatFailed(nowMs: number): void {
    this.#isHeartbeatInFlight = false;
    this.#coordinator = 'unknown';
    this.#retryAtMs = nowMs + this.#options.backoffMs(1);
  }

  /** A commit was refused for this generation: ask the coordinator now instead of at the next interval. */
  hintStale(nowMs: number): void {
    this.#heartbeatDueMs = nowMs;
    this.tick(nowMs);
  }

  /** The last callback effect (revoke, lose, assigned) is done, well or not. */
  onCallbackDone(nowMs: number): void {
    const after = this.#afterCallback;
    assert(after !== undefined, 'callback-was-running', { state: this.#state });
    this.#afterCallback = undefined;
    for (const partition of this.#callbackPartitions) {
      this.#owned.delete(topicPartitionKey(partition));
    }
    this.#callbackPartitions = [];
    if (this.#isClosing && after !== 'leave') {
      this.#beginClose();
      return;
    }
    switch (after) {
      case 'join':
        this.#prepareJoin(nowMs);
        return;
      case 'sync':
        if (this.#isLost) this.#prepareJoin(nowMs);
        else this.#continueJoined();
        return;
      case 'add':
        if (this.#isLost) this.#prepareJoin(nowMs);
        else this.#addAssigned();
        return;
      case 'settle':
        this.#state = 'stable';
        this.#polledAtMs = nowMs;
        if (this.#needsRejoin || this.#isLost) this.#prepareJoin(nowMs);
        return;
      case 'wait-for-poll':
        this.#state = 'unjoined';
        this.#retryAtMs = nowMs;
        this.tick(nowMs);
        return;
      case 'fail':
        this.#state = 'failed';
        if (this.#error) this.#effects.push({ kind: 'failed', error: this.#error });
        return;
      case 'leave':
        this.#leave();
    }
  }

  /** Gives everything back and, if it `leaves`, leaves; ends with the effect `closed`. */
  close(leaves = this.#options.instanceId === null): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#leavesOnClose = leaves;
    this.#token++;
    if (!this.isCallbackRunning) this.#beginClose();
  }

  #wantsCoordinator(): boolean {
    return (
      this.#topics.length > 0 &&
      this.#state !== 'failed' &&
      this.#state !== 'closing' &&
      this.#state !== 'closed' &&
      !this.#waitsForPoll
    );
  }

  #mayHeartbeat(): boolean {
    if (this.#generation < 0 || this.#isHeartbeatInFlight || this.#coordinator !== 'known') {
      return false;
    }
    switch (this.#state) {
      case 'preparing':
      case 'assigning':
      case 'applying':
      case 'stable':
        return true;
      default:
        return false;
    }
  }

  #callback(kind: 'revoke' | 'lose', partitions: TopicPartition[], after: AfterCallback): void {
    assert(this.#afterCallback === undefined, 'one-callback-at-a-time', { kind, after });
    this.#afterCallback = after;
    this.#callbackPartitions = partitions;
    this.#effects.push({ kind, partitions });
  }

  /** Gives back what must be given back before the next JoinGroup, then joins. */
  #prepareJoin(nowMs: number): void {
    this.#state = 'preparing';
    if (this.#isLost) {
      this.#isLost = false;
      if (this.#owned.size > 0) {
        this.#callback('lose', this.owned(), 'join');
        return;
      }
    }
    const topics = new Set(this.#topics);
    const leaving =
      this.#mode === 'eager'
        ? this.owned()
        : this.owned().filter(({ topic }) => !topics.has(topic));
    if (leaving.length > 0) {
      this.#callback('revoke', leaving, 'join');
      return;
    }
    if (this.#coordinator === 'known' && nowMs >= this.#retryAtMs) this.#join();
    else this.#state = 'unjoined';
  }

  #join(): void {
    this.#needsRejoin = false;
    this.#state = 'joining';
    this.#effects.push({ kind: 'join', token: ++this.#token, memberId: this.#memberId });
  }

  #continueJoined(): void {
    const joined = this.#joined;
    assert(joined !== undefined, 'joined-before-sync');
    if (joined.leaderId === this.#memberId && !joined.skipAssignment) {
      this.#state = 'assigning';
      this.#effects.push({ kind: 'assign', token: ++this.#token, joined });
    } else this.#sync(new Map());
  }

  #sync(assignments: ReadonlyMap<string, Buffer>): void {
    this.#state = 'syncing';
    this.#effects.push({ kind: 'sync', token: ++this.#token, assignments });
  }

  #addAssigned(): void {
    const target = this.#target;
    assert(target !== undefined, 'synced-before-adding');
    const added = target.all.filter((partition) => !this.#owned.has(topicPartitionKey(partition)));
    for (const partition of added) this.#owned.set(topicPartitionKey(partition), partition);
    this.#afterCallback = 'settle';
    this.#effects.push({ kind: 'assigned', added, all: this.owned(), userData: target.userData });
  }

  #onCycleError(errorCode: number, what: 'join' | 'sync', nowMs: number): void {
    switch (errorCode) {
      case ErrorCode.REBALANCE_IN_PROGRESS:
        this.#prepareJoin(nowMs);
        return;
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.ILLEGAL_GENERATION:
        this.#forgetGeneration(errorCode === ErrorCode.UNKNOWN_MEMBER_ID);
        this.#prepareJoin(nowMs);
        return;
      case ErrorCode.NOT_COORDINATOR:
      case ErrorCode.COORDINATOR_NOT_AVAILABLE:
        this.#coordinator = 'unknown';
        this.#retryLater(nowMs);
        return;
      default:
        if (errorByCode(errorCode).retriable) this.#retryLater(nowMs);
        else this.#fail(new KafkaError(errorCode, `cannot ${what} the group`));
    }
  }

  #retryLater(nowMs: number): void {
    this.#state = 'unjoined';
    this.#retryAtMs = nowMs + this.#options.backoffMs(++this.#joinAttempt);
  }

  /** The group went on without this member: what it holds may already be someone else's. */
  #forgetGeneration(forgetsMemberId: boolean): void {
    this.#generation = -1;
    if (forgetsMemberId) this.#memberId = '';
    this.#isLost = true;
  }

  #onPollOverdue(): void {
    if (this.#options.instanceId === null) {
      this.#effects.push({ kind: 'leave', memberId: this.#memberId });
    }
    this.#forgetGeneration(this.#options.instanceId === null);
    this.#isLost = false;
    this.#waitsForPoll = true;
    this.#state = 'preparing';
    this.#callback('lose', this.owned(), 'wait-for-poll');
  }

  #fail(error: KafkaError): void {
    if (this.#state === 'failed' || this.#isClosing) return;
    this.#error = error;
    this.#token++;
    this.#generation = -1;
    if (this.isCallbackRunning) {
      this.#afterCallback = 'fail';
      return;
    }
    if (this.#owned.size > 0) {
      this.#state = 'preparing';
      this.#callback('lose', this.owned(), 'fail');
      return;
    }
    this.#state = 'failed';
    this.#effects.push({ kind: 'failed', error });
  }

  #beginClose(): void {
    this.#state = 'closing';
    if (this.#owned.size > 0) {
      this.#callback(this.#isLost ? 'lose' : 'revoke', this.owned(), 'leave');
    } else this.#leave();
  }

  #leave(): void {
    if (this.#memberId !== '' && this.#leavesOnClose) {
      this.#effects.push({ kind: 'leave', memberId: this.#memberId });
    }
    this.#state = 'closed';
    this.#generation = -1;
    this.#effects.push({ kind: 'closed' });
  }
}
