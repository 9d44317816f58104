// The commands that change a cluster, run in this process against a broker in this process: what they print, and that previews change
// nothing.

import { Readable } from 'node:stream';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { KafkaClient } from '@drave/client';
import { deadLetterHeaders } from '@drave/contracts';
import { nodePlatform } from '@drave/platform';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../src/main.js';

let broker: TestBroker;
let client: KafkaClient;
const t0 = Date.parse('2001-01-01T00:00:00Z');

beforeAll(async () => {
  const topics = { orders: 2, target: 2, back: 1, cut: 1, grow: 1, 'orders.dlq': 1 };
  broker = await startTestBroker({ topics });
  client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
  const producer = client.producer();
  await producer.sendBatch(
    Array.from({ length: 10 }, (_, n) => ({
      topic: n < 6 ? 'orders' : 'cut',
      partition: n < 6 ? n % 2 : 0,
      key: `k${n}`,
      value: `{"id": 900719925474099${n}}`,
      timestamp: t0 + n * 60_000,
    })),
  );
  await producer.sendBatch(
    ['TypeError', 'TypeError', 'ParseError'].map((name, n) => ({
      topic: 'orders.dlq',
      value: `letter ${n}`,
      headers: {
        [deadLetterHeaders.topic]: 'target',
        [deadLetterHeaders.errorClass]: name,
        [deadLetterHeaders.error]: 'broke',
      },
    })),
  );
  await client.admin().commitGroupOffsets('bill', [
    { topic: 'orders', partition: 0, offset: 2 },
    { topic: 'orders', partition: 1, offset: 3 },
  ]);
});

afterAll(async () => {
  await client.close();
  await broker.stop();
});

afterEach(() => {
  process.exitCode = undefined;
});

interface Outcome {
  readonly out: string;
  readonly error: string;
  readonly exitCode: unknown;
}

async function drave(...args: string[]): Promise<Outcome> {
  let out = '';
  let error = '';
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true)),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((error += String(text)), true)),
  ];
  process.exitCode = undefined;
  try {
    await runCommand([...args, '-b', broker.bootstrap]);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  const { exitCode } = process;
  process.exitCode = undefined;
  return { out, error, exitCode };
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { out, error } = await drave(...args, '-o', 'json');
  expect(error).toBe('');
  return JSON.parse(out) as Record<string, unknown>;
}

const offsets = async (group: string): Promise<number[]> =>
  (await client.admin().groupOffsets(group)).map(({ offset }) => offset);

describe('drave group', () => {
  it('reset previews, then does it', async () => {
    const preview = await drave('group', 'reset', 'bill', '--to', 'earliest');
    expect(preview.out).toMatch(/orders +0 +2 +0 +1 +3/);
    expect(preview.out).toMatch(/add --execute/);
    expect(await offsets('bill')).toEqual([2, 3]);
    const done = await json('group', 'reset', 'bill', '--shift', '-1', '--execute');
    expect(done).toMatchObject({ executed: true, rows: [{ before: 2, after: 1 }, { after: 2 }] });
    expect(await offsets('bill')).toEqual([1, 2]);
    const { out } = await drave(
      ...['group', 'reset', 'fresh', '--to', `ts:${t0 + 180_000}`],
      ...['--topics', 'orders:1,cut', '--execute'],
    );
    expect(out).toMatch(/reset fresh: 2 partitions/);
    expect(await offsets('fresh')).toEqual([0, 1]);
  });

  it.each([
    [['reset', 'bill'], /one of --to, --shift and --by/],
    [['reset', 'bill', '--to', 'latest', '--by', '1h'], /one of/],
    [['reset', 'bill', '--to', 'somewhere'], /no target; give earliest/],
    [['reset', 'nobody', '--to', 'latest'], /name the topics/],
    [['reset', 'bill', '--to', 'latest', '--topics', 'a b'], /Give topics as/],
    [['delete', 'nobody'], /cannot delete group 'nobody'/],
    [['delete-offsets', 'bill', 'cut'], /committed nothing for 'cut'/],
  ])('%j fails with a sentence', async (args, sentence) => {
    const { error, exitCode } = await drave('group', ...args);
    expect(error).toMatch(sentence);
    expect(error).not.toMatch(/\n +at /);
    expect(exitCode).toBe(1);
  });

  it('refuses groups with members, then deletes', async () => {
    const consumer = client.consumer({ groupId: 'busy', topics: ['orders'] });
    while (consumer.assignment().length < 2) await consumer.poll({ timeoutMs: 1_000 });
    await consumer.commit([{ topic: 'orders', partition: 0, offset: 1 }]);
    const preview = await drave('group', 'reset', 'busy', '--to', 'latest');
    expect(preview.out).toMatch(/not possible now: .*stop them first/);
    const reset = await drave('group', 'reset', 'busy', '--to', 'latest', '--execute');
    expect([reset.error, reset.exitCode]).toEqual([expect.stringMatching(/stop them first/), 1]);
    await consumer.close();
    expect((await drave('group', 'delete-offsets', 'busy', 'orders')).out).toMatch(/forgot 1/);
    await client.admin().commitGroupOffsets('busy', [{ topic: 'orders', partition: 0, offset: 1 }]);
    expect((await drave('group', 'delete', 'busy')).out).toBe('deleted busy\n');
    expect(await offsets('busy')).toEqual([]);
  });
});

