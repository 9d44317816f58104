// Debian's kafka-python and confluent-kafka, unmodified, in processes of their own against a started broker: every codec and
// acks level, groups through join, leave and kill, seeks by offset and time, commit and resume, administration.
// Skipped, with a message, only where the packages are missing.
import { describe, expect, it } from 'vitest';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { partitionForKey } from '@drave/protocol';
import { hasModule, PythonClient } from './python/python-client.js';

const clients = [
  { name: 'kafka-python', script: 'kafka_python.py', module: 'kafka', package: 'python3-kafka' },
  {
    name: 'confluent-kafka',
    script: 'confluent.py',
    module: 'confluent_kafka',
    package: 'python3-confluent-kafka',
  },
].map((client) => ({ ...client, isMissing: !hasModule(client.module) }));

for (const client of clients) {
  if (!client.isMissing) continue;
  console.log(
    `${client.name} is not installed: its tests are skipped (Debian: apt install ${client.package})`,
  );
}

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `v${from + index}`);
const messages = (values: readonly string[]): { value: string }[] =>
  values.map((value) => ({ value, headers: { h: 'x' } }));

// Skip where Debian's packages cannot be installed; the continuous integration installs them.
describe.each(clients.filter(({ isMissing }) => !isMissing))('$name', ({ script }) => {
  const connect = (broker: TestBroker): PythonClient => new PythonClient(script, broker.bootstrap);

  it('produces with every codec and acks level, and reads it back', async () => {
    await using broker = await startTestBroker();
    await using client = connect(broker);
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
      for (const acks of [0, 1, -1]) {
        const topic = `${codec}${acks}`;
        await broker.createTopic(topic);
        await client.do('produce', { topic, codec, acks, messages: messages(texts(0, 100)) });
        await broker.waitFor(topic, 100);
        const read = await client.do('read', { topic, partition: 0, offset: 0, count: 100 });
        expect(read, topic).toEqual(texts(0, 100));
      }
    }
    const stored = await broker.records('zstd1');
    expect(stored[0]?.headers).toEqual([{ key: 'h', value: Buffer.from('x') }]);
  });

  it('seeks by offset, by time and to the end', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = connect(broker);
    const timed = [1000, 2000, 3000].map((timestamp) => ({
      timestamp,
      value: `at${timestamp}`,
      partition: 0,
    }));
    await client.do('produce', { topic: 't', messages: timed });
    const place = { topic: 't', partition: 0 };
    expect(await client.do('read', { ...place, offset: 1, count: 2 })).toEqual([
      'at2000',
      'at3000',
    ]);
    expect(await client.do('read', { ...place, time_ms: 2500, count: 1 })).toEqual(['at3000']);
    expect(await client.do('read', { ...place, offset: 'end', count: 0 })).toBe(3);
  });

  it('sends keys where the reference partitioner does', async () => {
    await using broker = await startTestBroker({ topics: { t: 7 } });
    await using client = connect(broker);
    const keys = Array.from({ length: 1000 }, (_, index) => `key-${index * 7919}-ä`);
    const keyed = keys.map((key) => ({ key, value: key }));
    const placed = (await client.do('produce', { topic: 't', messages: keyed })) as {
      partition: number;
    }[];
    const wanted = keys.map((key) => partitionForKey(Buffer.from(key), 7));
    expect(placed.map(({ partition }) => partition)).toEqual(wanted);
  });

  it('resumes in a group where it committed', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using first = connect(broker);
    await first.do('produce', { topic: 't', messages: messages(texts(0, 10)) });
    await first.do('join', { group: 'g', topic: 't' });
    expect(await first.do('poll', { count: 10 })).toEqual(texts(0, 10));
    await first.do('commit');
    await first.do('leave');
    await first.do('produce', { topic: 't', messages: messages(texts(10, 15)) });
    await using second = connect(broker);
    await second.do('join', { group: 'g', topic: 't' });
    expect(await second.do('poll', { count: 5 })).toEqual(texts(10, 15));
  });

  it('rebalances when a member joins, leaves and is killed', async () => {
    await using broker = await startTestBroker({ topics: { t: 4 } });
    await using one = connect(broker);
    await using two = connect(broker);
    await one.do('join', { group: 'g', topic: 't' });
    expect(await one.assigned(4)).toEqual([0, 1, 2, 3]);
    await two.do('join', { group: 'g', topic: 't' });
    const [ofOne, ofTwo] = await Promise.all([one.assigned(2), two.assigned(2)]);
    expect([...ofOne, ...ofTwo].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    await two.do('leave');
    await one.assigned(4);
    await using three = connect(broker);
    await three.do('join', { group: 'g', topic: 't' });
    await Promise.all([one.assigned(2), three.assigned(2)]);
    await three.kill();
    expect(await one.assigned(4)).toEqual([0, 1, 2, 3]);
  });

  it('creates, describes, alters and deletes topics, and lists groups', async () => {
    await using broker = await startTestBroker({ autoCreate: false });
    await using client = connect(broker);
    await client.do('create', { topic: 'a', partitions: 2, configs: { 'retention.ms': '60000' } });
    expect(await client.do('configs', { topic: 'a' })).toMatchObject({ 'retention.ms': '60000' });
    await client.do('alter', { topic: 'a', configs: { 'retention.ms': '70000' }, partitions: 5 });
    expect(await client.do('configs', { topic: 'a' })).toMatchObject({ 'retention.ms': '70000' });
    expect(await client.do('topics')).toMatchObject({ a: 5 });
    await client.do('join', { group: 'g', topic: 'a' });
    await client.assigned(5);
    expect(await client.do('groups')).toEqual(['g']);
    await client.do('leave');
    await client.do('delete', { topic: 'a' });
    expect(await client.do('topics')).not.toHaveProperty('a');
    await expect(client.do('create', { topic: 'a/b', partitions: 1, configs: {} })).rejects.toThrow(
      /TOPIC_EXCEPTION|InvalidTopic/,
    );
  });
});
