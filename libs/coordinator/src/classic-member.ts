// A member of a classic group and the vote on the protocol. Protects: the selected protocol is one that all members speak.
// Metadata and assignments are opaque bytes. Source: Kafka ClassicGroupMember and ClassicGroup.selectProtocol.

import { assert } from '@drave/platform';

import type { JoinGroupInput, MemberProtocol } from './group-requests.js';
import type { StoredMember } from './offsets-topic-codec.js';

/** Identifies a parked request within its partition. */
export type Token = number;

/** Volatile; owned and changed by its machine alone. */
export interface ClassicMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  protocols: readonly MemberProtocol[];
  assignment: Buffer;
  /** The parked JoinGroup, if one is. */
  joining: Token | undefined;
  /** The parked SyncGroup, if one is. */
  syncing: Token | undefined;
  /** True until its first JoinGroup was answered: it cannot heartbeat yet. */
  isNew: boolean;
  /** Monotonic ms; counts only while `isExpirable`. */
  expiresAtMs: number;
}

export const noBytes = Buffer.alloc(0);

/** A parked request proves life, except for a new member's: its client may have given up without leaving. */
export function isExpirable(member: ClassicMember): boolean {
  return member.isNew || (member.joining === undefined && member.syncing === undefined);
}

/** Same protocols with the same bytes in the same order. */
export function isSameProtocols(
  left: readonly MemberProtocol[],
  right: readonly MemberProtocol[],
): boolean {
  return (
    left.length === right.length &&
    left.every((protocol, i) => {
      const other = right[i];
      return protocol.name === other?.name && protocol.metadata.equals(other.metadata);
    })
  );
}

/** Metadata that the member offered for `protocol`; empty when it offered none. */
export function metadataFor(member: ClassicMember, protocol: string | null): Buffer {
  return member.protocols.find(({ name }) => name === protocol)?.metadata ?? noBytes;
}

/** Names that every member offers. */
export function commonProtocols(members: Iterable<ClassicMember>): Set<string> {
  let common: Set<string> | undefined;
  for (const { protocols } of members) {
    const names = new Set<string>();
    for (const { name } of protocols) if (!common || common.has(name)) names.add(name);
    common = names;
  }
  return common ?? new Set();
}

/** Each member votes for the first common protocol it offers; most votes win, a tie goes to the one voted for first. */
export function selectProtocol(members: readonly ClassicMember[]): string {
  const common = commonProtocols(members);
  const votes = new Map<string, number>();
  for (const { protocols } of members) {
    const vote = protocols.find(({ name }) => common.has(name));
    assert(vote !== undefined, 'members-share-a-protocol', { members: members.length });
    votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1);
  }
  let winner = '';
  let most = 0;
  for (const [name, count] of votes) {
    if (count > most) [winner, most] = [name, count];
  }
  return winner;
}

/** Copies: a request's buffers may be views of a socket buffer. */
export function ownedProtocols(protocols: readonly MemberProtocol[]): readonly MemberProtocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
}

/** Version 0 has no rebalance timeout of its own. */
export function rebalanceTimeoutOf(request: {
  readonly apiVersion: number;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}): number {
  return request.apiVersion === 0 || request.rebalanceTimeoutMs < 0
    ? request.sessionTimeoutMs
    : request.rebalanceTimeoutMs;
}

/** A member whose first JoinGroup is parked. */
export function newMember(
  request: JoinGroupInput,
  from: { memberId: string; clientId: string; clientHost: string; token: Token },
): ClassicMember {
  return {
    memberId: from.memberId,
    groupInstanceId: request.groupInstanceId ?? null,
    clientId: from.clientId,
    clientHost: from.clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutOf(request),
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: ownedProtocols(request.protocols),
    assignment: noBytes,
    joining: from.token,
    syncing: undefined,
    isNew: true,
    expiresAtMs: 0,
  };
}

/** A member as the log kept it; of its protocols only the selected one is known. */
export function restoredMember(stored: StoredMember, protocol: string | null): ClassicMember {
  const { subscription, ...rest } = stored;
  const protocols = [{ name: protocol ?? '', metadata: subscription }];
  return {
    ...rest,
    protocols,
    joining: undefined,
    syncing: undefined,
    isNew: false,
    expiresAtMs: 0,
  };
}
