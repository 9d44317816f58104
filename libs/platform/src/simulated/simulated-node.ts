// One machine of a simulated world, from a start to a crash: a Platform whose ports all end with that life.
// Protects: code of a crashed life cannot touch the world any more (timers never fire, sockets are gone, disk calls fail
// or never settle), while the disk lives on for the next life.

import type { Clock, Scheduler } from '../clock.js';
import type { LogFields, Logger } from '../logger.js';
import { MemoryDisk } from '../memory/memory-disk.js';
import type { DiskOperation } from '../memory/disk-faults.js';
import type { Network } from '../network.js';
import type { Platform } from '../platform.js';
import { SeededRandom } from '../seeded-random.js';
import type { SimulatedFabric } from './simulated-fabric.js';
import { SimulatedNetwork } from './simulated-network.js';
import type { Life, WorldCore } from './world-core.js';

const worldStartMs = 1_767_225_600_000; // 2026-01-01T00:00Z
const skewMsMax = 250;
const driftMax = 0.0001;
const turnMs = 0.005;
/** Makes up for the rounding of drifting clocks: no timer fires early. */
const roundingMs = 0.000001;

export interface SimulatedNodeOptions {
  readonly core: WorldCore;
  readonly fabric: SimulatedFabric;
  readonly name: string;
  readonly disk: MemoryDisk;
  /** Gets the node's log lines too; the trace has their event names anyway. */
  readonly logger: Logger | undefined;
  /** Begins the next life of this node. */
  readonly revive: (options: { readonly isWiped: boolean }) => SimulatedNode;
}

export class SimulatedNode implements Platform {
  readonly name: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly disk: MemoryDisk;
  readonly network: Network;
  readonly logger: Logger;
  readonly #options: SimulatedNodeOptions;
  readonly #life: Life;

  constructor(options: SimulatedNodeOptions) {
    const { core, fabric, name } = options;
    this.#options = options;
    this.#life = { name, isAlive: true, pausedUntilMs: 0 };
    this.name = name;
    this.random = core.random.fork(name);
    this.disk = options.disk;
    this.network = new SimulatedNetwork(fabric, this.#life);
    this.logger = new TracingLogger(core, this.#life, options.logger);
    const rate = 1 + (this.random.nextFloat() * 2 - 1) * driftMax;
    this.clock = this.#makeClock(rate);
    this.scheduler = this.#makeScheduler(rate);
    fabric.setUp(name);
    core.trace(name, 'start', '');
  }

  get isAlive(): boolean {
    return this.#life.isAlive;
  }

  /** Power off: peers hear nothing, unsynced bytes and names are kept, torn or lost by the seed. */
  crash(): void {
    if (!this.#end('crash', true)) return;
    this.disk.crash();
    this.disk.retire();
  }

  /** kill -9: the kernel resets the connections and keeps what was written. */
  kill(): void {
    if (!this.#end('kill', false)) return;
    this.disk.endProcess();
    this.disk.retire();
  }

  /** The process stands still for `durationMs` of world time (a long collection, a stopped process). */
  pause(durationMs: number): void {
    const { core } = this.#options;
    core.trace(this.name, 'pause', String(durationMs));
    this.#life.pausedUntilMs = Math.max(this.#life.pausedUntilMs, core.nowMs + durationMs);
  }

  /** A new life of this machine, on the old disk or an empty one; crashes it first if it still runs. */
  restart(options: { readonly isWiped?: boolean } = {}): SimulatedNode {
    this.crash();
    return this.#options.revive({ isWiped: options.isWiped ?? false });
  }

  #end(event: string, isSilent: boolean): boolean {
    if (!this.#life.isAlive) return false;
    const { core, fabric } = this.#options;
    core.trace(this.name, event, '');
    this.#life.isAlive = false;
    fabric.unbindAll(this.#life);
    if (isSilent) fabric.setDown(this.name);
    for (const socket of fabric.sockets) {
      if (socket.life === this.#life) socket.die(isSilent);
    }
    return true;
  }

  #makeClock(rate: number): Clock {
    const { core } = this.#options;
    const originMs = this.random.nextInt(1_000_000);
    const skewMs = this.random.nextInt(2 * skewMsMax + 1) - skewMsMax;
    const startMs = core.nowMs;
    return {
      nowMs: () => worldStartMs + skewMs + Math.floor(core.nowMs * rate),
      monotonicMs: () => originMs + (core.nowMs - startMs) * rate,
    };
  }

  #makeScheduler(rate: number): Scheduler {
    const { core } = this.#options;
    const life = this.#life;
    const set = (delayMs: number, callback: () => void) => {
      const delay = delayMs > 0 ? delayMs / rate + roundingMs : 0;
      return core.schedule(life, delay, () => {
        core.trace(life.name, 'timer', delayMs.toFixed(3));
        callback();
      });
    };
    return {
      setTimer: set,
      nextTurn: (callback) => {
        core.schedule(life, turnMs, callback);
      },
      sleep: (delayMs) =>
        new Promise((resolve) => {
          set(delayMs, resolve);
        }),
    };
  }
}

/** The disk of a node; it outlives the node's lives. */
export function simulatedDisk(core: WorldCore, name: string): MemoryDisk {
  return new MemoryDisk({
    seed: `${core.random.nextInt(2 ** 32)}/${name}`,
    nowMs: () => worldStartMs + Math.floor(core.nowMs),
    observe: (operation, path) => core.trace(name, 'disk', `${operation} ${path}`),
    settle: (operation, sizeBytes) =>
      new Promise((resolve) => {
        core.schedule(undefined, diskLatencyMs(core, operation, sizeBytes), resolve);
      }),
  });
}

/** A flash disk: fast writes into its cache, syncs of a fraction of a millisecond, one in a hundred far slower. */
function diskLatencyMs(core: WorldCore, operation: DiskOperation, sizeBytes: number): number {
  const isSync = operation === 'sync' || operation === 'sync-directory';
  const baseMs = isSync ? core.between(0.1, 0.6) : core.between(0.02, 0.1);
  const spikeMs = core.random.chance(0.01) ? core.between(1, 20) : 0;
  return baseMs + spikeMs + sizeBytes / 1_000_000;
}

class TracingLogger implements Logger {
  readonly #core: WorldCore;
  readonly #life: Life;
  readonly #next: Logger | undefined;

  constructor(core: WorldCore, life: Life, next: Logger | undefined) {
    this.#core = core;
    this.#life = life;
    this.#next = next;
  }

  debug(event: string, fields?: LogFields): void {
    this.#write('debug', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#write('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#write('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#write('error', event, fields);
  }

  child(fields: LogFields): Logger {
    return new TracingLogger(this.#core, this.#life, this.#next?.child(fields));
  }

  #write(level: 'debug' | 'info' | 'warn' | 'error', event: string, fields?: LogFields): void {
    if (!this.#life.isAlive) return;
    this.#core.trace(this.#life.name, 'log', `${level} ${event}`);
    this.#next?.[level](event, fields);
  }
}