describe('drave topic', () => {
  it('alter and config', async () => {
    const check = await drave('topic', 'alter', 'grow', '-c', 'retention.ms=5', '--dry-run');
    expect(check.out).toBe('grow would take it\n');
    expect((await drave('topic', 'config', 'grow')).out).toMatch(/all settings are the defaults/);
    await drave('topic', 'alter', 'grow', '-c', 'retention.ms=9007199254740993');
    expect((await drave('topic', 'config', 'grow')).out).toMatch(
      /retention\.ms +9007199254740993 +topic/,
    );
    await drave('topic', 'alter', 'grow', '-d', 'retention.ms');
    expect(await json('topic', 'config', 'grow')).toEqual([]);
    expect((await drave('topic', 'alter', 'grow')).error).toMatch(/name a setting/);
    expect((await drave('topic', 'alter', 'grow', '-c', 'x=1')).exitCode).toBe(1);
  });

  it('add-partitions', async () => {
    expect(await json('topic', 'add-partitions', 'grow', '3')).toMatchObject({ partitions: 3 });
    expect((await drave('topic', 'add-partitions', 'grow', '2')).exitCode).toBe(1);
  });

  it('trim previews, then deletes', async () => {
    const preview = await drave('topic', 'trim', 'cut', '--before', 'newest-1m');
    expect(preview.out).toMatch(/2 records would go; add --execute/);
    const done = await json('topic', 'trim', 'cut', '--before', 'newest-1m', '--execute');
    expect(done).toMatchObject({ deleted: 2, partitions: [{ before: 0, after: 2, end: 4 }] });
    expect((await drave('topic', 'trim', 'cut', '--before', 'x')).error).toMatch(/no place/);
  });

  it('export, import and copy keep every byte', async () => {
    const { out } = await drave('topic', 'export', 'orders', '-p', '1', '--from', 'offset:1');
    const lines = out.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { offset: 1, key: 'k3', value: '{"id": 9007199254740993}', timestamp: t0 + 180_000 },
      { offset: 2, key: 'k5' },
    ]);
    const stdin = vi.spyOn(process, 'stdin', 'get');
    stdin.mockReturnValue(Readable.from([out]) as never);
    expect(await json('topic', 'import', 'back')).toEqual({ topic: 'back', imported: 2 });
    stdin.mockReturnValue(Readable.from(['{"value": "a"}\n{"value": 1}\n']) as never);
    const wrong = await drave('topic', 'import', 'back');
    expect([wrong.error, wrong.exitCode]).toEqual([expect.stringMatching(/line 2: value/), 1]);
    stdin.mockRestore();
    const copied = await drave('topic', 'copy', 'back', 'target', '-n', '2');
    expect(copied.out).toBe('copied 2 records from back to target\n');
    expect((await drave('topic', 'copy', 'back', 'none')).exitCode).toBe(1);
  });
});

describe('drave dlq', () => {
  it('lists topics and causes, and peeks', async () => {
    expect((await drave('dlq', 'list')).out).toMatch(/orders\.dlq +3/);
    expect((await drave('dlq', 'list', 'orders.dlq')).out).toMatch(/TypeError +target +2 +0 +0/);
    const peeked = await drave('dlq', 'peek', 'orders.dlq', '--error-class', 'ParseError');
    expect(peeked.out).toMatch(/0:2 +target +ParseError +broke +letter 2/);
  });

  it('redrives once, discards, previews first', async () => {
    const preview = await drave('dlq', 'redrive', 'orders.dlq');
    expect(preview.out).toMatch(/3 letters would go.*--execute/);
    const one = ['dlq', 'redrive', 'orders.dlq', '--at', '0:0', '--execute'];
    expect(await json(...one)).toMatchObject({ count: 1, byTopic: { target: 1 } });
    expect(await json(...one)).toMatchObject({ count: 0, already: 1 });
    const discard = ['dlq', 'discard', 'orders.dlq', '--error-class', 'ParseError', '--execute'];
    expect((await drave(...discard)).out).toMatch(/discarded: 1/);
    expect(await json('dlq', 'redrive', 'orders.dlq')).toMatchObject({ count: 1, already: 2 });
    expect((await drave('dlq', 'redrive', 'orders.dlq', '--at', '0')).error).toMatch(
      /partition:offset/,
    );
  });
});
