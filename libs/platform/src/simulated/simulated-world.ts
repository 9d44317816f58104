// A world under one seed: machines with clocks, disks and wires, on one virtual time line. Nothing real is waited for, so
// an hour takes seconds, and one seed always gives the same trace. Between two events all ready promise callbacks run.
// Protects: a run that cannot end (deadlock, livelock), does not end in time or meets an error in a callback fails and says why.
// Leaves out: computing time (code takes none); real I/O inside a world, which would break the repetition.

import { assert } from '../assert.js';
import type { Logger } from '../logger.js';
import { SimulatedFabric, type LinkLatency } from './simulated-fabric.js';
import { SimulatedNode, simulatedDisk } from './simulated-node.js';
import { WorldCore } from './world-core.js';

export interface SimulatedWorldOptions {
  /** A safe integer or any text. */
  readonly seed: number | string;
  /** One way between two machines; default 0.1 … 1 ms. */
  readonly latency?: LinkLatency;
  /** Gets the log lines of all nodes. */
  readonly logger?: Logger;
}

const eventsMax = 50_000_000;
/** So many events at one moment are a loop that time cannot leave. */
const eventsPerMomentMax = 100_000;
const traceLinesInErrors = 20;

export class SimulatedWorld {
  readonly seed: number | string;
  readonly #core: WorldCore;
  readonly #fabric: SimulatedFabric;
  readonly #logger: Logger | undefined;
  readonly #nodes = new Map<string, SimulatedNode>();
  #isRunning = false;
  #eventCount = 0;
  #momentMs = 0;
  #momentEventCount = 0;

  constructor(options: SimulatedWorldOptions) {
    this.seed = options.seed;
    this.#core = new WorldCore(options.seed);
    this.#fabric = new SimulatedFabric(this.#core);
    if (options.latency !== undefined) this.#fabric.latency = options.latency;
    this.#logger = options.logger;
  }

  /** World time in milliseconds since the beginning. */
  get nowMs(): number {
    return this.#core.nowMs;
  }

  /** Events run so far. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Chance for the scenario itself, from the same seed. */
  get random(): WorldCore['random'] {
    return this.#core.random;
  }

  /** The machine of this name in its present life; a new machine, with an empty disk, at the first call. */
  node(name: string): SimulatedNode {
    return this.#nodes.get(name) ?? this.#start(name, true);
  }

  /** Nothing sent from `from` reaches `to` any more; the way back stays as it is. TCP keeps trying for 30 s. */
  cut(from: string, to: string): void {
    this.trace('cut', { from, to });
    this.#fabric.cut(from, to);
  }

  /** Cuts both ways between the machines of `group` and all others that exist. */
  isolate(...group: readonly string[]): void {
    for (const name of this.#nodes.keys()) {
      if (group.includes(name)) continue;
      for (const member of group) {
        this.cut(name, member);
        this.cut(member, name);
      }
    }
  }

  heal(from: string, to: string): void {
    this.trace('heal', { from, to });
    this.#fabric.heal(from, to);
  }

  healAll(): void {
    this.trace('heal', { all: true });
    this.#fabric.healAll();
  }

  /** Resets all connections between two machines. */
  resetConnections(a: string, b: string): void {
    this.trace('reset', { a, b });
    for (const socket of this.#fabric.sockets) {
      if (socket.life.name === a && socket.peerHost === b) socket.reset();
    }
  }

  setLatency(latency: LinkLatency): void {
    this.#fabric.latency = latency;
  }

  /**
   * Lets time pass until the promise settles or the predicate holds, and gives the promise's value or rejection. Rejects
   * with SimulationError after `maxMs` (default 60,000) of world time, when nothing is left to happen, or when a callback threw.
   */
  run<T>(until: Promise<T>, options?: { readonly maxMs?: number }): Promise<T>;
  run(until: () => boolean, options?: { readonly maxMs?: number }): Promise<void>;
  async run<T>(
    until: Promise<T> | (() => boolean),
    options: { readonly maxMs?: number } = {},
  ): Promise<T | undefined> {
    const endMs = this.nowMs + (options.maxMs ?? 60_000);
    if (typeof until === 'function') {
      await this.#loop(until, endMs, true);
      return undefined;
    }
    let isSettled = false;
    const settled = until.finally(() => (isSettled = true));
    settled.catch(() => undefined); // awaited below unless the world fails first
    await this.#loop(() => isSettled, endMs, true);
    return settled;
  }

  /** Lets `deltaMs` of world time pass, whatever happens or does not. */
  async advance(deltaMs: number): Promise<void> {
    const endMs = this.nowMs + deltaMs;
    await this.#loop(() => false, endMs, false);
    this.#core.line.moveTo(endMs);
  }

  /** Adds a line of the scenario to the trace. */
  trace(event: string, facts: Readonly<Record<string, unknown>> = {}): void {
    this.#core.trace('world', event, JSON.stringify(facts));
  }

  /** SHA-256 of all that happened so far. */
  traceHash(): string {
    return this.#core.log.hash();
  }

  /** The last lines of the trace (at most 200), oldest first. */
  lastLines(count = traceLinesInErrors): string[] {
    return this.#core.log.lastLines(count);
  }

  #start(name: string, isWiped: boolean): SimulatedNode {
    const old = this.#nodes.get(name);
    const disk =
      old !== undefined && !isWiped ? old.disk.successor() : simulatedDisk(this.#core, name);
    const node = new SimulatedNode({
      core: this.#core,
      fabric: this.#fabric,
      name,
      disk,
      logger: this.#logger?.child({ node: name }),
      revive: (options) => this.#start(name, options.isWiped),
    });
    this.#nodes.set(name, node);
    return node;
  }

  async #loop(isDone: () => boolean, endMs: number, mustEnd: boolean): Promise<void> {
    assert(!this.#isRunning, 'world-runs-once', { nowMs: this.nowMs });
    this.#isRunning = true;
    try {
      for (;;) {
        await macrotask();
        if (this.#core.failure !== undefined) throw this.#failed();
        if (isDone()) return;
        const { nextAtMs } = this.#core.line;
        if (nextAtMs === undefined || nextAtMs > endMs) {
          if (!mustEnd) return;
          throw this.#error(
            nextAtMs === undefined ? 'deadlock: nothing is left to happen' : 'timeout',
          );
        }
        this.#count(nextAtMs);
        this.#core.line.take()?.();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #count(atMs: number): void {
    this.#eventCount += 1;
    if (this.#eventCount > eventsMax) throw this.#error(`more than ${eventsMax} events`);
    if (atMs > this.#momentMs) {
      this.#momentMs = atMs;
      this.#momentEventCount = 0;
    }
    this.#momentEventCount += 1;
    if (this.#momentEventCount <= eventsPerMomentMax) return;
    throw this.#error(`livelock: ${eventsPerMomentMax} events at one moment`);
  }

  #failed(): SimulationError {
    const error = this.#core.failure?.error;
    this.#core.failure = undefined;
    const text = error instanceof Error ? error.message : String(error);
    return this.#error(`a callback threw: ${text}`, error);
  }

  #error(what: string, cause?: unknown): SimulationError {
    const lines = this.lastLines().join('\n  ');
    const message = `seed ${this.seed} at ${this.nowMs.toFixed(3)} ms: ${what}\n  ${lines}`;
    return new SimulationError(message, { cause });
  }
}

/** A simulated world that went wrong; the message has the seed, the time and the last trace lines. */
export class SimulationError extends Error {
  readonly code = 'ERR_DRAVE_SIMULATION';

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'SimulationError';
  }
}

/** Lets every promise callback that is ready run, also those they make ready. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
