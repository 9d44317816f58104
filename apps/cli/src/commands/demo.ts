// `drave demo` (= `npm start`): broker, stream application and a replay of real flights in one process, until q or Ctrl-C;
// with `--check` one round as fast as it goes, compared with an independent loop over the file.
// Protects: exit code 0 after a check only when every sum is equal; the data directory stays usable by `drave start`.

import { join, resolve } from 'node:path';
import {
  formatSocketAddress,
  makeTemporaryDirectory,
  nodePlatform,
  type Platform,
  type SocketAddress,
} from '@drave/platform';
import { Command, InvalidArgumentError, Option } from 'commander';
import { KafkaClient } from '@drave/client';
import { createFlightTopics } from '@drave/processor-app';
import { brokersOption } from '../common-options.js';
import { parseBrokers } from '../connection.js';
import { flightsReplay } from '../demo/flights-replay.js';
import { DemoSession } from '../demo/demo-session.js';
import { flightsFilePath } from '../demo/flights-file.js';
import { referenceSums } from '../demo/reference-sums.js';
import { differences, readResults } from '../demo/result-check.js';
import { renderSum } from '../demo/status-view.js';
import { type KeyAction, Terminal } from '../demo/terminal.js';
import { freeAddress, parseAddress, parseAddressOrOff } from '../network-address.js';
import { CommandError, print } from '../output.js';
import { stderrLogger } from '../stderr-logger.js';
import { type StopSignal, stopSignal } from '../stop-signal.js';
import { parseWhole } from './produce.js';

interface DemoOptions {
  readonly speed: number;
  readonly data?: string;
  readonly check?: true;
  readonly seed?: number;
  readonly replayOnly?: true;
  readonly brokers: string;
  readonly listen: SocketAddress;
  readonly http: SocketAddress | 'off';
}

const burstRows = 2_000;

