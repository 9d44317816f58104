// `drave start`: one broker with its HTTP side, until it is told to stop.
// Protects: the Kafka listener is up before Nest loads; a taken port or data directory is one sentence and exit code 1.

import { announcingLogger, type Broker, createBroker, type ListenerOptions } from '@drave/broker';
import type { LaterJobs } from '@drave/broker-app';
import type { ClusterMember } from '@drave/broker-app/membership';
import { brokerProcessSettings, httpSettings, SettingError } from '@drave/contracts';
import { openClusterStore } from '@drave/membership';
import {
  formatSocketAddress,
  nodePlatform,
  type Platform,
  type SocketAddress,
} from '@drave/platform';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type ClusterOptions, withCluster } from '../cluster-options.js';
import { brokerDirectory, checkDataDirectory, jobsDirectory } from '../data-directory.js';
import {
  httpAccessOf,
  type HttpAccessOptions,
  switchOption,
  withHttpAccess,
} from '../http-options.js';
import { parseAddress, parseAddressOrOff } from '../network-address.js';
import { CommandError, print } from '../output.js';
import { type LogOptions, stderrLogger, withLog } from '../stderr-logger.js';
import { stopSignal } from '../stop-signal.js';

interface StartOptions extends HttpAccessOptions, ClusterOptions, LogOptions {
  readonly listen: readonly SocketAddress[];
  readonly advertise: readonly SocketAddress[];
  readonly insecureListen: boolean;
  readonly nodeId: number;
  readonly brokers: number;
  readonly http: SocketAddress | 'off';
  readonly data: string;
  readonly snapshots?: string;
  readonly flush: 'group' | 'os';
}

/** The `start` command. */
export function startCommand(): Command {
  const command = new Command('start')
    .description('run a broker with admin REST until Ctrl-C')
    .addOption(
      new Option(
        '--listen <host:port...>',
        'where Kafka clients connect; port 0 takes a free one; may be given several times',
      )
        .argParser(appendAddress)
        .env('DRAVE_LISTEN')
        .default(Object.freeze([{ host: '127.0.0.1', port: 9092 }]), '127.0.0.1:9092'),
    )
    .addOption(
      new Option(
        '--advertise <host:port...>',
        'what clients of each --listen are told, in their order; else the address they came in on',
      )
        .argParser(appendAddress)
        .env('DRAVE_ADVERTISED')
        .default(Object.freeze([]), 'none'),
    )
    .addOption(
      switchOption(
        '--insecure-listen',
        'allow listening beyond this machine, without a password',
        httpSettings.insecureListen.env,
      ),
    )
    .addOption(
      new Option('--node-id <n>', 'id of this broker; of virtual ones the first')
        .argParser(parseNodeId)
        .env('DRAVE_NODE_ID')
        .default(1),
    )
    .addOption(
      new Option('--brokers <n>', 'virtual brokers: ids and ports counted up; records once')
        .argParser(Number)
        .default(1),
    )
    .addOption(
      new Option('--http <host:port>', 'REST, health and metrics; or off')
        .argParser(parseAddressOrOff)
        .env('DRAVE_HTTP')
        .default({ host: '127.0.0.1', port: 9080 }, '127.0.0.1:9080'),
    )
    .addOption(
      new Option('--data <dir>', 'where the logs are kept').env('DRAVE_DATA').default('./data'),
    )
    .addOption(
      new Option('--snapshots <dir>', brokerProcessSettings.snapshots.sentence).env(
        brokerProcessSettings.snapshots.env,
      ),
    )
    .addOption(
      new Option(
        '--flush <mode>',
        'group: acknowledge after fdatasync; os: survive a killed process only',
      )
        .choices(['group', 'os'])
        .env('DRAVE_FLUSH')
        .default('group'),
    );
  return withLog(withCluster(withHttpAccess(command))).action(start);
}

