// Chance of the real world. `nextInt` and `nextFloat` serve jitter and sampling and are fast, not secret;
// `bytes` and `uuid` come from the operating system's generator.

import { randomBytes, randomUUID } from 'node:crypto';
import { assert } from '../assert.js';
import type { Random } from '../random.js';

const boundMax = 2 ** 48;

export const nodeRandom: Random = {
  nextInt(bound) {
    assert(Number.isInteger(bound) && bound >= 1 && bound <= boundMax, 'random-bound', { bound });
    return Math.floor(Math.random() * bound);
  },
  nextFloat: () => Math.random(),
  bytes: (sizeBytes) => randomBytes(sizeBytes),
  uuid: () => randomUUID(),
};
