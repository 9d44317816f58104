// Commands of the built drave as processes of their own against a broker over sockets: filters, exports, resets, members; and what
// each says to bad input, in one sentence and with an exit code.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { startBrokerHttp } from '@drave/broker-app';
import { KafkaClient } from '@drave/client';
import type { HttpServer } from '@drave/nest/http';
import { makeTemporaryDirectory, nodePlatform } from '@drave/platform';
import { flightDelaysTopology, flightTopics, runProcessor } from '@drave/processor-app';
import { startProcessorHttp } from '@drave/processor-app/http';
import { StreamsApp } from '@drave/streams';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DraveProcess } from './drave-process.js';

const directory = makeTemporaryDirectory('drave-commands-');
const { disk } = nodePlatform();
let broker: TestBroker;
let client: KafkaClient;
let http: HttpServer;

beforeAll(async () => {
  broker = await startTestBroker({ topics: { orders: 2, odd: 1 } });
  client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
  http = await startBrokerHttp({ broker: broker.broker, port: 0 });
  const orders = Array.from({ length: 8 }, (_, n) => ({
    ...{ topic: 'orders', partition: n % 2, key: `k${n}`, timestamp: 1_000 + n },
    value: JSON.stringify({ id: n, total: n * 10 }),
  }));
  await client
    .producer()
    .sendBatch([
      ...orders,
      { topic: 'odd', key: null, value: 'a,"b"\nc', timestamp: 1, headers: { h: 'x;y' } },
      { topic: 'odd', key: Buffer.from([0xff, 0x00]), value: null, timestamp: 2 },
    ]);
  await client.admin().commitGroupOffsets('bill', [
    { topic: 'orders', partition: 0, offset: 1 },
    { topic: 'orders', partition: 1, offset: 2 },
  ]);
});

afterAll(async () => {
  await client.close();
  await http.stop();
  await broker.stop();
  await disk.remove(directory);
});

async function drave(...args: string[]): Promise<{ output: string; exit: number | string }> {
  const process = new DraveProcess(args, { DRAVE_BROKERS: broker.bootstrap });
  return { exit: await process.ended, output: process.output };
}

const offsets = async (group: string): Promise<number[]> =>
  (await client.admin().groupOffsets(group))
    .toSorted((a, b) => a.partition - b.partition)
    .map(({ offset }) => offset);

