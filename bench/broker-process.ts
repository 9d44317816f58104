// A bare broker in a process of its own, for benchmarks: prints `HOST:PORT` and runs until SIGTERM.
// usage: broker-process.ts DIRECTORY group|os

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
process.once('SIGTERM', () => {
  void broker.stop().then(() => process.exit(0));
});
