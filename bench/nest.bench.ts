// Nest's microservice transports side by side, in one interleaved run: DraveServer/DraveClient, the built-in Kafka transport (kafkajs) on
// the same kind of broker, NATS, and Redis. Each has a server application, a client application and its broker, in processes of their own.
// Events: from the first emit to the end of the last handler. Requests: one after the other, p50 and p99. The probe is one request and
// answer on a raw connection to a broker. NATS and Redis keep nothing: they are no peers for events, only for latency.
// Options: `--rounds N` (5), `--events N` (20,000 a round), `--requests N` (5,000 a round), `--profile DIR` (CPU profiles),
// `--only NAME` (one transport, for profiling; publishes nothing).

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerConnection } from '@drave/client/connection';
import { KafkaClient } from '@drave/client';
import { nodePlatform } from '@drave/platform';
import { ApiKey } from '@drave/protocol';
import { RedisServer } from '../test/redis/redis-server.ts';
import { numberOption } from './driver/driver.ts';
import {
  type Contestant,
  type Figure,
  installed,
  interleave,
  publish,
  startServer,
} from './harness.ts';
import type { Command } from './nest/client.ts';
import { eventPattern, requestPattern, type TransportName } from './nest/transports.ts';
import { freePort, reachable, startPeer } from './peers.ts';

const probeRoundTrips = 2_000;

interface Stoppable {
  stop(): Promise<unknown>;
}

interface Applications {
  readonly server: ChildProcess;
  readonly client: ChildProcess;
}

export async function run(options: readonly string[]): Promise<void> {
  const rounds = numberOption(options, '--rounds', 5);
  const events = numberOption(options, '--events', 20_000);
  const requests = numberOption(options, '--requests', 5_000);
  const profileAt = options.indexOf('--profile');
  const profiling = profileAt < 0 ? [] : [`--cpu-prof`, `--cpu-prof-dir=${options[profileAt + 1]}`];
  const onlyAt = options.indexOf('--only');
  const only = onlyAt < 0 ? undefined : options[onlyAt + 1];
  const work = mkdtempSync(join(tmpdir(), 'drave-bench-'));
  const servers: Stoppable[] = [];
  const loadBefore = loadavg()[0] ?? 0;
  try {
    const addresses = await startServers(work, servers, profiling);
    const contestants: Contestant[] = [];
    for (const [name, address] of addresses) {
      if (only !== undefined && name !== only) continue;
      const applications = await startApplications(name, address, profiling, servers);
      contestants.push(...contestantsOf(name, applications, { events, requests }));
    }
    const [, broker = ''] = [...addresses][0] ?? [];
    contestants.push(await probe(broker, servers));
    const figures = await interleave(contestants, rounds);
    if (only !== undefined) {
      console.table(figures);
      return;
    }
    report(figures, [
      `${events.toLocaleString('en')} events and ${requests.toLocaleString('en')} requests a round, ${rounds} rounds; load average before ${loadBefore.toFixed(2)}, after ${(loadavg()[0] ?? 0).toFixed(2)}`,
      'applications, brokers and servers in processes of their own; defaults of every transport; Kafka topics with one partition',
    ]);
  } finally {
    for (const server of servers.toReversed()) await server.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

/** Transport → address of what it talks to. */
async function startServers(
  work: string,
  servers: Stoppable[],
  profiling: readonly string[],
): Promise<ReadonlyMap<TransportName, string>> {
  const addresses = new Map<TransportName, string>();
  for (const name of ['Drave', 'built-in Kafka (kafkajs)'] as const) {
    const process = join(import.meta.dirname, 'broker-process.ts');
    const data = join(work, String(addresses.size));
    const broker = await startServer([...named(profiling, `${name}-broker`), process, data, 'os']);
    servers.push(broker);
    await createTopics(broker.firstLine);
    addresses.set(name, broker.firstLine);
  }
  if (installed('nats-server')) {
    const port = await freePort();
    servers.push(startPeer('nats-server', ['-a', '127.0.0.1', '-p', String(port)]));
    await reachable(port);
    addresses.set('NATS', `127.0.0.1:${port}`);
  } else console.error('left out: NATS (apt-get install nats-server)');
  if (installed('redis-server')) {
    const redis = await RedisServer.start();
    servers.push({ stop: () => redis.kill() });
    addresses.set('Redis', `127.0.0.1:${redis.port}`);
  } else console.error('left out: Redis (apt-get install redis-server)');
  return addresses;
}

function named(profiling: readonly string[], name: string): string[] {
  if (profiling.length === 0) return [];
  return [...profiling, `--cpu-prof-name=${name.replace(/\W+/g, '-')}.cpuprofile`];
}

async function createTopics(broker: string): Promise<void> {
  const client = new KafkaClient({ platform: nodePlatform(), brokers: [broker] });
  const admin = client.admin();
  const names = [eventPattern, requestPattern, `${requestPattern}.reply`];
  await admin.createTopics(names.map((topic) => ({ topic, partitions: 1 })));
  admin.close();
  await client.close();
}

async function startApplications(
  name: TransportName,
  address: string,
  profiling: readonly string[],
  servers: Stoppable[],
): Promise<Applications> {
  const start = async (file: string): Promise<ChildProcess> => {
    const path = join(import.meta.dirname, 'nest', file);
    const execArgv = named(profiling, `${name}-${file}`);
    const child = fork(path, [name, address], { execArgv });
    servers.push({
      async stop() {
        const ended = once(child, 'exit');
        if (child.kill('SIGTERM')) await ended;
      },
    });
    await answerOf(child);
    return child;
  };
  return { server: await start('server.ts'), client: await start('client.ts') };
}

/** The next message; rejects when the process ends instead. */
function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`an application ended (${code})`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}

function ask(child: ChildProcess, message: Command | number): Promise<unknown> {
  const answer = answerOf(child);
  child.send(message);
  return answer;
}

function contestantsOf(
  name: TransportName,
  { server, client }: Applications,
  { events, requests }: { readonly events: number; readonly requests: number },
): Contestant[] {
  let p99 = 0;
  return [
    {
      name: `${name}: events`,
      unit: 'events/s',
      async measure() {
        await ask(server, events);
        const startedMs = performance.now();
        const handled = answerOf(server);
        await ask(client, { kind: 'events', count: events });
        await handled;
        return (events * 1_000) / (performance.now() - startedMs);
      },
    },
    {
      name: `${name}: requests, p50`,
      unit: 'µs',
      async measure() {
        const samples = (await ask(client, { kind: 'requests', count: requests })) as number[];
        p99 = percentile(samples, 99);
        return percentile(samples, 50);
      },
    },
    { name: `${name}: requests, p99`, unit: 'µs', measure: () => Promise.resolve(p99) },
  ];
}

function percentile(samplesMs: readonly number[], percent: number): number {
  const sorted = samplesMs.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length * percent) / 100)] ?? 0) * 1_000;
}

