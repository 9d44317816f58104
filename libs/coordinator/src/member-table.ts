// The members of one classic group, with their leader and static instances. Protects: an instance names exactly one member,
// and a group with members has a leader among them. Leaves out: states, time and parked answers (ClassicGroupMachine).

import type { ErrorName } from '@drave/contracts';
import { ProtocolError, decodeSubscription } from '@drave/protocol';

import {
  type ClassicMember,
  commonProtocols,
  metadataFor,
  noBytes,
  selectProtocol,
} from './classic-member.js';
import type { DescribedMember, JoinedMember } from './group-requests.js';
import type { StoredMember } from './offsets-topic-codec.js';

export class MemberTable {
  /** In the order of admission. */
  readonly #members = new Map<string, ClassicMember>();
  readonly #memberOfInstance = new Map<string, string>();
  #leader: string | null = null;

  get size(): number {
    return this.#members.size;
  }

  /** null only while there are no members. */
  get leader(): string | null {
    return this.#leader;
  }

  get(memberId: string): ClassicMember | undefined {
    return this.#members.get(memberId);
  }

  has(memberId: string): boolean {
    return this.#members.has(memberId);
  }

  /** In the order of admission; the one at hand may be removed meanwhile. */
  values(): Iterable<ClassicMember> {
    return this.#members.values();
  }

  /** The member that holds a static instance. */
  holderOf(instanceId: string): string | undefined {
    return this.#memberOfInstance.get(instanceId);
  }

  /** The first member leads until `lead` says otherwise. */
  admit(member: ClassicMember): void {
    this.#members.set(member.memberId, member);
    if (member.groupInstanceId !== null) {
      this.#memberOfInstance.set(member.groupInstanceId, member.memberId);
    }
    this.#leader ??= member.memberId;
  }

  /** Takes the member out; a leader's place goes to the oldest left. */
  remove(memberId: string): ClassicMember | undefined {
    const member = this.#members.get(memberId);
    if (member === undefined) return undefined;
    this.#members.delete(memberId);
    if (member.groupInstanceId !== null) this.#memberOfInstance.delete(member.groupInstanceId);
    if (this.#leader === memberId) this.#leader = this.#members.keys().next().value ?? null;
    return member;
  }

  /** No effect for a stranger. */
  lead(memberId: string): void {
    if (this.#members.has(memberId)) this.#leader = memberId;
  }

  /** The leader stays if its join is parked; else the first whose is. False: nobody's is. */
  electLeader(): boolean {
    if (this.#leader !== null && this.#members.get(this.#leader)?.joining !== undefined)
      return true;
    for (const member of this.#members.values()) {
      if (member.joining === undefined) continue;
      this.#leader = member.memberId;
      return true;
    }
    return false;
  }

  /** Who is this? Without `generations` only identity is checked. */
  check(
    memberId: string,
    instanceId: string | null | undefined,
    generations?: { readonly given: number; readonly current: number },
  ): ErrorName {
    if (instanceId != null) {
      const holder = this.#memberOfInstance.get(instanceId);
      if (holder === undefined) return 'UNKNOWN_MEMBER_ID';
      if (holder !== memberId) return 'FENCED_INSTANCE_ID';
    }
    if (!this.#members.has(memberId)) return 'UNKNOWN_MEMBER_ID';
    if (generations && generations.given !== generations.current) return 'ILLEGAL_GENERATION';
    return 'NONE';
  }

  countJoining(): number {
    let count = 0;
    for (const { joining } of this.#members.values()) if (joining !== undefined) count += 1;
    return count;
  }

  /** Does the newcomer offer a protocol that all members speak? True while there are none. */
  sharesProtocol(protocols: readonly { readonly name: string }[]): boolean {
    if (this.#members.size === 0) return true;
    const common = commonProtocols(this.#members.values());
    return protocols.some(({ name }) => common.has(name));
  }

  selectProtocol(): string {
    return selectProtocol([...this.#members.values()]);
  }

  /** The largest of the members'; 0 without members. */
  rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const { rebalanceTimeoutMs } of this.#members.values()) {
      longest = Math.max(longest, rebalanceTimeoutMs);
    }
    return longest;
  }

  /** Does a member read the topic? undefined: its metadata for `protocol` is not a consumer's. */
  reads(topic: string, protocol: string | null): boolean | undefined {
    try {
      for (const member of this.#members.values()) {
        if (decodeSubscription(metadataFor(member, protocol)).topics.includes(topic)) return true;
      }
      return false;
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  /** What a JoinGroup answer lists: all members for the leader, nobody for the others. */
  joinedMembersFor(memberId: string, protocol: string | null): readonly JoinedMember[] {
    if (memberId !== this.#leader) return [];
    return [...this.#members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: metadataFor(member, protocol),
    }));
  }

  /** `isStable` false: without metadata and assignment, which are in flux. */
  describe(isStable: boolean, protocol: string | null): readonly DescribedMember[] {
    return [...this.#members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataFor(member, protocol) : noBytes,
      memberAssignment: isStable ? member.assignment : noBytes,
    }));
  }

  /** For the log; `assigning`, the assignment under way, replaces what the members have. */
  stored(
    protocol: string | null,
    assigning: ReadonlyMap<string, Buffer> | undefined,
  ): readonly StoredMember[] {
    return [...this.#members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription: metadataFor(member, protocol),
      assignment: assigning ? (assigning.get(member.memberId) ?? noBytes) : member.assignment,
    }));
  }
}
