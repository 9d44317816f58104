// The wires of a simulated world: who listens where, how long a way takes, which ways are cut.
// Protects: ways are cut in one direction at a time; a machine talks to itself whatever is cut.
// Hosts: a node's name; `127.0.0.1` and `localhost` are the node itself.

import type { Socket, SocketAddress } from '../network.js';
import type { Life, WorldCore } from './world-core.js';

export interface LinkLatency {
  /** Milliseconds one way; uniform between both. */
  readonly minMs: number;
  readonly maxMs: number;
}

export interface BoundPort {
  readonly life: Life;
  readonly address: SocketAddress;
  readonly accept: (socket: Socket) => void;
}

/** An end of a connection, as faults reach it. */
export interface FabricSocket {
  readonly life: Life;
  readonly peerHost: string;
  /** The wire is torn: both ends learn of it on their own way. */
  reset(): void;
  /** The process at this end is gone; with `isSilent` its machine as well, so that nobody tells the peer. */
  die(isSilent: boolean): void;
}

const loopbackLatency: LinkLatency = { minMs: 0.01, maxMs: 0.05 };
const ephemeralPortFirst = 32_768;

export class SimulatedFabric {
  readonly core: WorldCore;
  latency: LinkLatency = { minMs: 0.1, maxMs: 1 };
  /** Open sockets, both ends. */
  readonly sockets = new Set<FabricSocket>();
  readonly #hosts = new Set<string>();
  readonly #bound = new Map<string, BoundPort>();
  readonly #down = new Set<string>();
  readonly #cuts = new Set<string>();
  readonly #nextPorts = new Map<string, number>();
  #connectionSerial = 0;

  constructor(core: WorldCore) {
    this.core = core;
  }

  nextConnectionId(): number {
    this.#connectionSerial += 1;
    return this.#connectionSerial;
  }

  knows(host: string): boolean {
    return this.#hosts.has(host);
  }

  /** The machine runs (again). */
  setUp(host: string): void {
    this.#hosts.add(host);
    this.#down.delete(host);
  }

  setDown(host: string): void {
    this.#down.add(host);
  }

  /** Drops what a dead life has bound. */
  unbindAll(life: Life): void {
    for (const [key, bound] of this.#bound) if (bound.life === life) this.#bound.delete(key);
  }

  bind(bound: BoundPort): boolean {
    const key = keyOf(bound.life.name, bound.address.port);
    if (this.#bound.has(key)) return false;
    this.#bound.set(key, bound);
    return true;
  }

  unbind(bound: BoundPort): void {
    const key = keyOf(bound.life.name, bound.address.port);
    if (this.#bound.get(key) === bound) this.#bound.delete(key);
  }

  boundAt(host: string, port: number): BoundPort | undefined {
    return this.#bound.get(keyOf(host, port));
  }

  freePort(host: string): number {
    let port = this.#nextPorts.get(host) ?? ephemeralPortFirst;
    while (this.#bound.has(keyOf(host, port))) port += 1;
    this.#nextPorts.set(host, port + 1);
    return port;
  }

  cut(from: string, to: string): void {
    this.#cuts.add(wayOf(from, to));
  }

  heal(from: string, to: string): void {
    this.#cuts.delete(wayOf(from, to));
  }

  healAll(): void {
    this.#cuts.clear();
  }

  /** True when nothing sent from `from` reaches `to` now: the way is cut or the machine is down. */
  isUnreachable(from: string, to: string): boolean {
    if (from === to) return false;
    return this.#cuts.has(wayOf(from, to)) || this.#down.has(to);
  }

  /** How long the next packet takes; one in a hundred is twenty times slower. */
  nextLatencyMs(from: string, to: string): number {
    const { minMs, maxMs } = from === to ? loopbackLatency : this.latency;
    const latencyMs = this.core.between(minMs, maxMs);
    return from !== to && this.core.random.chance(0.01) ? latencyMs * 20 : latencyMs;
  }
}

function keyOf(host: string, port: number): string {
  return `${host}:${port}`;
}

function wayOf(from: string, to: string): string {
  return `${from}>${to}`;
}
