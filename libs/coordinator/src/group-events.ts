// What happens to groups, told to whoever keeps a history of it. Protects: telling changes nothing; a reason is one of a closed list.
// Leaves out: keeping or sending it (the broker's EventBus).

import type { ErrorName } from '@drave/contracts';

/** Why a member is gone, and what its parked requests are answered. */
export const leaveErrors = Object.freeze({
  left: 'UNKNOWN_MEMBER_ID',
  'lease-lapsed': 'UNKNOWN_MEMBER_ID',
  'session-timeout': 'UNKNOWN_MEMBER_ID',
  'rebalance-timeout': 'UNKNOWN_MEMBER_ID',
  'sync-timeout': 'UNKNOWN_MEMBER_ID',
  'group-full': 'GROUP_MAX_SIZE_REACHED',
  replaced: 'FENCED_INSTANCE_ID',
} satisfies Record<string, ErrorName>);
export type LeaveReason = keyof typeof leaveErrors;

/** What made a group share its partitions anew: the first cause when there were several. */
export type RebalanceReason = LeaveReason | 'member-joined' | 'subscription-changed';

export type GroupHappening =
  | {
      readonly kind: 'member-joined';
      readonly memberId: string;
      readonly groupInstanceId: string | null;
      readonly clientId: string;
      readonly clientHost: string;
    }
  | { readonly kind: 'member-left'; readonly memberId: string; readonly reason: LeaveReason }
  | {
      readonly kind: 'rebalanced';
      readonly generation: number;
      readonly reason: RebalanceReason;
      readonly members: number;
      /** From the first cause to the assignment; undefined for groups that never stop for it (KIP-848). */
      readonly durationMs: number | undefined;
    };

/** Called at once and in order; must not throw. */
export type TellGroup = (groupId: string, happening: GroupHappening) => void;

/** Why, and since when, a group rebalances. */
export class RebalanceStory {
  #reason: RebalanceReason | undefined;
  #sinceMs: number | undefined;

  because(reason: RebalanceReason): void {
    this.#reason ??= reason;
  }

  began(nowMs: number): void {
    this.#sinceMs ??= nowMs;
  }

  /** What there is to tell; the next story begins. */
  end(generation: number, members: number, nowMs: number): GroupHappening {
    const reason = this.#reason ?? 'subscription-changed';
    const durationMs = nowMs - (this.#sinceMs ?? nowMs);
    this.#reason = undefined;
    this.#sinceMs = undefined;
    return { kind: 'rebalanced', generation, reason, members, durationMs };
  }
}
