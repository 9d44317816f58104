// The ring of events: ids, bounds by number and by size, what a late reader is told; and what a broker publishes by itself.

import { KafkaClient } from '@drave/client';
import { manualClock, silentLogger } from '@drave/platform';
import { expect, it, vi } from 'vitest';
import { announcedNames, announcingLogger } from '../src/events/event-sources.js';
import { EventBus } from '../src/events/event-bus.js';
import { startTestBroker } from '../src/testing/index.js';

const all = (): boolean => true;

function filled(count: number, bounds = {}): EventBus {
  const bus = new EventBus(manualClock(), bounds);
  for (let n = 1; n <= count; n++) {
    bus.publish({ type: 'topic.created.v1', data: { topic: `t${n}`, partitions: n } });
  }
  return bus;
}

it('keeps the newest, and tells a late reader how many are gone', () => {
  const bus = filled(10, { keptMax: 4 });
  const { events, dropped, position } = bus.read(2, 3, all);
  expect(events.map(({ json }) => JSON.parse(json).data.topic)).toEqual(['t7', 't8', 't9']);
  expect({ dropped, position, start: bus.start }).toEqual({ dropped: 4, position: 9, start: 6 });
  expect(bus.read(position, 3, all)).toMatchObject({ dropped: 0, position: 10 });
});

it('is bounded by size too, and cuts long texts', () => {
  const bus = new EventBus(manualClock(), { charsMax: 10_000 });
  for (let n = 0; n < 100; n++) {
    bus.publish({ type: 'redis.lost.v1', data: { reason: 'x'.repeat(1_000_000) } });
  }
  const { events } = bus.read(0, 100, all);
  expect(events.length).toBeLessThan(10);
  expect(events.length).toBeGreaterThan(5);
  expect(events.every(({ json }) => json.length < 1_200)).toBe(true);
});

it('knows the ids of its own run alone', () => {
  const bus = filled(3);
  expect(bus.positionOf(bus.idAt(2))).toBe(2);
  expect(bus.positionOf(bus.idAt(4))).toBeUndefined();
  expect(bus.positionOf('other-1')).toBeUndefined();
});

it('skips names that are not wanted without counting them as lost', () => {
  const bus = filled(2);
  bus.publish({ type: 'topic.deleted.v1', data: { topic: 't1' } });
  const read = bus.read(0, 10, (type) => type === 'topic.deleted.v1');
  expect(read).toMatchObject({ dropped: 0, position: 3, events: [{ type: 'topic.deleted.v1' }] });
});

const logged = [
  ['log-directory-failed', { directory: '/d', error: 'EIO' }, 'storage.failed.v1'],
  ['disk-nearly-full', {}, 'storage.full.v1'],
  ['disk-has-room-again', {}, 'storage.resumed.v1'],
  ['disk-full', {}, 'storage.full.v1'],
  ['disk-takes-writes-again', undefined, 'storage.resumed.v1'],
  ['log-damaged', { path: '/d/t-0/0.log', fromOffset: 7, problem: 'crc' }, 'storage.corrupt.v1'],
  ['log-lost-its-tail', { directory: '/d/t-0', fromOffset: 3, toOffset: 9 }, 'storage.corrupt.v1'],
  ['store-lost', { reason: 'refused' }, 'redis.lost.v1'],
  ['store-connected', undefined, 'redis.connected.v1'],
] as const;

it('is told of every name that is listened for', () => {
  expect(logged.map(([name]) => name).toSorted()).toEqual(announcedNames.toSorted());
});

it.each(logged)('makes an event of the logged %s, also of a child', (name, fields, type) => {
  const bus = new EventBus(manualClock());
  announcingLogger(silentLogger, bus).child({ a: 1 }).error(name, fields);
  announcingLogger(silentLogger, bus).info('broker-started');
  expect(bus.read(0, 9, all).events.map((event) => event.type)).toEqual([type]);
});

it('tells of topics, groups with reasons, and deleted records', async () => {
  await using broker = await startTestBroker({ topics: { orders: 2 } });
  const { events } = broker.broker;
  const told = () =>
    events
      .read(0, 1_000, all)
      .events.map(({ json }) => JSON.parse(json) as Record<string, unknown>);
  const client = new KafkaClient({ brokers: [broker.bootstrap], platform: broker.platform });
  const admin = client.admin();
  await admin.createTopics([{ topic: 'news', partitions: 1 }]);
  await broker.produce('orders', [{ value: 'a', partition: 0 }]);
  await admin.deleteRecords([{ topic: 'orders', partition: 0, offset: 1 }]);
  await admin.deleteTopics(['news']);
  const consumer = client.consumer({ groupId: 'g' });
  consumer.subscribe(['orders']);
  const polling = consumer.poll();
  await vi.waitFor(() => expect(told().map(({ type }) => type)).toContain('group.rebalanced.v1'), {
    timeout: 20_000,
  });
  await consumer.close({ leave: true });
  await polling.catch(() => undefined);
  admin.close();
  await client.close();
  await vi.waitFor(() => expect(told().at(-1)).toMatchObject({ data: { members: 0 } }), {
    timeout: 20_000,
  });
  const own = told().filter(({ data }) => !JSON.stringify(data).includes('__'));
  expect(own).toMatchObject([
    { type: 'topic.created.v1', data: { topic: 'orders', partitions: 2 } },
    { type: 'topic.created.v1', data: { topic: 'news', partitions: 1 } },
    { type: 'records.deleted.v1', data: { topic: 'orders', count: 1 } },
    { type: 'topic.deleted.v1', data: { topic: 'news' } },
    { type: 'group.member-joined.v1', data: { group: 'g', instance: null } },
    { type: 'group.rebalanced.v1', data: { generation: 1, reason: 'member-joined', members: 1 } },
    { type: 'group.member-left.v1', data: { group: 'g' } },
    { type: 'group.rebalanced.v1', data: { generation: 2, reason: 'left', members: 0 } },
  ]);
});
