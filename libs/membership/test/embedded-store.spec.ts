// The conformance suite on the embedded store, on a manual clock.

import { manualClock, memoryPlatform } from '@drave/platform';
import { describe, it } from 'vitest';
import { clusterStoreSuite } from '../src/conformance/index.js';
import { EmbeddedHub } from '../src/index.js';

clusterStoreSuite({ describe, it }, 'embedded', async (body) => {
  const clock = manualClock();
  const hub = new EmbeddedHub(memoryPlatform({ clock, seed: 1 }));
  const [a, b] = [hub.session(), hub.session()];
  try {
    await body({
      a,
      b,
      elapse: (ms) => clock.advance(ms),
      turn: () => clock.advance(1),
      flush: async () => hub.flush(),
      interrupt: async () => hub.interrupt(),
      resume: async () => hub.resume(),
    });
  } finally {
    await a.close();
    await b.close();
  }
});
