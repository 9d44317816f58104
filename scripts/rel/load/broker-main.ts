// A broker as a process of its own for the proofs that kill it: compaction and retention run all the time. Prints its address once it
// listens; ends by a signal. `--directory DIR --port PORT --flush group|os`.

import { parseArgs } from 'node:util';
import { createBroker } from '@drave/broker';

const { values } = parseArgs({
  options: {
    directory: { type: 'string', default: 'data' },
    port: { type: 'string', default: '0' },
    flush: { type: 'string', default: 'group' },
  },
});
const broker = await createBroker({
  directory: values.directory,
  listen: { host: '127.0.0.1', port: Number(values.port) },
  flush: values.flush === 'os' ? 'os' : 'group',
  settings: {
    logRetentionCheckIntervalMs: 100,
    logCleanerBackoffMs: 100,
    logScrubIntervalMs: 2000,
    logReserveBytes: 0,
  },
});
console.log(`listens on port ${broker.address.port}`);
process.once('SIGTERM', () => void broker.stop());
