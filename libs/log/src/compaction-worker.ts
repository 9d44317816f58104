// The thread in which logs of a real disk are compacted. Protects: reads, writes and syncs block this thread alone, so that the process's
// thread pool stays with those who wait for it; work is followed by as much rest, so that the disk is not taken from the producers'
// syncs. It may be ended at any time: what it leaves is a `.cleaned` file nobody looks at. Leaves out: the work (compaction-work.ts).

import { NodeDisk, nodePlatform, threadPort } from '@drave/platform';
import { serveCompactions } from './compaction-service.js';
import { Pace } from './pace.js';

const limits = { sliceMs: 10, restMsMax: 100 };

const disk = new NodeDisk({ isBlocking: true });
const platform = nodePlatform();

serveCompactions(threadPort(), () => ({
  disk,
  pace: new Pace(platform, limits),
  codecBytesMax: Number.POSITIVE_INFINITY, // nobody waits for this thread
}));
