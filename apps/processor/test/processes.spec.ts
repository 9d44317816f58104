import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { KafkaClient } from '@drave/client';
import { formatSocketAddress, nodePlatform } from '@drave/platform';
import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { flightTopics, type AirportDay } from '../src/index.js';

// The built mains: `npm test` builds before it runs the tests.
const mains = {
  broker: join(import.meta.dirname, '../../broker/dist/main.js'),
  processor: join(import.meta.dirname, '../dist/main.js'),
};

interface LogLine {
  readonly msg: string;
  readonly url?: string;
  readonly address?: { readonly host: string; readonly port: number };
}

class Running {
  readonly child: ChildProcess;
  readonly exit: Promise<number | string>;
  stderr = '';
  readonly #lines: LogLine[] = [];
  #onLine: () => void = () => undefined;

  constructor(main: string, args: readonly string[]) {
    this.child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.exit = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve(code ?? signal ?? 'none'));
    });
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    if (!this.child.stdout) return;
    createInterface(this.child.stdout).on('line', (line) => {
      this.#lines.push(JSON.parse(line) as LogLine);
      this.#onLine();
    });
  }

  /** The line of an event, or a rejection when the process ends without one. */
  async line(event: string): Promise<LogLine> {
    const found = new Promise<LogLine>((resolve) => {
      this.#onLine = () => {
        const line = this.#lines.find(({ msg }) => msg === event);
        if (line) resolve(line);
      };
      this.#onLine();
    });
    const ended = this.exit.then((code) => {
      throw new Error(`ended with ${code} before ${event}: ${this.stderr}`);
    });
    return Promise.race([found, ended]);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.child.kill(signal);
    return this.exit;
  }
}

const started: Running[] = [];

function run(main: keyof typeof mains, ...args: string[]): Running {
  const running = new Running(mains[main], args);
  started.push(running);
  return running;
}

let directory: string;
const anyPort = '127.0.0.1:0';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'drave-processes-'));
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((running) => running.stop('SIGKILL')));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function startBroker(
  data: string,
): Promise<{ broker: Running; bootstrap: string; url: string }> {
  const broker = run(
    'broker',
    '--listen',
    anyPort,
    '--http',
    anyPort,
    '--data',
    join(directory, data),
  );
  const { address } = await broker.line('broker-started');
  const { url } = await broker.line('http-started');
  return {
    broker,
    bootstrap: formatSocketAddress(address ?? { host: '', port: 0 }),
    url: url ?? '',
  };
}

async function startProcessor(
  bootstrap: string,
  data: string,
): Promise<{ processor: Running; url: string }> {
  const processor = run(
    'processor',
    ...['--brokers', bootstrap, '--http', anyPort, '--data', join(directory, data)],
    ...['--commit-interval-ms', '50'],
  );
  return { processor, url: (await processor.line('processor-started')).url ?? '' };
}

function flight(delayMinutes: number): { topic: string; key: string; value: string } {
  const value = JSON.stringify({
    departedAt: '2001-01-01T10:00:00Z',
    delayMinutes,
    distanceMiles: 300,
    origin: 'DTW',
    destination: 'LAS',
  });
  return { topic: flightTopics.flights, key: 'DTW', value };
}

/** Reads results until an airport-day has so many flights. */
async function resultWith(client: KafkaClient, flights: number): Promise<AirportDay> {
  const consumer = client.consumer({ autoOffsetReset: 'earliest' });
  consumer.assign([0, 1, 2].map((partition) => ({ topic: flightTopics.airportDelays, partition })));
  try {
    for (;;) {
      for (const { value } of await consumer.poll({ timeoutMs: 500 })) {
        const day = JSON.parse(String(value)) as AirportDay;
        if (day.flights >= flights) return day;
      }
    }
  } finally {
    await consumer.close();
  }
}

describe('broker and processor as processes of their own', () => {
  it('work together, survive a kill of the processor, and end with code 0', async () => {
    const { broker, bootstrap, url } = await startBroker('cluster');
    const first = await startProcessor(bootstrap, 'worker');
    const client = new KafkaClient({ platform: nodePlatform(), brokers: [bootstrap] });
    const producer = client.producer();
    await producer.sendBatch([flight(66), flight(4)]);
    expect(await resultWith(client, 2)).toMatchObject({ airport: 'DTW', delaySum: 70 });

    await supertest(first.url).get('/health/ready').expect(200);
    const clusters = await supertest(url).get('/v3/clusters').expect(200);
    const groups = await supertest(clusters.body.data[0].consumer_groups.related)
      .get('')
      .expect(200);
    expect(groups.body.data).toMatchObject([
      { consumer_group_id: 'flight-delays', state: 'STABLE' },
    ]);

    expect(await first.processor.stop('SIGKILL')).toBe('SIGKILL');
    await producer.send(flight(30));
    const second = await startProcessor(bootstrap, 'worker');
    expect(await resultWith(client, 3)).toEqual({
      ...{ airport: 'DTW', day: '2001-01-01' },
      ...{ flights: 3, delaySum: 100, delayed15: 2, delayMax: 66 },
    });
    await client.close();

    expect([await second.processor.stop('SIGINT'), second.processor.stderr]).toEqual([0, '']);
    expect([await broker.stop('SIGTERM'), broker.stderr]).toEqual([0, '']);
  });

  it('end a processor with code 0 while it waits for a broker', async () => {
    const listener = await nodePlatform().network.listen({ host: '127.0.0.1', port: 0 }, (socket) =>
      socket.destroy(),
    );
    const bootstrap = formatSocketAddress(listener.address);
    await listener.close();
    const processor = run(
      'processor',
      '--brokers',
      bootstrap,
      '--http',
      'off',
      '--log-level',
      'debug',
    );
    await processor.line('processor-starting');
    expect(await processor.stop()).toBe(0);
  });
});

describe('a main that cannot start ends with code 1 and one sentence', () => {
  it.each([
    ['broker', ['--port', '9092'], 'unknown option --port'],
    ['broker', ['--listen', 'here'], 'give it as HOST:PORT'],
    ['processor', ['--brokers', 'nowhere'], 'give it as HOST:PORT'],
  ] as const)('%s %j', async (main, args, sentence) => {
    const running = run(main, ...args);
    expect(await running.exit).toBe(1);
    expect(running.stderr).toMatch(new RegExp(`^drave ${main}: .*${sentence}.*\\n$`));
  });

  it('a broker whose data directory or HTTP port is in use', async () => {
    const { url } = await startBroker('taken');
    const twin = run('broker', '--listen', anyPort, '--data', join(directory, 'taken'));
    expect(await twin.exit).toBe(1);
    expect(twin.stderr).toMatch(/^drave broker: .*in use.*\n$/);
    const address = new URL(url).host;
    const other = run(
      'broker',
      '--listen',
      anyPort,
      '--http',
      address,
      '--data',
      join(directory, 'b'),
    );
    expect(await other.exit).toBe(1);
    expect(other.stderr).toMatch(/^drave broker: .*EADDRINUSE.*\n$/);
  });
});
