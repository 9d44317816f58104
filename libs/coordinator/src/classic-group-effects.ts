// What a classic group wants done: answers to parked requests and generations to store, in order.
// Protects: an answer rests on the `store` queued before it and must wait until that one is committed.
// Leaves out: deciding (ClassicGroupMachine) and doing (GroupPartition).

import { ErrorCode, type ErrorName } from '@drave/contracts';

import { type ClassicMember, type Token, noBytes } from './classic-member.js';
import { type GroupHappening, type LeaveReason, RebalanceStory } from './group-events.js';
import type { JoinGroupResult, JoinedMember, SyncGroupResult } from './group-requests.js';
import type { StoredGroup } from './offsets-topic-codec.js';

export type GroupEffect =
  | { readonly kind: 'answer-join'; readonly token: Token; readonly reply: JoinGroupResult }
  | { readonly kind: 'answer-sync'; readonly token: Token; readonly reply: SyncGroupResult }
  /** Append this; once committed and when `assigns`, call `onAssignmentStored(generation)`. */
  | { readonly kind: 'store'; readonly group: StoredGroup; readonly assigns: boolean }
  /** For the history of the group; nothing rests on it. */
  | { readonly kind: 'tell'; readonly happening: GroupHappening };

/** The generation an answer speaks of. */
export interface GenerationView {
  readonly generation: number;
  readonly protocolType: string;
  readonly protocol: string | null;
}

export class GroupEffectQueue {
  readonly #effects: GroupEffect[] = [];
  readonly #story = new RebalanceStory();

  drain(): readonly GroupEffect[] {
    return this.#effects.splice(0);
  }

  answerJoin(
    token: Token,
    view: GenerationView,
    answer: {
      readonly memberId: string;
      readonly leader: string;
      readonly members: readonly JoinedMember[];
      readonly skipAssignment?: boolean;
    },
  ): void {
    const reply: JoinGroupResult = {
      errorCode: ErrorCode.NONE,
      generationId: view.generation,
      protocolType: view.protocolType,
      protocolName: view.protocol,
      leader: answer.leader,
      skipAssignment: answer.skipAssignment ?? false,
      memberId: answer.memberId,
      members: answer.members,
    };
    this.#effects.push({ kind: 'answer-join', token, reply });
  }

  refuseJoin(token: Token, memberId: string, error: ErrorName): void {
    this.#effects.push({ kind: 'answer-join', token, reply: joinRefusal(memberId, error) });
  }

  answerSync(token: Token, view: GenerationView, assignment: Buffer): void {
    const reply: SyncGroupResult = {
      errorCode: ErrorCode.NONE,
      protocolType: view.protocolType,
      protocolName: view.protocol,
      assignment,
    };
    this.#effects.push({ kind: 'answer-sync', token, reply });
  }

  refuseSync(token: Token, error: ErrorName): void {
    this.#effects.push({ kind: 'answer-sync', token, reply: syncRefusal(ErrorCode[error]) });
  }

  store(group: StoredGroup, assigns: boolean): void {
    this.#effects.push({ kind: 'store', group, assigns });
  }

  tellJoined({ memberId, groupInstanceId, clientId, clientHost }: ClassicMember): void {
    this.#story.because('member-joined');
    const ids = { memberId, groupInstanceId, clientId, clientHost };
    this.#effects.push({ kind: 'tell', happening: { kind: 'member-joined', ...ids } });
  }

  tellLeft(memberId: string, reason: LeaveReason): void {
    this.#story.because(reason);
    this.#effects.push({ kind: 'tell', happening: { kind: 'member-left', memberId, reason } });
  }

  rebalanceBegan(nowMs: number): void {
    this.#story.began(nowMs);
  }

  tellRebalanced({ generation }: GenerationView, members: number, nowMs: number): void {
    const happening = this.#story.end(generation, members, nowMs);
    this.#effects.push({ kind: 'tell', happening });
  }
}

/** A JoinGroup answer that carries only an error. */
export function joinRefusal(memberId: string, error: ErrorName): JoinGroupResult {
  return {
    errorCode: ErrorCode[error],
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

/** A SyncGroup answer that carries only an error. */
export function syncRefusal(errorCode: number): SyncGroupResult {
  return { errorCode, protocolType: null, protocolName: null, assignment: noBytes };
}
