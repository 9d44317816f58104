// `drave processor`: one instance of the stream application `flight-delays` against any Kafka-compatible broker.
// Protects: Ctrl-C commits and leaves the group; an application that failed for good is exit code 1.

import { clusterSettings, httpSettings } from '@drave/contracts';
import { runProcessor } from '@drave/processor-app';
import { nodePlatform, type SocketAddress } from '@drave/platform';
import { Command, Option } from 'commander';
import { type ClusterOptions, withCluster } from '../cluster-options.js';
import { withBrokers } from '../common-options.js';
import { parseBrokers } from '../connection.js';
import {
  httpAccessOf,
  type HttpAccessOptions,
  switchOption,
  withHttpAccess,
} from '../http-options.js';
import { parseAddressOrOff } from '../network-address.js';
import { print } from '../output.js';
import { stopSignal } from '../stop-signal.js';
import { type LogOptions, stderrLogger, withLog } from '../stderr-logger.js';

interface ProcessorOptions extends HttpAccessOptions, ClusterOptions, LogOptions {
  readonly brokers: string;
  readonly http: SocketAddress | 'off';
  readonly data: string;
  readonly insecureListen: boolean;
  readonly queryUrl?: string;
}

/** The `processor` command. */
export function processorCommand(): Command {
  const command = new Command('processor').description(
    'run the stream application flight-delays until Ctrl-C',
  );
  return withLog(withCluster(withHttpAccess(withBrokers(command))))
    .addOption(
      new Option('--http <host:port>', 'REST, health and metrics; or off')
        .argParser(parseAddressOrOff)
        .env('DRAVE_HTTP')
        .default({ host: '127.0.0.1', port: 9081 }, '127.0.0.1:9081'),
    )
    .addOption(
      new Option('--data <dir>', 'where the state is kept; one process each')
        .env('DRAVE_DATA')
        .default('./data'),
    )
    .addOption(
      switchOption(
        '--insecure-listen',
        'allow HTTP to listen beyond this machine, without a password',
        httpSettings.insecureListen.env,
      ),
    )
    .addOption(
      new Option('--query-url <url>', clusterSettings.queryUrl.sentence).env(
        clusterSettings.queryUrl.env,
      ),
    )
    .action(run);
}

async function run(options: ProcessorOptions, command: Command): Promise<void> {
  const stop = stopSignal();
  const platform = nodePlatform({ logger: stderrLogger(options.logLevel, options.logFormat) });
  const { http, insecureListen, redisUrl, redisNamespace, leaseTtlMs, queryUrl } = options;
  const isTold = command.getOptionValueSource('brokers') !== 'default';
  const processor = await runProcessor({
    platform,
    brokers: isTold || !redisUrl ? parseBrokers(options.brokers) : undefined,
    cluster: { redisUrl, redisNamespace, leaseTtlMs, queryUrl },
    data: options.data,
    http:
      http === 'off'
        ? http
        : { ...http, insecureListen, ...(await httpAccessOf(options, platform)) },
  });
  print(`flight-delays on ${processor.brokers.join(',')}`);
  if (processor.http) print(`HTTP   ${processor.http.url}`);
  print('ready; Ctrl-C stops');
  const failure = await Promise.race([processor.failed, stop.requested]);
  await processor.stop();
  if (failure instanceof Error) throw failure;
  print('stopped');
}
