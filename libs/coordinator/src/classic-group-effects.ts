// What a classic group wants done: answers to parked requests and generations to store, in order.
// Protects: an answer rests on the `store` queued before it and must wait until that one is committed.
// Leaves out: deciding (ClassicGroupMachine) and doing (GroupPartition).

import { ErrorCode, type ErrorName } from '@drave/contracts';

import { type Token, noBytes } from './classic-member.js';
import type { JoinGroupResult, JoinedMember, SyncGroupResult } from './group-requests.js';
import type { StoredGroup } from './offsets-topic-codec.js';

export type GroupEffect =
  | { readonly kind: 'answer-join'; readonly token: Token; readonly reply: JoinGroupResult }
  | { readonly kind: 'answer-sync'; readonly token: Token; readonly reply: SyncGroupResult }
  /** Append this; once committed and when `assigns`, call `onAssignmentStored(generation)`. */
  | { readonly kind: 'store'; readonly group: StoredGroup; readonly assigns: boolean };

/** The generation an answer speaks of. */
export interface GenerationView {
  readonly generation: number;
  readonly protocolType: string;
  readonly protocol: string | null;
}

export class GroupEffectQueue {
  readonly #effects: GroupEffect[] = [];

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
