// What a newcomer sees, with real processes: the check, kill -9 and again, the data served to a foreign client, and the
// sentences for what cannot work.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaClient } from '@drave/client';
import { nodePlatform } from '@drave/platform';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { flightsFilePath } from '../../apps/cli/src/demo/flights-file.js';
import { referenceSums } from '../../apps/cli/src/demo/reference-sums.js';
import { DraveProcess } from './drave-process.js';

const platform = nodePlatform();
const work = mkdtempSync(join(tmpdir(), 'drave-e2e-'));
const data = join(work, 'data');
const running: DraveProcess[] = [];

function drave(...args: string[]): DraveProcess {
  const process = new DraveProcess(args);
  running.push(process);
  return process;
}

afterEach(async () => {
  for (const process of running.splice(0)) await process.kill('SIGKILL');
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const check = ['demo', '--check', '--data', data, '--http', 'off', '--listen', '127.0.0.1:0'];

/** Waits until `flights` holds at least `rows` records. */
async function rowsReached(brokers: string, rows: number): Promise<void> {
  const client = new KafkaClient({ platform, brokers: [brokers] });
  const admin = client.admin();
  const ends = [0, 1, 2].map((partition) => ({
    topic: 'flights',
    partition,
    at: 'latest' as const,
  }));
  try {
    for (let sum = 0; sum < rows;) {
      const found = await admin.listOffsets(ends);
      sum = found.reduce((total, { offset }) => total + offset, 0);
    }
  } finally {
    admin.close();
    await client.close();
  }
}

describe('the demo', () => {
  it('killed with -9 in the middle and run again, counts every airport-day once', async () => {
    for (const rows of [3_000, 12_000]) {
      const killed = drave(...check);
      const [, brokers = ''] = await killed.match(/Kafka (\S+)/);
      await rowsReached(brokers, rows);
      expect(await killed.kill('SIGKILL')).toBe('SIGKILL');
    }
    const process = drave(...check);
    expect(await process.ended, process.output).toBe(0);
    expect(process.output).toContain(
      '20,200 produced = 20,000 counted + 0 late + 200 dead letters',
    );
    expect(process.output).toContain(
      'check: 6,901 airport-days equal an independent loop over the file',
    );
  }, 120_000);

  it('leaves data that `drave start` serves to a foreign client', async () => {
    const process = drave('start', '--data', data, '--http', 'off', '--listen', '127.0.0.1:0');
    const [, brokers = ''] = await process.match(/Kafka +(\S+)/);
    const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
    const last = await lastValues(kafka, 'airport-delays-1d');
    const reference = referenceSums(await platform.disk.readFile(flightsFilePath));
    expect(last.size).toBe(6_901);
    for (const [key, sums] of reference)
      expect(JSON.parse(last.get(key) ?? '')).toMatchObject(sums);
    expect(await process.kill('SIGTERM')).toBe(0);
    expect(process.output).toContain('stopped');
  }, 60_000);

  it('ends cleanly and prints the sum when it is told to stop', async () => {
    const process = drave('demo', '--http', 'off', '--listen', '127.0.0.1:0', '--speed', '2d');
    await process.match(/produced [1-9]/);
    expect(await process.kill('SIGTERM')).toBe(0);
    expect(process.output).toMatch(
      /[\d,]+ produced = [\d,]+ counted \+ 0 late \+ \d+ dead letters/,
    );
  }, 60_000);
});

describe('broker, processor and replay as processes of their own', () => {
  it('come to the same sums', async () => {
    const folder = join(work, 'apart');
    const broker = drave('start', '--data', folder, '--http', 'off', '--listen', '127.0.0.1:0');
    const [, brokers = ''] = await broker.match(/Kafka +(\S+)/);
    const state = join(work, 'apart-processor');
    const processor = drave('processor', '-b', brokers, '--data', state, '--http', 'off');
    await processor.match(/ready/);
    const replay = drave('demo', '--replay-only', '--check', '-b', brokers);
    expect(await replay.ended, replay.output).toBe(0);
    expect(replay.output).toContain('20,200 rows sent');
    await lagGone(brokers);
    expect(await processor.kill('SIGTERM'), processor.output).toBe(0);

    const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
    const last = await lastValues(kafka, 'airport-delays-1d');
    const reference = referenceSums(await platform.disk.readFile(flightsFilePath));
    expect(last.size).toBe(6_901);
    for (const [key, sums] of reference)
      expect(JSON.parse(last.get(key) ?? '')).toMatchObject(sums);
    expect(await broker.kill('SIGTERM')).toBe(0);
  }, 60_000);
});

describe('drave start refuses with one sentence', () => {
  it('a data directory that another process uses', async () => {
    const directory = join(work, 'used');
    const args = ['start', '--data', directory, '--http', 'off', '--listen', '127.0.0.1:0'];
    const first = drave(...args);
    await first.match(/ready/);
    const second = drave(...args);
    expect(await second.ended).toBe(1);
    expect(second.output).toMatch(/^drave: .*in use by.*process.*\n$/);
  });

  it('a directory that holds something else, and leaves it alone', async () => {
    const directory = mkdtempSync(join(work, 'foreign-'));
    writeFileSync(join(directory, 'thesis.txt'), 'precious');
    const process = drave('start', '--data', directory, '--http', 'off', '--listen', '127.0.0.1:0');
    expect(await process.ended).toBe(1);
    expect(process.output).toMatch(/^drave: .*holds other files \(thesis\.txt\).*\n$/);
    expect(await platform.disk.list(directory)).toEqual(['thesis.txt']);
  });

  it('a file in place of a directory', async () => {
    const path = join(work, 'file');
    writeFileSync(path, '');
    const process = drave('start', '--data', path, '--http', 'off', '--listen', '127.0.0.1:0');
    expect(await process.ended).toBe(1);
    expect(process.output).toMatch(/^drave: .* is a file; give --data a directory\n$/);
  });

  it('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const listen = `127.0.0.1:${port}`;
    const process = drave(
      'start',
      '--data',
      join(work, 'port'),
      '--http',
      'off',
      '--listen',
      listen,
    );
    expect(await process.ended).toBe(1);
    expect(process.output).toContain(`drave: ${listen} is taken by another process`);
    server.close();
  });
});

/** Waits until the application has committed every flight. */
async function lagGone(brokers: string): Promise<void> {
  const client = new KafkaClient({ platform, brokers: [brokers] });
  const admin = client.admin();
  try {
    for (let done = 0; done < 20_200;) {
      const lags = await admin.groupLag('flight-delays');
      const flights = lags.filter(({ topic }) => topic === 'flights');
      done = flights.reduce((sum, { offset }) => sum + offset, 0);
    }
  } finally {
    admin.close();
    await client.close();
  }
}

async function lastValues(kafka: Kafka, topic: string): Promise<Map<string, string>> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const left = new Map(
    ends.filter(({ high }) => Number(high) > 0).map((end) => [end.partition, Number(end.high)]),
  );
  const last = new Map<string, string>();
  const consumer = kafka.consumer({ groupId: 'e2e-reader' });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: ({ partition, message }) => {
          last.set(message.key?.toString() ?? '', message.value?.toString() ?? '');
          if (Number(message.offset) + 1 >= (left.get(partition) ?? 0)) left.delete(partition);
          if (left.size === 0) resolve();
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return last;
}
