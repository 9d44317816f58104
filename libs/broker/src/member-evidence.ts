// Which group members are surely dead: whose lease lapsed (told from outside) and whose last connection is closed (seen here).
// Protects: one of the two alone evicts nobody, a sign of life afterwards takes either back, and the member is asked for by its id, so
// a successor under the same instance id is never meant. What is kept is bounded; whoever is forgotten goes by its session timeout.
// Members of both protocols. Leaves out: members that were never heard of by this process (after a restart of the broker the session
// timeout decides). Source: the coordination rule "a lapsed lease is a hint".

import type { ClientInfo } from './client-info.js';

export interface MemberEvidenceOptions {
  /** Takes the member out of its group. */
  readonly evict: (groupId: string, memberId: string) => void;
  /** Members remembered; default 10,000. */
  readonly membersMax?: number;
}

interface Trace {
  readonly groupId: string;
  readonly memberId: string;
  /** Over which its last request came; undefined when that is closed. */
  client: ClientInfo | undefined;
  unsubscribe: (() => void) | undefined;
  isLapsed: boolean;
}

const membersMaxDefault = 10_000;

export class MemberEvidence {
  readonly #options: MemberEvidenceOptions;
  /** Least recently changed first. */
  readonly #traces = new Map<string, Trace>();

  constructor(options: MemberEvidenceOptions) {
    this.#options = options;
  }

  /** A request of this member came. Cheap for the connection it always comes over. */
  heard(groupId: string, memberId: string, client: ClientInfo): void {
    if (memberId === '') return;
    const known = this.#traces.get(keyOf(groupId, memberId));
    if (known?.client === client) return;
    const trace = this.#touch(groupId, memberId);
    trace.unsubscribe?.();
    trace.client = client;
    trace.unsubscribe = client.onClosed(() => {
      if (trace.client !== client) return;
      trace.client = undefined;
      this.#judge(trace);
    });
  }

  /** Its lease lapsed (or was given up). Nothing for a member never heard of. */
  leaseLapsed(groupId: string, memberId: string): void {
    const trace = this.#traces.get(keyOf(groupId, memberId));
    if (!trace) return;
    trace.isLapsed = true;
    this.#judge(trace);
  }

  /** It holds its lease. */
  leaseHeld(groupId: string, memberId: string): void {
    const trace = this.#traces.get(keyOf(groupId, memberId));
    if (trace) trace.isLapsed = false;
  }

  #judge(trace: Trace): void {
    if (!trace.isLapsed || trace.client) return;
    this.#forget(trace);
    this.#options.evict(trace.groupId, trace.memberId);
  }

  #touch(groupId: string, memberId: string): Trace {
    const key = keyOf(groupId, memberId);
    const trace = this.#traces.get(key) ?? {
      groupId,
      memberId,
      client: undefined,
      unsubscribe: undefined,
      isLapsed: false,
    };
    this.#traces.delete(key);
    this.#traces.set(key, trace);
    for (const oldest of this.#traces.values()) {
      if (this.#traces.size <= (this.#options.membersMax ?? membersMaxDefault)) break;
      this.#forget(oldest);
    }
    return trace;
  }

  #forget(trace: Trace): void {
    trace.unsubscribe?.();
    this.#traces.delete(keyOf(trace.groupId, trace.memberId));
  }
}

function keyOf(groupId: string, memberId: string): string {
  return `${groupId}\n${memberId}`;
}
