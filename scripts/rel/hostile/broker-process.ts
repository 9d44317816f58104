// The broker under attack, in a process of its own. Prints its port; answers each line on standard input with one line of what
// it went through: memory after a collection, the longest stall of its event loop since the last report, errors it logged,
// rejections and exceptions nobody handled.
// usage: node --expose-gc broker-process.ts DIRECTORY

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createBroker } from '@drave/broker';
import { type Logger, nodePlatform } from '@drave/platform';

const failures: string[] = [];
const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();
process.on('unhandledRejection', (error) => failures.push(`unhandled rejection: ${String(error)}`));
process.on('uncaughtException', (error) => failures.push(`uncaught exception: ${error.stack}`));
const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (event, fields) => void failures.push(`${event}: ${describe(fields)}`),
  child: () => logger,
};
const platform = nodePlatform({ logger });
const broker = await createBroker({
  platform,
  directory: process.argv[2] ?? '',
  flush: 'os',
  listen: { host: '127.0.0.1', port: 0 },
  settings: { groupInitialRebalanceDelayMs: 0 },
});
console.log(JSON.stringify({ port: broker.address.port }));
process.stdin.on('data', () => void report());
process.once('SIGTERM', () => {
  void broker.stop().then(() => process.exit(0));
});

// Collected twice with a pause: buffers outside the heap are given back between the two.
async function report(): Promise<void> {
  // Before the collections asked for here, which stop everything as well.
  const stallMs = Math.round(loopDelay.max / 1e6);
  global.gc?.();
  await platform.scheduler.sleep(1_000);
  global.gc?.();
  await platform.scheduler.sleep(100);
  const line = {
    rssBytes: process.memoryUsage.rss(),
    peakBytes: process.resourceUsage().maxRSS * 1024,
    polluted: Object.keys(Object.prototype),
    failures: failures.splice(0),
    stallMs,
  };
  loopDelay.reset();
  console.log(JSON.stringify(line));
}

function describe(fields: unknown): string {
  const error = (fields as { error?: unknown } | undefined)?.error;
  return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(fields);
}