/** The `demo` command. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('replay real flights through broker and stream application, with a live table')
    .addOption(
      new Option('--speed <duration>', 'event time per second, such as 12h, 30m or 1d')
        .argParser(parseSpeed)
        .default(12 * 3_600_000, '12h'),
    )
    .option(
      '--data <dir>',
      'keep the data here and go on where an earlier run stopped; default: a temporary folder',
    )
    .option(
      '--check',
      'one round as fast as it goes, then compare every airport-day; exit code 0 only if equal',
    )
    .option('--seed <number>', 'which rows are damaged (default 1)', parseWhole)
    .addOption(
      new Option('--listen <host:port>', 'Kafka address; the next free port when taken')
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: 9092 }, '127.0.0.1:9092'),
    )
    .addOption(
      new Option(
        '--http <host:port>',
        'REST, health and metrics; the next free port when taken; or off',
      )
        .argParser(parseAddressOrOff)
        .default({ host: '127.0.0.1', port: 9080 }, '127.0.0.1:9080'),
    )
    .option('--replay-only', 'only send the rows, to the brokers of -b; no broker, no application')
    .addOption(brokersOption())
    .action((options: DemoOptions) => (options.replayOnly ? replayOnly(options) : demo(options)));
}

async function demo(options: DemoOptions): Promise<void> {
  const stop = stopSignal();
  const platform = nodePlatform({ logger: stderrLogger('error') });
  const temporary = options.data === undefined;
  const dataDirectory = temporary
    ? makeTemporaryDirectory('drave-demo-')
    : resolve(options.data ?? '');
  try {
    const session = await DemoSession.start({
      platform,
      dataDirectory,
      listen: await chooseAddress(platform, options.listen, 'Kafka'),
      seed: options.seed,
      speed: options.check ? undefined : options.speed,
      lastRound: options.check ? 1 : undefined,
    });
    try {
      if (options.check) await check(session, platform, stop, options);
      else await live(session, platform, stop, options);
    } finally {
      await session.stop();
    }
    if (options.check && !temporary) {
      print(`data kept: npx drave start --data ${options.data} serves it to any Kafka client`);
    }
  } finally {
    if (temporary) await platform.disk.remove(dataDirectory);
  }
}

// For a broker and processors that run elsewhere, Apache Kafka included; goes on where the topic ends.
async function replayOnly(options: DemoOptions): Promise<void> {
  const stop = stopSignal();
  const platform = nodePlatform({ logger: stderrLogger('error') });
  const client = new KafkaClient({
    platform,
    brokers: parseBrokers(options.brokers),
    clientId: 'drave-demo',
  });
  try {
    await createFlightTopics(client.admin());
    const replay = await flightsReplay({
      platform,
      client,
      seed: options.seed ?? 1,
      speed: options.check ? undefined : options.speed,
      lastRound: options.check ? 1 : undefined,
    });
    print(`replaying into ${options.brokers}; Ctrl-C stops`);
    await Promise.race([replay.run(), stop.requested]);
    await replay.stop();
    print(`${replay.acknowledged.toLocaleString('en')} rows sent`);
  } finally {
    await client.close();
  }
}

async function chooseAddress(
  platform: Platform,
  wanted: SocketAddress,
  what: string,
): Promise<SocketAddress> {
  const address = await freeAddress(platform.network, wanted);
  if (wanted.port !== 0 && address.port !== wanted.port) {
    print(`${what} port ${wanted.port} is taken; using ${address.port}`);
  }
  return address;
}

async function live(
  session: DemoSession,
  platform: Platform,
  stop: StopSignal,
  options: DemoOptions,
): Promise<void> {
  let failed: unknown;
  const fail = (error: unknown): void => {
    failed ??= error;
    stop.request();
  };
  // Nest loads beside the replay: the first rows need not wait for it.
  session.replay.run().catch(fail);
  const http = await startHttp(session, platform, options);
  announce(session, http);
  const terminal = new Terminal({
    platform,
    status: () => session.status(http?.url ?? 'off'),
    onKey: (action) => void act(session, terminal, action, stop).catch(fail),
  });
  terminal.start();
  await stop.requested;
  await session.replay.stop().catch(fail);
  await terminal.stop();
  await http?.stop();
  if (failed !== undefined) throw failed;
  print('stopping: finishing what was replayed …');
  await finish(session);
}

function announce(session: DemoSession, http: { readonly url: string } | undefined): void {
  const kafka = `Kafka ${formatSocketAddress(session.broker.address)}`;
  print(`${kafka}${http ? `   HTTP ${http.url}` : ''}   Ctrl-C stops`);
}

async function act(
  session: DemoSession,
  terminal: Terminal,
  action: KeyAction,
  stop: StopSignal,
): Promise<void> {
  const running = session.instances.apps.length;
  switch (action) {
    case 'scale':
      terminal.say(
        running < 3 ? 'scaling to 3 instances' : 'three instances run already; k kills one',
      );
      return session.instances.scaleTo(3);
    case 'kill':
      if (await session.instances.killOne()) {
        terminal.say(
          'killed one instance without goodbye; its tasks move when its session times out',
        );
      } else terminal.say('only one instance runs; press s first');
      return;
    case 'burst':
      return session.replay.burst(burstRows);
    case 'quit':
      return stop.request();
  }
}

async function check(
  session: DemoSession,
  platform: Platform,
  stop: StopSignal,
  options: DemoOptions,
): Promise<void> {
  const http = await startHttp(session, platform, options);
  announce(session, http);
  const terminal = new Terminal({
    platform,
    status: () => session.status(http?.url ?? 'off'),
    onKey: (action) => action === 'quit' && stop.request(),
  });
  terminal.start();
  try {
    const work = session.replay.run().then(() => session.settle());
    const interrupted = stop.requested.then(() => 'interrupted' as const);
    if ((await Promise.race([work, interrupted])) === 'interrupted') {
      throw new CommandError(
        'interrupted before the check; run it again on the same --data to go on',
        {
          exitCode: 130,
        },
      );
    }
  } finally {
    await terminal.stop();
    await http?.stop();
  }
  const { airportDays } = await finish(session);
  const reference = referenceSums(await platform.disk.readFile(flightsFilePath));
  const wrong = differences(airportDays, reference);
  if (wrong.length > 0) throw new CommandError(`check failed:\n  ${wrong.join('\n  ')}`);
  print(
    `check: ${reference.size.toLocaleString('en')} airport-days equal an independent loop over the file`,
  );
}

// Prints the sum line; throws when the two sides differ, because then a record is missing or was counted twice.
async function finish(session: DemoSession): ReturnType<typeof readResults> {
  await session.settle();
  const { late } = session.instances.totals();
  await session.stopApplication();
  const results = await readResults(session.client, late);
  print(renderSum(results.sums));
  const { produced, counted, deadLetters } = results.sums;
  if (produced !== counted + late + deadLetters) {
    throw new CommandError('the sums differ: a record is missing or was counted twice');
  }
  return results;
}

async function startHttp(
  session: DemoSession,
  platform: Platform,
  options: DemoOptions,
): Promise<{ readonly url: string; stop(): Promise<void> } | undefined> {
  if (options.http === 'off') return undefined;
  const address = await chooseAddress(platform, options.http, 'HTTP');
  const { LaterJobs, startBrokerHttp } = await import('@drave/broker-app');
  const { broker, dataDirectory } = session;
  const jobs = new LaterJobs({
    broker,
    platform,
    directory: join(dataDirectory, '../jobs'),
  });
  const http = await startBrokerHttp({
    broker,
    platform,
    ...address,
    dataDirectory,
    jobs,
    streams: () => session.instances.apps,
  });
  // A check is over before anything would be due.
  if (!options.check) void jobs.start();
  return {
    url: http.url,
    async stop() {
      await http.stop();
      await jobs.stop();
    },
  };
}

/** Event-time milliseconds per second from `12h`, `30m`, `1d`, `90s`. */
function parseSpeed(text: string): number {
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text);
  const unit = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? ''] ?? 0;
  const speed = Number(match?.[1]) * unit;
  if (speed > 0) return speed;
  throw new InvalidArgumentError('Give a duration such as 12h, 30m, 90s or 1d.');
}
