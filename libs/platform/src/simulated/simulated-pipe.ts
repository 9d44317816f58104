// One direction of a simulated connection: packets that arrive in their order, later or never.
// Protects: order; a packet that cannot arrive is sent again with backoff, and gives up after `giveUpMs` like TCP does,
// which the sender alone notices (the other end is then half-open).

import { assert } from '../assert.js';
import { BoundedQueue } from '../bounded-queue.js';
import { systemError } from '../system-error.js';
import type { SimulatedFabric } from './simulated-fabric.js';

export type Packet =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'fin' }
  | { readonly kind: 'reset' };

export interface PipeEnds {
  readonly connectionId: number;
  readonly from: string;
  readonly to: string;
  readonly onArrival: (packet: Packet) => void;
  readonly onGiveUp: (error: Error) => void;
}

const giveUpMs = 30_000;
const retryFirstMs = 100;
const retryMaxMs = 2_000;
/** A window of single bytes, fin and reset. */
const packetsMax = 262_144 + 2;

export class SimulatedPipe {
  readonly #fabric: SimulatedFabric;
  readonly #ends: PipeEnds;
  readonly #packets = new BoundedQueue<{ readonly packet: Packet; readonly atMs: number }>(
    packetsMax,
  );
  #lastAtMs = 0;
  #isMoving = false;

  constructor(fabric: SimulatedFabric, ends: PipeEnds) {
    this.#fabric = fabric;
    this.#ends = ends;
  }

  send(packet: Packet): void {
    const { from, to } = this.#ends;
    const arrivalMs = this.#fabric.core.nowMs + this.#fabric.nextLatencyMs(from, to);
    this.#lastAtMs = Math.max(this.#lastAtMs, arrivalMs);
    const isQueued = this.#packets.push({ packet, atMs: this.#lastAtMs });
    assert(isQueued || packet.kind !== 'data', 'packets-within-window', { to });
    if (!this.#isMoving) this.#moveHead();
  }

  #moveHead(): void {
    const head = this.#packets.peek();
    this.#isMoving = head !== undefined;
    if (head === undefined) return;
    const { core } = this.#fabric;
    const delayMs = Math.max(0, head.atMs - core.nowMs);
    core.schedule(undefined, delayMs, () => this.#arrive(retryFirstMs, core.nowMs + giveUpMs));
  }

  #arrive(retryMs: number, giveUpAtMs: number): void {
    const { core } = this.#fabric;
    const { from, to, connectionId } = this.#ends;
    if (this.#fabric.isUnreachable(from, to)) {
      if (core.nowMs >= giveUpAtMs) {
        this.#packets.clear();
        this.#isMoving = false;
        const what = `no answer from ${to} for ${giveUpMs} ms`;
        this.#ends.onGiveUp(systemError('ETIMEDOUT', what, { syscall: 'read' }));
        return;
      }
      const nextMs = Math.min(retryMaxMs, retryMs * 2);
      core.schedule(undefined, retryMs, () => this.#arrive(nextMs, giveUpAtMs));
      return;
    }
    const head = this.#packets.shift();
    if (head !== undefined) {
      const bytes = head.packet.kind === 'data' ? head.packet.bytes : undefined;
      const facts = `${from} #${connectionId} ${head.packet.kind} ${bytes?.byteLength ?? 0}`;
      core.trace(to, 'net', facts, bytes);
      this.#ends.onArrival(head.packet);
    }
    this.#moveHead();
  }
}
