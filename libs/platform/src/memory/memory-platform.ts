// Real clock, timers and loopback network over a disk in memory: for brokers started inside a test.
// Protects: asynchronous disk calls settle in a later turn of the event loop, as real ones do, so batching stays real.

import type { Platform } from '../platform.js';
import { silentLogger, type Logger } from '../logger.js';
import { nodeClock, nodeScheduler } from '../node/node-clock.js';
import { NodeNetwork } from '../node/node-network.js';
import { nodeRandom } from '../node/node-random.js';
import { SeededRandom } from '../seeded-random.js';
import { MemoryDisk } from './memory-disk.js';

export interface MemoryPlatform extends Platform {
  readonly disk: MemoryDisk;
}

/** `seed` fixes `random` and what `disk.crash()` takes; without it `random` is the real one. */
export function memoryPlatform(
  options: { readonly seed?: number | string; readonly logger?: Logger } = {},
): MemoryPlatform {
  const { seed } = options;
  return {
    clock: nodeClock,
    scheduler: nodeScheduler,
    random: seed === undefined ? nodeRandom : new SeededRandom(seed),
    disk: new MemoryDisk({
      seed: seed ?? 1,
      nowMs: () => nodeClock.nowMs(),
      settle: () => new Promise((resolve) => nodeScheduler.nextTurn(resolve)),
    }),
    network: new NodeNetwork(),
    logger: options.logger ?? silentLogger,
  };
}
