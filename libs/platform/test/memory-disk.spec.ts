// The memory disk passes the suite of its port; its crash behaviour is what the port allows and no more.

import { describe, it } from 'vitest';
import { memoryDisk, memoryPlatform } from '@drave/platform';
import { diskSuite } from '@drave/platform/conformance';

const runner = { describe, it };

diskSuite(runner, 'memory', async (body) => {
  const disk = memoryDisk();
  await disk.makeDirectory('/data');
  await body(disk, '/data');
});

diskSuite(runner, 'memory platform', async (body) => {
  const { disk } = memoryPlatform();
  await disk.makeDirectory('data');
  await body(disk, 'data');
});