describe('drave', { timeout: 60_000 }, () => {
  it('consume --filter shows what matches, and counts only that', async () => {
    const all = ['consume', 'orders', '-o', 'start', '-e', '-f', '%k\\n'];
    const found = await drave(...all, '--filter', 'value.total >= 50');
    expect(found.exit).toBe(0);
    expect(found.output.trim().split('\n').toSorted()).toEqual(['k5', 'k6', 'k7']);
    const one = await drave(...all, '--filter', 'value.total >= 50', '-n', '1');
    expect(one.output).toMatch(/^k[567]\n$/);
    const odd = await drave('consume', 'odd', '-o', 'start', '-e', '--filter', 'value.id == 1');
    expect(odd.output).toMatch(/^drave: 2 records did not fit the filter: /);
  });

  it('export takes a filter and writes CSV', async () => {
    const csv = await drave('topic', 'export', 'odd', '-o', 'csv');
    expect(csv).toEqual({
      exit: 0,
      output:
        'topic,partition,offset,timestamp,key,value,headers,keyIs,valueIs\n' +
        'odd,0,0,1,,"a,""b""\nc","{""h"":[""x;y""]}",null,text\n' +
        'odd,0,1,2,/wA=,,,base64,null\n',
    });
    const lines = await drave('topic', 'export', 'orders', '--filter', 'key == "k3"');
    expect(JSON.parse(lines.output)).toMatchObject({ key: 'k3', partition: 1, offset: 1 });
  });

  it('group reset from a file, from another group and by records', async () => {
    const file = join(directory, 'offsets.csv');
    await writeFile(file, '"topic","partition","offset"\n# last night\norders,1,3\n');
    const preview = await drave('group', 'reset', 'copy', '--to', `file:${file}`);
    expect(preview.output).toMatch(/orders +1 +- +3 +- +1/);
    expect(preview.output).toMatch(/add --execute/);
    expect(await offsets('copy')).toEqual([]);
    await drave('group', 'reset', 'copy', '--to', `file:${file}`, '--execute');
    expect(await offsets('copy')).toEqual([3]);
    const other = ['group', 'reset', 'copy', '--to', 'group:bill', '--topics', 'orders'];
    expect(await drave(...other, '--execute')).toMatchObject({ exit: 0 });
    expect(await offsets('copy')).toEqual([1, 2]);
    expect(await drave('group', 'reset', 'copy', '--shift', '2', '--execute')).toMatchObject({
      exit: 0,
    });
    expect(await offsets('copy')).toEqual([3, 4]);
    // All records are older than an hour.
    const by = await drave('group', 'reset', 'copy', '--by', '1h', '-o', 'json');
    expect(JSON.parse(by.output)).toMatchObject({ executed: false, rows: [{ after: 4 }, {}] });
  });

  it('group members', async () => {
    const consumer = client.consumer({ groupId: 'busy', topics: ['orders'] });
    while (consumer.assignment().length < 2) await consumer.poll({ timeoutMs: 1_000 });
    const { output } = await drave('group', 'members', 'busy');
    expect(output).toMatch(/127\.0\.0\.1 +orders-0 orders-1/);
    await consumer.close();
  });

  it('cluster info, brokers, partitions, log-dirs, config', async () => {
    const info = JSON.parse((await drave('cluster', 'info', '-o', 'json')).output) as object;
    expect(info).toMatchObject({ brokers: 1 });
    expect((await drave('cluster', 'brokers')).output).toMatch(/127\.0\.0\.1:\d+ +- +controller/);
    const { output } = await drave('cluster', 'partitions');
    expect(output).toMatch(/orders +1 +\d +\d +\d/);
    expect((await drave('cluster', 'partitions', '--troubled')).output).not.toMatch(/orders/);
    expect((await drave('cluster', 'log-dirs')).output).toMatch(/orders +[1-9]\d+/);
    expect((await drave('cluster', 'config', '--all')).output).toMatch(/log\.retention\.ms +\d+/);
  });

  it('delayed list and cancel, over HTTP', async () => {
    await client
      .admin()
      .createTopics([{ topic: 'later', configs: { 'drave.delay.enable': 'true' } }]);
    const headers = { 'drave-deliver-at': '4102444800000' };
    await client.producer().send({ topic: 'later', partition: 0, value: 'x', headers });
    const at = ['--http', http.url.replace('http://', '')];
    await vi.waitFor(
      async () =>
        expect((await drave('delayed', 'list', 'later', ...at)).output).toMatch(
          /0:0 +2100-01-01T00:00:00\.000Z/,
        ),
      { timeout: 30_000 },
    );
    expect((await drave('delayed', 'list', ...at)).output).toMatch(/later +1/);
    expect((await drave('delayed', 'cancel', 'later', '0:0', ...at)).output).toBe(
      'cancelled later 0:0\n',
    );
    const again = await drave('delayed', 'cancel', 'later', '0:0', ...at);
    expect(again).toMatchObject({ exit: 1, output: expect.stringMatching(/no record of/) });
    const apps = await drave('app', 'list', ...at);
    expect(apps.output).toMatch(/^drave: /);
  });

  it('app list, describe, topology, tasks, get, over HTTP of a processor', async () => {
    const processor = await runProcessor({
      brokers: [broker.bootstrap],
      http: { port: 0 },
      commitIntervalMs: 50,
    });
    try {
      const flight = { departedAt: '2001-01-01T10:00:00Z', delayMinutes: 66, distanceMiles: 300 };
      const value = JSON.stringify({ ...flight, origin: 'DTW', destination: 'LAS' });
      await broker.produce(flightTopics.flights, [{ key: 'DTW', value }]);
      await broker.waitFor(flightTopics.airportDelays, 1);
      const at = ['--http', processor.http?.url.replace('http://', '') ?? ''];
      expect((await drave('app', 'list', ...at)).output).toMatch(/flight-delays +running +1 +6\/6/);
      const described = await drave('app', 'describe', 'flight-delays', ...at);
      expect(described.output).toMatch(/flight-delays: running, 6 of 6 tasks run/);
      const topology = await drave('app', 'topology', 'flight-delays', ...at);
      expect(topology.output).toMatch(/source .*flights/);
      expect((await drave('app', 'topology', 'flight-delays', '--mermaid', ...at)).output).toMatch(
        /^(flowchart|graph)/,
      );
      const tasks = await drave('app', 'tasks', 'flight-delays', '-o', 'json', ...at);
      expect(JSON.parse(tasks.output)).toHaveLength(6);
      const [store] = (
        JSON.parse(
          (await drave('app', 'describe', 'flight-delays', '-o', 'json', ...at)).output,
        ) as {
          stores: { name: string }[];
        }
      ).stores;
      const got = await drave('app', 'get', 'flight-delays', store?.name ?? '', 'NOWHERE', ...at);
      expect(got.output).not.toMatch(/\n +at /);
      const paused = await drave('app', 'pause', 'flight-delays', ...at);
      expect([paused.exit, paused.output]).toEqual([0, expect.stringMatching(/PAUSED[^]* yes/)]);
      expect((await drave('app', 'list', ...at)).output).toMatch(/running \(paused\)/);
      const metrics = await drave('app', 'metrics', 'flight-delays', ...at);
      expect(metrics.output).toMatch(/^TASK .*COMMIT AGE[^]*\n1_2 /);
      const resumed = await drave('app', 'resume', 'flight-delays', '-o', 'json', ...at);
      expect(JSON.parse(resumed.output)).toMatchObject({ isPaused: false });
      const nothing = await drave('app', 'pause', 'none', ...at);
      expect([nothing.exit, nothing.output]).toEqual([1, expect.stringMatching(/^drave: .*none/)]);
      const unknown = await drave('app', 'tasks', 'none', ...at);
      expect([unknown.exit, unknown.output]).toEqual([1, expect.stringMatching(/^drave: .*none/)]);
    } finally {
      await processor.stop();
    }
  });

  it('app pause tells which instance did not do it, and ends with 1', async () => {
    const [first, second] = [0, 1].map(
      () =>
        new StreamsApp({
          ...{ platform: nodePlatform(), brokers: [broker.bootstrap], applicationId: 'half' },
          topology: flightDelaysTopology(),
        }),
    );
    if (!first || !second) throw new Error('two applications');
    await second.kill();
    const half = await startProcessorHttp({ apps: [first, second], port: 0 });
    try {
      const { exit, output } = await drave(
        'app',
        'pause',
        'half',
        '--http',
        `127.0.0.1:${half.port}`,
      );
      expect(exit).toBe(1);
      expect(output).toMatch(/yes[^]*no +it is closed: there is nothing to pause/);
      expect(output).toMatch(/drave: pause of 'half': 1 of 2 instances did not do it/);
      expect(first.isPaused).toBe(true);
    } finally {
      await half.stop();
      await first.kill();
    }
  });

  it('app list of a broker that knows no applications says where they are', async () => {
    const { output, exit } = await drave('app', 'list', '--http', http.url.replace('http://', ''));
    expect(output).toMatch(/knows no stream applications\. Name a processor/);
    expect(exit).toBe(1);
  });

  it.each([
    [['cluster', 'config', '99'], /there is no broker '99'; there are \d/],
    [['delayed', 'list', '--http', '127.0.0.1:1'], /nobody answers at .*--http HOST:PORT/],
    [['delayed', 'cancel', 'later', 'x'], /Give it as PARTITION:OFFSET/],
    [['app', 'list', '--http', 'nowhere'], /--http/],
    [['consume', 'orders', '-e', '--filter', 'value.'], /the filter is refused: /],
    [['consume', 'orders', '-e', '--filter', 'colour == 1'], /there is no 'colour'/],
    [['topic', 'export', 'orders', '--filter', 'x'.repeat(5_000)], /longer than 4096/],
    [['topic', 'export', 'orders', '-o', 'xml'], /Allowed choices are json, csv/],
    [['group', 'reset', 'bill', '--to', 'file:/none'], /'\/none' cannot be read \(ENOENT\)/],
    [['group', 'reset', 'bill', '--to', 'group:nobody'], /'nobody' has committed nothing/],
    [['group', 'reset', 'bill', '--by', '1 hour'], /no target.*shift:N or group:ID/],
    [['group', 'reset', 'bill', '--to', 'bogus'], /no target.*group:ID or file:PATH/],
    [['group', 'reset', 'bill', '--shift', 'x'], /no target/],
    [['group', 'members', 'nobody'], /drave group list/],
  ])('bad input %# is refused with a sentence', async (args, sentence) => {
    const { output, exit } = await drave(...args);
    expect(output).toMatch(sentence);
    expect(output).not.toMatch(/\n +at /);
    expect(exit).toBe(1);
  });

  it.each([
    ['orders,x,3\n', /line 1: 'orders,x,3' is not topic,partition,offset/],
    ['orders,0,1\norders,0,2\n', /line 2: orders-0 is there twice/],
    ['\n', /it names no offsets/],
    ['orders,9,1\n', /topic 'orders' has partitions 0 to 1, not 9/],
  ])('a file of offsets %j is refused', async (text, sentence) => {
    const file = join(directory, `${text.length}-${text.trim().slice(-3)}.csv`);
    await writeFile(file, text);
    const { output, exit } = await drave('group', 'reset', 'bill', '--to', `file:${file}`);
    expect(output).toMatch(sentence);
    expect(exit).toBe(1);
  });
});
