// The real adapters pass the suites of their ports, on real files and sockets.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { nodePlatform } from '@drave/platform';
import { diskSuite, networkSuite, timeSuite } from '@drave/platform/conformance';

const platform = nodePlatform();
const runner = { describe, it };

diskSuite(runner, 'node', async (body) => {
  const directory = await mkdtemp(join(tmpdir(), 'drave-disk-'));
  try {
    await body(platform.disk, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

networkSuite(runner, 'node', (body) =>
  body({ server: platform.network, client: platform.network, host: '127.0.0.1' }),
);

timeSuite(runner, 'node', (body) => body(platform));
