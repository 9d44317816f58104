// `drave health`: what a container or a supervisor asks: does the process behind an HTTP side work? Exit code 0 or 1.
// Protects: the answer never waits longer than its timeout; loads neither a Kafka client nor Nest.

import type { SocketAddress } from '@drave/platform';
import { formatSocketAddress } from '@drave/platform';
import { Command, Option } from 'commander';
import { withOutput } from '../common-options.js';
import { parseAddress } from '../network-address.js';
import { askHealth } from '../doctor/health-answer.js';
import { CommandError, type OutputFormat, print, printJson } from '../output.js';
import { parseWhole } from './produce.js';

interface HealthOptions {
  readonly http: SocketAddress;
  readonly live?: true;
  readonly timeoutMs: number;
  readonly output: OutputFormat;
}

/** The `health` command. */
export function healthCommand(): Command {
  return withOutput(new Command('health'))
    .description('ask a broker or processor whether it is ready; exit code 0 when it is')
    .addOption(
      new Option('--http <host:port>', 'its HTTP side; a wildcard address stands for this machine')
        .env('DRAVE_HTTP')
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: 9080 }, '127.0.0.1:9080'),
    )
    .option('--live', 'only whether the process answers, not whether what it needs does')
    .addOption(
      new Option('--timeout-ms <ms>', 'how long to wait').argParser(parseWhole).default(3_000),
    )
    .action(health);
}

async function health({ http, live, timeoutMs, output }: HealthOptions): Promise<void> {
  const path = live ? '/health/live' : '/health/ready';
  const url = `http://${formatSocketAddress(reachable(http))}${path}`;
  const { status, message } = await askHealth(url, timeoutMs);
  const isUp = status === 200;
  if (output === 'json') printJson({ url, status: isUp ? 'up' : 'down', message });
  else if (isUp) print('up');
  if (!isUp) throw new CommandError(`${url} is not up: ${message}`);
}

/** Where this machine reaches what listens on `address`. */
function reachable({ host, port }: SocketAddress): SocketAddress {
  return { host: host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port };
}