async function start(options: StartOptions): Promise<void> {
  const stop = stopSignal();
  const platform = nodePlatform({ logger: stderrLogger(options.logLevel, options.logFormat) });
  await checkDataDirectory(platform.disk, options.data);
  const broker = await createBroker({
    platform,
    directory: brokerDirectory(options.data),
    listeners: listenersOf(options),
    insecureListen: options.insecureListen,
    nodeId: options.nodeId,
    brokers: options.brokers,
    flush: options.flush,
  }).catch((error: unknown) => {
    if (error instanceof SettingError) throw new CommandError(error.message, { cause: error });
    const [first] = options.listen;
    throw first ? describeListenError(error, '--listen', first) : error;
  });
  for (const { addresses } of broker.nodes) {
    print(`Kafka  ${addresses.map(formatSocketAddress).join(' ')}`);
  }
  let member: ClusterMember | undefined;
  let jobs: LaterJobs | undefined;
  let isClean = true;
  try {
    member = await joinDirectory(options, broker, platform);
    let http: HttpSide | undefined;
    if (options.http !== 'off') {
      jobs = await jobsOf(broker, options, platform);
      http = await startHttp(options.http, broker, { platform, options, jobs, member });
    }
    if (options.flush === 'os')
      print('flush=os: acknowledged records survive a killed process, not a power cut');
    print('ready; Ctrl-C stops');
    void jobs?.start();
    const refusal = await Promise.race([stop.requested, ...(member ? [member.failed] : [])]);
    await http?.stop();
    if (refusal instanceof Error) throw refusal;
  } finally {
    isClean = (await jobs?.stop()) ?? true;
    await broker.stop();
    await member?.stop();
  }
  print('stopped');
  if (!isClean) process.exit();
}

function parseNodeId(text: string): number {
  const id = Number(text);
  if (/^\d+$/.test(text) && id <= 2_147_483_647) return id;
  throw new InvalidArgumentError('Give a whole number.');
}

/** Where there is a Redis, the others learn of this broker. */
async function joinDirectory(
  options: StartOptions,
  broker: Broker,
  platform: Platform,
): Promise<ClusterMember | undefined> {
  const { redisUrl, redisNamespace, leaseTtlMs, advertise } = options;
  if (!redisUrl) return undefined;
  const { joinCluster } = await import('@drave/broker-app/membership');
  const logger = announcingLogger(platform.logger, broker.events);
  const store = await openClusterStore({ ...platform, logger }, { redisUrl, redisNamespace });
  const [told] = advertise;
  const addresses = told
    ? broker.nodes.map((_, index) => ({ host: told.host, port: told.port + index }))
    : [];
  return joinCluster({ broker, platform, store, leaseTtlMs, addresses });
}

/** Commander hands over the default first, which is frozen: the first address given replaces it. */
function appendAddress(text: string, previous: readonly SocketAddress[]): SocketAddress[] {
  const address = parseAddress(text);
  return Object.isFrozen(previous) ? [address] : [...previous, address];
}

function listenersOf({ listen, advertise }: StartOptions): ListenerOptions[] {
  if (advertise.length > listen.length) {
    throw new CommandError('give at most one --advertise per --listen');
  }
  return listen.map((address, index) => {
    const advertised = advertise[index];
    return advertised ? { ...address, advertised } : address;
  });
}

/** Jobs are asked for and seen over HTTP. */
async function jobsOf(
  broker: Broker,
  { data, snapshots, redisUrl }: StartOptions,
  platform: Platform,
): Promise<LaterJobs> {
  const { LaterJobs: Jobs } = await import('@drave/broker-app');
  return new Jobs({
    broker,
    platform,
    directory: jobsDirectory(data),
    ...(snapshots ? { snapshotsDirectory: snapshots } : {}),
    ...(redisUrl === undefined ? {} : { redisUrl }),
  });
}

interface HttpSide {
  stop(): Promise<void>;
}

interface HttpParts {
  readonly platform: Platform;
  readonly options: StartOptions;
  readonly jobs: LaterJobs;
  readonly member: ClusterMember | undefined;
}

async function startHttp(
  address: SocketAddress,
  broker: Broker,
  { platform, options, jobs, member }: HttpParts,
): Promise<HttpSide> {
  const { startBrokerHttp } = await import('@drave/broker-app');
  const http = await startBrokerHttp({
    broker,
    platform,
    ...address,
    jobs,
    ...(member ? { cluster: member } : {}),
    dataDirectory: brokerDirectory(options.data),
    insecureListen: options.insecureListen,
    ...(await httpAccessOf(options, platform)),
  }).catch((error: unknown) => {
    throw describeListenError(error, '--http', address);
  });
  print(`HTTP   ${http.url}`);
  return http;
}

/** Turns a failed listen into a sentence that names the option; other errors pass through. */
function describeListenError(error: unknown, option: string, address: SocketAddress): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new CommandError(
      `${formatSocketAddress(address)} is taken by another process; choose another address with ${option} HOST:PORT (port 0 takes a free one)`,
      { cause: error },
    );
  }
  if (code === 'ERR_NOT_LOOPBACK' && error instanceof Error) {
    return new CommandError(error.message, { cause: error });
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return new CommandError(
      `cannot listen on ${formatSocketAddress(address)} (${code}); choose an address of this machine with ${option}`,
      { cause: error },
    );
  }
  return error;
}
