// Volatile membership of one classic group: who has joined, who is waited for, which requests are parked.
// Protects: an assignment is handed out only for the generation it was made for, and only after `store` is committed;
// every parked token is answered exactly once. A generation is durable once assigned; a restart forgets unassigned ones.
// Leaves out: offsets (GroupShard), KIP-848. Sources: KIP-62, 134, 345, 394, 814; Kafka ClassicGroup, GroupMetadataManager.
//
//   Empty ──join──► PreparingRebalance ──all joined, or time is up──► CompletingRebalance ──assigned──► Stable
//     ▲                 │        ▲                                        │  join, leave, expiry           │
//     └──nobody left────┘        └────────────────────────────────────────┴────────────────────────────────┘
//   any ──deleted──► Dead

import { type ErrorName, limits } from '@drave/contracts';
import { assert, unreachable } from '@drave/platform';

import { type GroupEffect, GroupEffectQueue } from './classic-group-effects.js';
import {
  type ClassicMember,
  type Token,
  isExpirable,
  isSameProtocols,
  newMember,
  noBytes,
  ownedProtocols,
  rebalanceTimeoutOf,
  restoredMember,
} from './classic-member.js';
import type {
  ClientContext,
  DescribedMember,
  HeartbeatInput,
  JoinGroupInput,
  LeavingMember,
  SyncGroupInput,
} from './group-requests.js';
import { type LeaveReason, leaveErrors } from './group-events.js';
import type { GroupSettings } from './group-settings.js';
import { type GroupState, groupStateSuccessors } from './group-state.js';
import { MemberTable } from './member-table.js';
import { RebalanceWindow } from './rebalance-window.js';
import type { StoredGroup } from './offsets-topic-codec.js';

export class ClassicGroupMachine {
  readonly groupId: string;
  readonly #settings: GroupSettings;
  #state: GroupState;
  #generation: number;
  #protocolType: string;
  #protocol: string | null;
  readonly #members = new MemberTable();
  /** Ids handed out with MEMBER_ID_REQUIRED → when they lapse. */
  readonly #pendingJoin = new Map<string, number>();
  /** Members of this generation that have not sent SyncGroup. */
  readonly #pendingSync = new Set<string>();
  #syncDeadlineMs = Infinity;
  #rebalance: RebalanceWindow | undefined;
  /** The leader's assignment under way to the log. */
  #assigning: ReadonlyMap<string, Buffer> | undefined;
  /** No deadline lies before it; may be too early, never too late. */
  #wakeAtMs = Infinity;
  readonly #effects = new GroupEffectQueue();

  /** Rebuilt from `stored`: sessions of its members begin anew at `nowMs` (monotonic, as every `nowMs` here). */
  constructor(options: {
    readonly groupId: string;
    readonly settings: GroupSettings;
    readonly stored: StoredGroup;
    readonly nowMs: number;
  }) {
    const { stored } = options;
    this.groupId = options.groupId;
    this.#settings = options.settings;
    this.#generation = stored.generation;
    this.#protocolType = stored.protocolType;
    this.#protocol = stored.protocol;
    this.#state = stored.members.length > 0 ? 'Stable' : 'Empty';
    for (const kept of stored.members) {
      this.#admit(restoredMember(kept, stored.protocol), options.nowMs);
    }
    this.#members.lead(stored.leader ?? '');
  }

  get state(): GroupState {
    return this.#state;
  }

  get generation(): number {
    return this.#generation;
  }

  get leader(): string | null {
    return this.#members.leader;
  }

  get protocolType(): string {
    return this.#protocolType;
  }

  get protocol(): string | null {
    return this.#protocol;
  }

  /** Nothing here that the log does not hold: the machine may be dropped and rebuilt. */
  get isForgettable(): boolean {
    return this.#state === 'Dead' || (this.#state === 'Empty' && this.#pendingJoin.size === 0);
  }

  /** When `tick` is due; Infinity: never. */
  get wakeAtMs(): number {
    return this.#wakeAtMs;
  }

  /** Effects since the last call, in order. */
  drain(): readonly GroupEffect[] {
    return this.#effects.drain();
  }

