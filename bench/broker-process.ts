// A bare broker in a process of its own, for benchmarks: prints `HOST:PORT` and runs until SIGTERM. On SIGUSR2 it begins to watch its event
// loop; then the last line it prints is the longest stall since, in milliseconds.
// usage: broker-process.ts DIRECTORY group|os

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createBroker } from '@drave/broker';
import { nodePlatform } from '@drave/platform';

const [directory = '', flush = 'os'] = process.argv.slice(2);
const broker = await createBroker({
  platform: nodePlatform(),
  directory,
  flush: flush === 'group' ? 'group' : 'os',
  listen: { host: '127.0.0.1', port: 0 },
});
console.log(`${broker.address.host}:${broker.address.port}`);
const delays = monitorEventLoopDelay({ resolution: 1 });
let isWatching = false;
process.on('SIGUSR2', () => {
  isWatching = true;
  delays.enable();
  delays.reset();
});
process.once('SIGTERM', () => {
  delays.disable();
  if (isWatching) console.log(`${delays.percentile(99.9) / 1e6} ${delays.max / 1e6}`);
  void broker.stop().then(() => process.exit(0));
});
