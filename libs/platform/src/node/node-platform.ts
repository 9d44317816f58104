// The real platform in one call; adapters are stateless or per instance, so several may live in one process.

import { silentLogger, type Logger } from '../logger.js';
import type { Platform } from '../platform.js';
import { nodeClock, nodeScheduler } from './node-clock.js';
import { NodeDisk } from './node-disk.js';
import { NodeNetwork } from './node-network.js';
import { nodeRandom } from './node-random.js';

/** The machine this process runs on. The logger drops everything unless one is given. */
export function nodePlatform(options: { readonly logger?: Logger } = {}): Platform {
  return {
    clock: nodeClock,
    scheduler: nodeScheduler,
    random: nodeRandom,
    disk: new NodeDisk(),
    network: new NodeNetwork(),
    logger: options.logger ?? silentLogger,
  };
}
