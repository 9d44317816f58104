// The bundle of ports that every part of Drave gets instead of touching the world itself.

import type { Clock, Scheduler } from './clock.js';
import type { Disk } from './disk.js';
import type { Logger } from './logger.js';
import type { Network } from './network.js';
import type { Random } from './random.js';

/** One machine's world: `nodePlatform()` is the real one, `SimulatedWorld.node()` a seeded twin. */
export interface Platform {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
  readonly logger: Logger;
}
