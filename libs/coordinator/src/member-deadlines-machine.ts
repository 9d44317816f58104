// Until when members of consumer groups must be heard of, and until when those that must give up partitions must have done so.
// Protects: a member is reported once. Knows nothing durable: after a restart every member gets its full time again.
// Leaves out: removing them (ConsumerGroups). Times are monotonic ms. Source: KIP-848, session and rebalance timeouts.

export interface LapsedMember {
  readonly groupId: string;
  readonly memberId: string;
  readonly reason: 'session' | 'rebalance';
}

interface Deadlines {
  sessionAtMs: number;
  rebalanceAtMs: number;
}

export class MemberDeadlinesMachine {
  readonly #groups = new Map<string, Map<string, Deadlines>>();
  readonly #lapsed: LapsedMember[] = [];
  #wakeAtMs = Infinity;

  /** When `tick` is due, perhaps too early, never too late; Infinity: never. */
  get wakeAtMs(): number {
    return this.#wakeAtMs;
  }

  onHeartbeat(member: { groupId: string; memberId: string }, untilMs: number): void {
    this.#of(member).sessionAtMs = untilMs;
    this.#wakeAtMs = Math.min(this.#wakeAtMs, untilMs);
  }

  /** The member has to give up partitions until then; Infinity: no more. */
  onRevocation(member: { groupId: string; memberId: string }, untilMs: number): void {
    this.#of(member).rebalanceAtMs = untilMs;
    this.#wakeAtMs = Math.min(this.#wakeAtMs, untilMs);
  }

  onRemoved({ groupId, memberId }: { groupId: string; memberId: string }): void {
    const members = this.#groups.get(groupId);
    members?.delete(memberId);
    if (members?.size === 0) this.#groups.delete(groupId);
  }

  tick(nowMs: number): void {
    if (nowMs < this.#wakeAtMs) return;
    this.#wakeAtMs = Infinity;
    for (const [groupId, members] of this.#groups) {
      for (const [memberId, { sessionAtMs, rebalanceAtMs }] of members) {
        if (Math.min(sessionAtMs, rebalanceAtMs) > nowMs) {
          this.#wakeAtMs = Math.min(this.#wakeAtMs, sessionAtMs, rebalanceAtMs);
          continue;
        }
        const reason = sessionAtMs <= nowMs ? 'session' : 'rebalance';
        this.#lapsed.push({ groupId, memberId, reason });
        this.onRemoved({ groupId, memberId });
      }
    }
  }

  /** Members whose time is up, since the last call. */
  drain(): readonly LapsedMember[] {
    return this.#lapsed.splice(0);
  }

  #of({ groupId, memberId }: { groupId: string; memberId: string }): Deadlines {
    const members = this.#groups.get(groupId) ?? new Map<string, Deadlines>();
    this.#groups.set(groupId, members);
    const deadlines = members.get(memberId) ?? { sessionAtMs: Infinity, rebalanceAtMs: Infinity };
    members.set(memberId, deadlines);
    return deadlines;
  }
}
