// Real clock, timers and loopback network over a disk in memory: for brokers started inside a test.
// Protects: asynchronous disk calls settle in a later turn of the event loop, as real ones do, so batching stays real.

import type { Platform } from '../platform.js';
import { silentLogger, type Logger } from '../logger.js';
import type { ManualClock } from '../manual-clock.js';
import { nodeClock, nodeScheduler } from '../node/node-clock.js';
import { NodeNetwork } from '../node/node-network.js';
import { nodeRandom } from '../node/node-random.js';
import { SeededRandom } from '../seeded-random.js';
import { MemoryDisk } from './memory-disk.js';

export interface MemoryPlatform extends Platform {
  readonly disk: MemoryDisk;
}

export interface MemoryPlatformOptions {
  /** Fixes `random` and what `disk.crash()` takes; without it `random` is the real one. */
  readonly seed?: number | string;
  /** Time and timers follow this clock instead of the real one. Disk and network still need turns of the event loop. */
  readonly clock?: ManualClock;
  readonly logger?: Logger;
}

/** A platform of its own for each call. */
export function memoryPlatform(options: MemoryPlatformOptions = {}): MemoryPlatform {
  const { seed } = options;
  const clock = options.clock ?? nodeClock;
  return {
    clock,
    scheduler: options.clock ?? nodeScheduler,
    random: seed === undefined ? nodeRandom : new SeededRandom(seed),
    disk: new MemoryDisk({
      seed: seed ?? 1,
      nowMs: () => clock.nowMs(),
      settle: () => new Promise((resolve) => nodeScheduler.nextTurn(resolve)),
    }),
    network: new NodeNetwork(),
    logger: options.logger ?? silentLogger,
  };
}
