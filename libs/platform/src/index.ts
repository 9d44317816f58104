// @drave/platform: the only door to the world. Ports, the real platform, simulated twins, bounded structures, assert.

export * from './assert.js';
export * from './clock.js';
export * from './disk.js';
export * from './logger.js';
export * from './network.js';
export * from './platform.js';
export * from './random.js';
export * from './socket-address.js';
export * from './threads.js';
export { errorCode, systemError, type SystemError } from './system-error.js';
export { NodeDisk } from './node/node-disk.js';
export { NodeNetwork } from './node/node-network.js';
export { threadPort } from './node/node-threads.js';
export { nodePlatform } from './node/node-platform.js';
export { pinoLogger, type PinoLoggerOptions } from './node/pino-logger.js';
export { manualClock, type ManualClock } from './manual-clock.js';
export { SeededRandom } from './seeded-random.js';
export type {
  DiskFault,
  DiskFaultOptions,
  DiskFaults,
  DiskOperation,
} from './memory/disk-faults.js';
export { memoryDisk, MemoryDisk, type MemoryDiskOptions } from './memory/memory-disk.js';
export {
  memoryPlatform,
  type MemoryPlatform,
  type MemoryPlatformOptions,
} from './memory/memory-platform.js';
export { BoundedQueue } from './bounded-queue.js';
export { Slab, SlabPool, type SlabPoolOptions } from './slab-pool.js';
export { TimerWheel, type TimerWheelOptions } from './timer-wheel.js';
export type { LinkLatency } from './simulated/simulated-fabric.js';
export type { SimulatedNode } from './simulated/simulated-node.js';
export {
  SimulatedWorld,
  SimulationError,
  type SimulatedWorldOptions,
} from './simulated/simulated-world.js';
export * from './node/temporary-directory.js';
