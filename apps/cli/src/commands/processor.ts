// `drave processor`: one instance of the stream application `flight-delays` against any Kafka-compatible broker.
// Protects: Ctrl-C commits and leaves the group; an application that failed for good is exit code 1.

import { runProcessor } from '@drave/processor-app';
import { nodePlatform, type SocketAddress } from '@drave/platform';
import { Command, Option } from 'commander';
import { type ClusterOptions, withCluster } from '../cluster-options.js';
import { withBrokers } from '../common-options.js';
import { parseBrokers } from '../connection.js';
import { httpAccessOf, type HttpAccessOptions, withHttpAccess } from '../http-options.js';
import { parseAddressOrOff } from '../network-address.js';
import { print } from '../output.js';
import { stopSignal } from '../stop-signal.js';
import { type LogLevel, logLevelOption, stderrLogger } from '../stderr-logger.js';

interface ProcessorOptions extends HttpAccessOptions, ClusterOptions {
  readonly brokers: string;
  readonly http: SocketAddress | 'off';
  readonly data: string;
  readonly logLevel: LogLevel;
}

/** The `processor` command. */
export function processorCommand(): Command {
  const command = new Command('processor').description(
    'run the stream application flight-delays until Ctrl-C',
  );
  return withCluster(withHttpAccess(withBrokers(command)))
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
    .addOption(logLevelOption())
    .action(run);
}

async function run(options: ProcessorOptions, command: Command): Promise<void> {
  const stop = stopSignal();
  const platform = nodePlatform({ logger: stderrLogger(options.logLevel) });
  const { http, redisUrl, redisNamespace, leaseTtlMs } = options;
  const isTold = command.getOptionValueSource('brokers') !== 'default';
  const processor = await runProcessor({
    platform,
    brokers: isTold || !redisUrl ? parseBrokers(options.brokers) : undefined,
    cluster: { redisUrl, redisNamespace, leaseTtlMs },
    data: options.data,
    http: http === 'off' ? http : { ...http, ...(await httpAccessOf(options, platform)) },
  });
  print(`flight-delays on ${processor.brokers.join(',')}`);
  if (processor.http) print(`HTTP   ${processor.http.url}`);
  print('ready; Ctrl-C stops');
  const failure = await Promise.race([processor.failed, stop.requested]);
  await processor.stop();
  if (failure instanceof Error) throw failure;
  print('stopped');
}