async function probe(broker: string, servers: Stoppable[]): Promise<Contestant> {
  const [host = '', port = '0'] = broker.split(':');
  const platform = nodePlatform();
  const at = { platform, host, port: Number(port), clientId: 'probe' };
  const connection = await BrokerConnection.connect(at);
  servers.push({ stop: () => Promise.resolve(connection.close()) });
  return {
    name: 'request and answer on a raw connection (probe)',
    unit: 'µs',
    probe: true,
    async measure() {
      const samples: number[] = [];
      for (let at = 0; at < probeRoundTrips; at++) {
        const startedMs = performance.now();
        await connection.request(ApiKey.apiVersions, 2, {});
        samples.push(performance.now() - startedMs);
      }
      return percentile(samples, 50);
    },
  };
}

function report(figures: readonly Figure[], notes: readonly string[]): void {
  const ending = (end: string): Figure[] =>
    figures.filter(({ name, probe }) => probe || name.endsWith(end));
  const median = (name: TransportName, end: string): number =>
    figures.find((figure) => figure.name === `${name}: ${end}`)?.median ?? NaN;
  const over = (other: TransportName, end: string): string =>
    (median('Drave', end) / median(other, end)).toFixed(2);
  const kafka = 'built-in Kafka (kafkajs)';
  publish('nest-events', ending(': events'), [
    ...notes,
    `Drave ÷ built-in Kafka ${over(kafka, 'events')}; goal 3`,
  ]);
  const p50 = 'requests, p50';
  publish(
    'nest-requests',
    [...ending(p50), ...ending('requests, p99').filter((one) => !one.probe)],
    [
      ...notes,
      `p50: Drave ÷ built-in Kafka ${over(kafka, p50)}, goal 0.5; Drave ÷ NATS ${over('NATS', p50)}, goal 1.2`,
    ],
  );
}