  /** Answered by `answer-join` with `token`. `freshId` is a UUID for an id to hand out. */
  onJoin(
    request: JoinGroupInput,
    from: ClientContext & { readonly token: Token; readonly freshId: string },
    nowMs: number,
  ): void {
    const instanceId = request.groupInstanceId ?? null;
    if (this.#state === 'Dead')
      return this.#effects.refuseJoin(from.token, request.memberId, 'COORDINATOR_NOT_AVAILABLE');
    if (!this.#hasRoomFor(request.memberId)) {
      if (this.#members.has(request.memberId)) this.#remove(request.memberId, 'group-full');
      this.#pendingJoin.delete(request.memberId);
      this.#effects.refuseJoin(from.token, request.memberId, 'GROUP_MAX_SIZE_REACHED');
      return this.#completeIfAllJoined(nowMs);
    }
    if (!this.#speaksWithUs(request)) {
      return this.#effects.refuseJoin(from.token, request.memberId, 'INCONSISTENT_GROUP_PROTOCOL');
    }
    if (request.memberId !== '') return this.#joinKnown(request, from, nowMs);

    const memberId = `${instanceId ?? from.clientId}-${from.freshId}`;
    const predecessor = instanceId === null ? undefined : this.#members.holderOf(instanceId);
    if (predecessor !== undefined) {
      return this.#replaceStatic(request, { predecessor, memberId, token: from.token }, nowMs);
    }
    if (instanceId === null && request.apiVersion >= 4) {
      this.#pendingJoin.set(memberId, nowMs + request.sessionTimeoutMs);
      this.#wakeBy(nowMs + request.sessionTimeoutMs);
      return this.#effects.refuseJoin(from.token, memberId, 'MEMBER_ID_REQUIRED');
    }
    this.#addMember(request, { ...from, memberId }, nowMs);
  }

  /** Answered by `answer-sync` with `token`. */
  onSync(request: SyncGroupInput, token: Token, nowMs: number): void {
    const error = this.#checkSync(request);
    const member = this.#members.get(request.memberId);
    if (error !== 'NONE' || member === undefined) return this.#effects.refuseSync(token, error);
    if (this.#state === 'Empty') return this.#effects.refuseSync(token, 'UNKNOWN_MEMBER_ID');
    if (this.#state === 'PreparingRebalance')
      return this.#effects.refuseSync(token, 'REBALANCE_IN_PROGRESS');

    this.#pendingSync.delete(member.memberId);
    if (this.#pendingSync.size === 0) this.#syncDeadlineMs = Infinity;
    this.#touch(member, nowMs);
    if (this.#state === 'Stable') return this.#effects.answerSync(token, this, member.assignment);
    if (member.syncing !== undefined)
      this.#effects.refuseSync(member.syncing, 'REBALANCE_IN_PROGRESS');
    member.syncing = token;
    if (member.memberId === this.#members.leader && this.#assigning === undefined)
      this.#assign(request);
  }

  /** The `store` that `assigns` for `generation` is committed. */
  onAssignmentStored(generation: number, nowMs: number): void {
    // A rebalance meanwhile makes the stored assignment moot; members were told to rejoin.
    if (this.#state !== 'CompletingRebalance' || generation !== this.#generation) return;
    if (this.#assigning === undefined) return;
    for (const member of this.#members.values()) {
      member.assignment = this.#assigning.get(member.memberId) ?? noBytes;
    }
    this.#assigning = undefined;
    this.#become('Stable');
    this.#effects.tellRebalanced(this, this.#members.size, nowMs);
    for (const member of this.#members.values()) {
      if (member.syncing === undefined) continue;
      this.#effects.answerSync(member.syncing, this, member.assignment);
      member.syncing = undefined;
      this.#touch(member, nowMs);
    }
  }

  /** The assignment could not be written (too large): the parked Syncs fail and the group tries again. */
  onAssignmentRefused(generation: number, nowMs: number): void {
    if (this.#state !== 'CompletingRebalance' || generation !== this.#generation) return;
    this.#failParkedSyncs('UNKNOWN_SERVER_ERROR', nowMs);
    this.#prepareRebalance(nowMs);
  }

  /** Proof of life; the answer also tells the member to rejoin. */
  onHeartbeat(request: HeartbeatInput, nowMs: number): ErrorName {
    if (this.#state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
    const error = this.#check(request);
    const member = this.#members.get(request.memberId);
    if (error !== 'NONE' || member === undefined) return error;
    if (this.#state === 'Empty') return 'UNKNOWN_MEMBER_ID';
    this.#touch(member, nowMs);
    return this.#state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
  }

  /** One answer per member, in their order; they cost one rebalance together. */
  onLeave(members: readonly LeavingMember[], nowMs: number): readonly ErrorName[] {
    if (this.#state === 'Dead') return members.map(() => 'COORDINATOR_NOT_AVAILABLE');
    let left = false;
    const errors = members.map(({ memberId, groupInstanceId, isEvicted }): ErrorName => {
      const byInstance = memberId === '' && groupInstanceId != null;
      const id = byInstance ? (this.#members.holderOf(groupInstanceId) ?? '') : memberId;
      if (this.#pendingJoin.delete(id)) return 'NONE';
      const error = this.#members.check(id, groupInstanceId);
      if (error !== 'NONE') return error;
      this.#remove(id, isEvicted ? 'lease-lapsed' : 'left');
      left = true;
      return 'NONE';
    });
    if (left) this.#rebalanceOrComplete(nowMs);
    else this.#completeIfAllJoined(nowMs);
    return errors;
  }

  /** May this member commit now? Proof of life if so. `generation` −1 without ids: a client outside the group. */
  onCommit(
    request: { generation: number; memberId: string; groupInstanceId: string | null },
    nowMs: number,
  ): ErrorName {
    const { generation, memberId, groupInstanceId } = request;
    if (this.#state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
    if (generation < 0 && this.#state === 'Empty') return 'NONE';
    if (generation < 0 && memberId === '' && groupInstanceId === null) return 'UNKNOWN_MEMBER_ID';
    const error = this.#check({ memberId, groupInstanceId, generationId: generation });
    const member = this.#members.get(memberId);
    if (error !== 'NONE' || member === undefined) return error;
    // The member will learn its partitions only with its Sync: what it commits now it no longer surely owns.
    if (this.#state === 'CompletingRebalance') return 'REBALANCE_IN_PROGRESS';
    this.#touch(member, nowMs);
    return 'NONE';
  }

  /** The group was deleted from the log; ids handed out become unknown. */
  onDeleted(): void {
    assert(this.#state === 'Empty', 'only-an-empty-group-is-deleted', { group: this.groupId });
    this.#pendingJoin.clear();
    this.#become('Dead');
  }

  /** Lets everything lapse that is due. */
  tick(nowMs: number): void {
    if (nowMs < this.#wakeAtMs) return;
    let lapsed = false;
    for (const [memberId, lapsesAtMs] of this.#pendingJoin) {
      if (lapsesAtMs > nowMs) continue;
      this.#pendingJoin.delete(memberId);
      lapsed = true;
    }
    let expired = false;
    for (const member of this.#members.values()) {
      if (member.expiresAtMs > nowMs || !isExpirable(member)) continue;
      this.#remove(member.memberId, 'session-timeout');
      expired = true;
    }
    if (expired) this.#rebalanceOrComplete(nowMs);
    else if (lapsed) this.#completeIfAllJoined(nowMs);
    if (this.#syncDeadlineMs <= nowMs) this.#evictUnsynced(nowMs);
    if (this.#rebalance && this.#rebalance.deadlineMs <= nowMs) this.#endRebalance(nowMs);
    this.#wakeAtMs = this.#nextDeadlineMs();
  }

  describeMembers(): readonly DescribedMember[] {
    return this.#members.describe(this.#state === 'Stable', this.#protocol);
  }

  /** Topics the group reads are kept from deletion and expiry; in doubt, all of a consumer group. */
  isSubscribed(topic: string): boolean {
    if (this.#members.size === 0 || this.#protocolType !== 'consumer') return false;
    return this.#members.reads(topic, this.#protocol) ?? true;
  }

  // — joining —

  #joinKnown(request: JoinGroupInput, from: ClientContext & { token: Token }, nowMs: number): void {
    const { memberId } = request;
    if (this.#pendingJoin.has(memberId)) {
      if (request.groupInstanceId != null)
        return this.#effects.refuseJoin(from.token, request.memberId, 'UNKNOWN_MEMBER_ID');
      return this.#addMember(request, { ...from, memberId }, nowMs);
    }
    const error = this.#members.check(memberId, request.groupInstanceId);
    const member = this.#members.get(memberId);
    if (error !== 'NONE' || member === undefined)
      return this.#effects.refuseJoin(from.token, request.memberId, error);
    const unchanged = isSameProtocols(member.protocols, request.protocols);
    switch (this.#state) {
      case 'PreparingRebalance':
        return this.#rejoin(member, request, from.token, nowMs);
      case 'CompletingRebalance':
        // Its first answer may have got lost: the same answer again.
        if (!unchanged) return this.#rejoin(member, request, from.token, nowMs);
        return this.#answerJoin(from.token, member);
      case 'Stable':
        // A leader rejoins because it saw the topics change.
        if (!unchanged || memberId === this.#members.leader)
          return this.#rejoin(member, request, from.token, nowMs);
        return this.#answerJoin(from.token, member);
      case 'Empty':
      case 'Dead':
        return this.#effects.refuseJoin(from.token, request.memberId, 'UNKNOWN_MEMBER_ID');
      default:
        unreachable(this.#state);
    }
  }

  #rejoin(member: ClassicMember, request: JoinGroupInput, token: Token, nowMs: number): void {
    this.#updateMember(member, request);
    // A client that asks twice has dropped its first request; answer that too.
    if (member.joining !== undefined) {
      this.#effects.refuseJoin(member.joining, request.memberId, 'REBALANCE_IN_PROGRESS');
    }
    member.joining = token;
    this.#rebalanceOrComplete(nowMs);
  }

  #updateMember(member: ClassicMember, request: JoinGroupInput): void {
    member.protocols = ownedProtocols(request.protocols);
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = rebalanceTimeoutOf(request);
  }

  #addMember(
    request: JoinGroupInput,
    from: ClientContext & { readonly token: Token; readonly memberId: string },
    nowMs: number,
  ): void {
    if (this.#members.size === 0) this.#protocolType = request.protocolType;
    this.#pendingJoin.delete(from.memberId);
    if (this.#generation === 0) this.#rebalance?.onMemberAdded();
    const member = newMember(request, from);
    this.#admit(member, nowMs);
    this.#effects.tellJoined(member);
    this.#rebalanceOrComplete(nowMs);
  }

  #admit(member: ClassicMember, nowMs: number): void {
    this.#members.admit(member);
    this.#touch(member, nowMs);
  }

  /** A restarted static member takes its predecessor's place, assignment and, if it led, leadership. */
  #replaceStatic(
    request: JoinGroupInput,
    ids: { readonly predecessor: string; readonly memberId: string; readonly token: Token },
    nowMs: number,
  ): void {
    const old = this.#members.get(ids.predecessor);
    assert(old !== undefined, 'static-member-is-a-member', { instance: request.groupInstanceId });
    const leaderBefore = this.#members.leader;
    const unsynced = this.#pendingSync.has(old.memberId);
    this.#remove(old.memberId, 'replaced');
    const member: ClassicMember = {
      ...old,
      memberId: ids.memberId,
      joining: undefined,
      syncing: undefined,
    };
    this.#admit(member, nowMs);
    if (leaderBefore === old.memberId) this.#members.lead(member.memberId);
    if (unsynced) this.#pendingSync.add(member.memberId);
    this.#updateMember(member, request);
    this.#touch(member, nowMs);
    if (this.#state !== 'Stable' || this.#members.selectProtocol() !== this.#protocol) {
      member.joining = ids.token;
      return this.#rebalanceOrComplete(nowMs);
    }
    this.#store(false);
    if (request.apiVersion >= 9) {
      const skipAssignment = this.#members.leader === member.memberId;
      const leader = this.#members.leader ?? '';
      const members = this.#members.joinedMembersFor(member.memberId, this.#protocol);
      const answer = { memberId: member.memberId, leader, members, skipAssignment };
      return this.#effects.answerJoin(ids.token, this, answer);
    }
    // Older clients cannot be told to skip the assignment: named a follower, the leader makes none.
    const answer = { memberId: member.memberId, leader: leaderBefore ?? '', members: [] };
    this.#effects.answerJoin(ids.token, this, answer);
  }

  #hasRoomFor(memberId: string): boolean {
    const { groupSizeMax } = this.#settings;
    if (memberId === '' && this.#pendingJoin.size >= limits.groupPendingMembersMax) return false;
    switch (this.#state) {
      case 'PreparingRebalance':
        // Counts those that wait: after the limit was lowered the last to rejoin are turned away.
        if (this.#members.get(memberId)?.joining !== undefined) return true;
        return this.#members.countJoining() < groupSizeMax;
      case 'CompletingRebalance':
      case 'Stable':
        return this.#members.has(memberId) || this.#members.size < groupSizeMax;
      case 'Empty':
      case 'Dead':
        return true;
      default:
        unreachable(this.#state);
    }
  }

  #speaksWithUs(request: JoinGroupInput): boolean {
    if (request.protocolType === '' || request.protocols.length === 0) return false;
    if (this.#state === 'Empty') return true;
    if (request.protocolType !== this.#protocolType) return false;
    return this.#members.sharesProtocol(request.protocols);
  }

  // — rebalancing —

  /** After somebody came, changed or went. */
  #rebalanceOrComplete(nowMs: number): void {
    if (this.#state === 'PreparingRebalance') this.#completeIfAllJoined(nowMs);
    else this.#prepareRebalance(nowMs);
  }

  #prepareRebalance(nowMs: number): void {
    if (this.#state === 'CompletingRebalance')
      this.#failParkedSyncs('REBALANCE_IN_PROGRESS', nowMs);
    this.#assigning = undefined;
    this.#syncDeadlineMs = Infinity;
    const first = this.#state === 'Empty';
    this.#effects.rebalanceBegan(nowMs);
    this.#become('PreparingRebalance');
    const timeoutMs = this.#members.rebalanceTimeoutMs();
    const initialDelayMs = first ? this.#settings.initialRebalanceDelayMs : undefined;
    this.#rebalance = new RebalanceWindow({ nowMs, timeoutMs, initialDelayMs });
    this.#wakeBy(this.#rebalance.deadlineMs);
    if (initialDelayMs === 0) this.#endRebalance(nowMs);
    else this.#completeIfAllJoined(nowMs);
  }

  #completeIfAllJoined(nowMs: number): void {
    if (this.#rebalance === undefined || this.#rebalance.endsByTimeAlone) return;
    if (this.#pendingJoin.size > 0 || this.#members.countJoining() < this.#members.size) return;
    this.#endRebalance(nowMs);
  }

  /** The wait is over: extends it, goes on without the absent, or waits once more for static members. */
  #endRebalance(nowMs: number): void {
    const rebalance = this.#rebalance;
    assert(rebalance !== undefined, 'a-rebalance-is-under-way', { group: this.groupId });
    if (rebalance.extend(nowMs)) return this.#wakeBy(rebalance.deadlineMs);
    for (const member of this.#members.values()) {
      if (member.joining === undefined && member.groupInstanceId === null) {
        this.#remove(member.memberId, 'rebalance-timeout');
      }
    }
    if (this.#members.size > 0 && !this.#members.electLeader()) {
      rebalance.waitAgain(nowMs, this.#members.rebalanceTimeoutMs());
      return this.#wakeBy(rebalance.deadlineMs);
    }
    this.#startGeneration(nowMs);
  }

  #startGeneration(nowMs: number): void {
    this.#rebalance = undefined;
    this.#generation += 1;
    if (this.#members.size === 0) {
      this.#protocol = null;
      this.#become('Empty');
      this.#effects.tellRebalanced(this, 0, nowMs);
      return this.#store(false);
    }
    this.#protocol = this.#members.selectProtocol();
    this.#become('CompletingRebalance');
    for (const member of this.#members.values()) {
      if (member.joining !== undefined) {
        this.#answerJoin(member.joining, member);
      }
      member.joining = undefined;
      member.isNew = false;
      this.#touch(member, nowMs);
      this.#pendingSync.add(member.memberId);
    }
    this.#syncDeadlineMs = nowMs + this.#members.rebalanceTimeoutMs();
    this.#wakeBy(this.#syncDeadlineMs);
  }

  #assign(request: SyncGroupInput): void {
    const assigning = new Map<string, Buffer>();
    for (const { memberId, assignment } of request.assignments) {
      if (this.#members.has(memberId)) assigning.set(memberId, Buffer.from(assignment));
    }
    this.#assigning = assigning;
    this.#store(true);
  }

  #evictUnsynced(nowMs: number): void {
    this.#syncDeadlineMs = Infinity;
    if (this.#state !== 'CompletingRebalance' && this.#state !== 'Stable') return;
    if (this.#pendingSync.size === 0) return;
    for (const memberId of this.#pendingSync) this.#remove(memberId, 'sync-timeout');
    this.#prepareRebalance(nowMs);
  }

  /** Takes a member out and answers what it has parked; the caller rebalances. */
  #remove(memberId: string, reason: LeaveReason): void {
    const member = this.#members.remove(memberId);
    const error = leaveErrors[reason];
    if (member) this.#effects.tellLeft(memberId, reason);
    if (member?.joining !== undefined) this.#effects.refuseJoin(member.joining, memberId, error);
    if (member?.syncing !== undefined) this.#effects.refuseSync(member.syncing, error);
    this.#pendingSync.delete(memberId);
  }

  // — checks —

  #check(request: {
    readonly memberId: string;
    readonly groupInstanceId?: string | null;
    readonly generationId: number;
  }): ErrorName {
    const generations = { given: request.generationId, current: this.#generation };
    return this.#members.check(request.memberId, request.groupInstanceId, generations);
  }

  #checkSync(request: SyncGroupInput): ErrorName {
    if (this.#state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
    const error = this.#check(request);
    if (error !== 'NONE') return error;
    const { protocolType, protocolName } = request;
    const differs =
      (protocolType != null && protocolType !== this.#protocolType) ||
      (protocolName != null && protocolName !== this.#protocol);
    return differs ? 'INCONSISTENT_GROUP_PROTOCOL' : 'NONE';
  }

  // — answers —

  /** The member's own view of the generation. */
  #answerJoin(token: Token, { memberId }: ClassicMember): void {
    const { leader } = this.#members;
    const members = this.#members.joinedMembersFor(memberId, this.#protocol);
    this.#effects.answerJoin(token, this, { memberId, leader: leader ?? '', members });
  }

  #failParkedSyncs(error: ErrorName, nowMs: number): void {
    for (const member of this.#members.values()) {
      if (member.syncing === undefined) continue;
      this.#effects.refuseSync(member.syncing, error);
      member.syncing = undefined;
      this.#touch(member, nowMs);
    }
  }

  // — time and state —

  #touch(member: ClassicMember, nowMs: number): void {
    // A new member cannot heartbeat while its first join is parked.
    const aliveMs = member.isNew ? this.#settings.newMemberJoinTimeoutMs : member.sessionTimeoutMs;
    member.expiresAtMs = nowMs + aliveMs;
    this.#wakeBy(member.expiresAtMs);
  }

  #wakeBy(deadlineMs: number): void {
    if (deadlineMs < this.#wakeAtMs) this.#wakeAtMs = deadlineMs;
  }

  #nextDeadlineMs(): number {
    let next = Math.min(this.#syncDeadlineMs, this.#rebalance?.deadlineMs ?? Infinity);
    for (const lapsesAtMs of this.#pendingJoin.values()) next = Math.min(next, lapsesAtMs);
    for (const member of this.#members.values()) {
      if (isExpirable(member)) next = Math.min(next, member.expiresAtMs);
    }
    return next;
  }

  #become(next: GroupState): void {
    assert(groupStateSuccessors[this.#state].includes(next), 'legal-group-state', {
      group: this.groupId,
      from: this.#state,
      to: next,
    });
    this.#state = next;
  }

  /** For the log; the driver stamps the time. */
  #store(assigns: boolean): void {
    const group: StoredGroup = {
      protocolType: this.#protocolType,
      generation: this.#generation,
      protocol: this.#protocol,
      leader: this.#members.leader,
      currentStateTimestampMs: -1,
      members: this.#members.stored(this.#protocol, this.#assigning),
    };
    this.#effects.store(group, assigns);
  }
}
