// `drave doctor`: looks at the machine, the data directory, the cluster and Redis, and says what to do about what is not fine.
// Protects: it changes nothing; exit code 1 when a check failed, 0 with warnings alone.

import { dirname } from 'node:path';
import { clusterSettings } from '@drave/contracts';
import {
  formatSocketAddress,
  nodePlatform,
  type Platform,
  type SocketAddress,
} from '@drave/platform';
import { Command, Option } from 'commander';
import { withCommonOptions } from '../common-options.js';
import { parseBrokers } from '../connection.js';
import { brokerDirectory } from '../data-directory.js';
import { checkBrokerClock, checkBrokers } from '../doctor/cluster-checks.js';
import { type Finding, runChecks } from '../doctor/finding.js';
import * as machine from '../doctor/machine-checks.js';
import { checkRedis } from '../doctor/redis-checks.js';
import { parseAddress } from '../network-address.js';
import { CommandError, type OutputFormat, print, printJson } from '../output.js';

interface DoctorOptions {
  readonly brokers: string;
  readonly data: string;
  readonly listen: SocketAddress;
  readonly http: SocketAddress;
  readonly redisUrl?: string;
  readonly output: OutputFormat;
}

/** The `doctor` command. */
export function doctorCommand(): Command {
  const { redisUrl } = clusterSettings;
  const address = (flag: string, sentence: string, env: string, port: number): Option =>
    new Option(`${flag} <host:port>`, sentence)
      .env(env)
      .argParser(parseAddress)
      .default({ host: '127.0.0.1', port }, `127.0.0.1:${port}`);
  return withCommonOptions(new Command('doctor'))
    .description('check machine, data directory, brokers and Redis, and say what to do')
    .addOption(
      new Option('--data <dir>', 'where the logs are kept').env('DRAVE_DATA').default('./data'),
    )
    .addOption(address('--listen', 'where Kafka clients connect', 'DRAVE_LISTEN', 9092))
    .addOption(address('--http', 'REST, health and metrics', 'DRAVE_HTTP', 9080))
    .addOption(new Option('--redis-url <url>', redisUrl.sentence).env(redisUrl.env).hideHelp())
    .action(doctor);
}

async function doctor(options: DoctorOptions): Promise<void> {
  const platform = nodePlatform();
  const findings = await examine(platform, options);
  const failed = findings.filter(({ verdict }) => verdict === 'fail').length;
  const warned = findings.filter(({ verdict }) => verdict === 'warn').length;
  if (options.output === 'json') printJson({ ok: failed === 0, failed, warned, findings });
  else print(findings.map(render).join('\n'));
  if (failed > 0) throw new CommandError(`${failed} of ${findings.length} checks failed`);
}

async function examine(platform: Platform, options: DoctorOptions): Promise<Finding[]> {
  const { data, listen, http } = options;
  const directory = brokerDirectory(data);
  const existing = await nearestExisting(platform, directory);
  const httpUrl = `http://${formatSocketAddress(http)}`;
  return runChecks({
    node: () => machine.checkNode(process.versions.node),
    codecs: () => machine.checkCodecs(),
    descriptors: () => machine.checkDescriptors(platform),
    'data directory': () => machine.checkDirectory(platform, directory),
    'disk space': () => machine.checkSpace(platform, existing),
    flush: () => machine.checkFlush(platform, existing),
    'Kafka port': () => machine.checkPort(platform, 'Kafka', listen, false),
    'HTTP port': () => machine.checkPort(platform, 'HTTP', http, true),
    broker: () => checkBrokers(platform, parseBrokers(options.brokers)),
    'clock of the broker': () => checkBrokerClock(platform, httpUrl),
    redis: () => checkRedis(platform, options.redisUrl),
  });
}

async function nearestExisting({ disk }: Platform, path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    if ((await disk.stat(at))?.kind === 'directory' || at === dirname(at)) return at;
  }
}

const marks = { ok: 'ok     ', warn: 'WARN   ', fail: 'FAIL   ', skipped: 'skipped' } as const;

function render({ check, verdict, message, remedy }: Finding): string {
  return `${marks[verdict]} ${check}: ${message}${remedy ? `\n        → ${remedy}` : ''}`;
}
