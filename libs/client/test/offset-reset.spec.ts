// Offset resets against a real broker in process: each target, what is refused, and what the offsets are afterwards.

import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { nodePlatform } from '@drave/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  applyOffsetReset,
  KafkaClient,
  parseResetTarget,
  planOffsetReset,
  type Admin,
  type ResetPlan,
  type ResetScope,
} from '../src/index.js';

const t0 = Date.parse('2001-01-01T00:00:00Z');
const hourMs = 3_600_000;
const nowMs = t0 + 10 * hourMs;

let broker: TestBroker;
let client: KafkaClient;
let admin: Admin;

beforeAll(async () => {
  broker = await startTestBroker({ topics: { orders: 2, other: 1 } });
  client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
  admin = client.admin();
  const records = Array.from({ length: 20 }, (_, n) => ({
    topic: 'orders',
    partition: n % 2,
    value: `${n}`,
    timestamp: t0 + Math.floor(n / 2) * hourMs,
  }));
  await client.producer().sendBatch(records);
  await admin.deleteRecords([{ topic: 'orders', partition: 0, offset: 2 }]);
});

beforeEach(async () => {
  await admin.commitGroupOffsets('bill', [
    { topic: 'orders', partition: 0, offset: 4 },
    { topic: 'orders', partition: 1, offset: 10 },
  ]);
});

afterAll(async () => {
  await client.close();
  await broker.stop();
});

function plan(to: string, scope?: readonly ResetScope[], groupId = 'bill'): Promise<ResetPlan> {
  return planOffsetReset(admin, { groupId, scope, to: parseResetTarget(to), nowMs });
}

const after = ({ rows }: ResetPlan): number[] => rows.map((row) => row.after);

describe('a plan', () => {
  it.each([
    ['earliest', [2, 0]],
    ['latest', [10, 10]],
    ['current', [4, 10]],
    ['offset:7', [7, 7]],
    ['offset:999', [10, 10]],
    ['ts:2001-01-01T06:00:00Z', [6, 6]],
    ['ts:2030-01-01', [10, 10]],
    ['-3h', [7, 7]],
    ['shift:-3', [2, 7]],
    ['shift:5', [9, 10]],
  ])('to %s', async (to, expected) => {
    expect(after(await plan(to))).toEqual(expected);
  });

  it('tells before and after, lags and what was clamped, and changes nothing', async () => {
    expect(await plan('shift:-3')).toEqual({
      groupId: 'bill',
      state: 'Empty',
      obstacle: undefined,
      rows: [
        {
          ...{ topic: 'orders', partition: 0, before: 4, after: 2, begin: 2, end: 10 },
          ...{ lagBefore: 6, lagAfter: 8, isClamped: true },
        },
        {
          ...{ topic: 'orders', partition: 1, before: 10, after: 7, begin: 0, end: 10 },
          ...{ lagBefore: 0, lagAfter: 3, isClamped: false },
        },
      ],
    });
    expect(after(await plan('current'))).toEqual([4, 10]);
  });

  it('of another group, of some partitions, of a group that is to begin', async () => {
    await admin.commitGroupOffsets('ship', [{ topic: 'orders', partition: 1, offset: 3 }]);
    expect(after(await plan('group:ship'))).toEqual([3]);
    const scope = [{ topic: 'orders', partitions: [0] }];
    expect(after(await plan('latest', scope))).toEqual([10]);
    const fresh = await plan('earliest', [{ topic: 'orders' }, { topic: 'other' }], 'fresh');
    expect(fresh).toMatchObject({
      state: 'Dead',
      rows: [{ before: null }, {}, { topic: 'other' }],
    });
  });

  it('is refused without anything to reset', async () => {
    await expect(plan('latest', undefined, 'nobody')).rejects.toThrow(/name the topics/);
    await expect(plan('latest', [{ topic: 'orders', partitions: [2] }])).rejects.toThrow(/0 to 1/);
    await expect(plan('group:nobody')).rejects.toThrow(RangeError);
    await expect(plan('latest', [{ topic: 'none' }])).rejects.toMatchObject({
      errorName: 'UNKNOWN_TOPIC_OR_PARTITION',
    });
  });

  it.each(['', 'now', 'offset:-1', 'shift:x', 'ts:', 'group:', '-3x', 'EARLIEST'])(
    'has no target %j',
    (text) => {
      expect(() => parseResetTarget(text)).toThrow(RangeError);
    },
  );
});

describe('a reset', () => {
  it('commits what the plan says', async () => {
    await applyOffsetReset(admin, await plan('earliest'));
    const offsets = await admin.groupOffsets('bill');
    expect(offsets.map(({ offset }) => offset)).toEqual([2, 0]);
  });

  it('is refused while members run, naming them; so is deleting', async () => {
    const consumer = client.consumer({ groupId: 'busy', topics: ['orders'] });
    while (consumer.assignment().length < 2) await consumer.poll({ timeoutMs: 1_000 });
    const blocked = await plan('earliest', [{ topic: 'orders' }], 'busy');
    expect(blocked.obstacle).toMatch(/Stable with 1 members \(drave@.*stop them first/);
    const refusal = { errorName: 'NON_EMPTY_GROUP' };
    await expect(applyOffsetReset(admin, blocked)).rejects.toMatchObject(refusal);
    const unaware = { ...blocked, obstacle: undefined };
    await expect(applyOffsetReset(admin, unaware)).rejects.toMatchObject(refusal);
    await expect(admin.deleteGroup('busy')).rejects.toMatchObject(refusal);
    await consumer.close();
    await applyOffsetReset(admin, await plan('earliest', [{ topic: 'orders' }], 'busy'));
    await admin.deleteGroupOffsets('busy', [{ topic: 'orders', partition: 0 }]);
    expect(await admin.groupOffsets('busy')).toHaveLength(1);
    await admin.deleteGroup('busy');
    expect(await admin.groupOffsets('busy')).toEqual([]);
    await expect(admin.deleteGroup('busy')).rejects.toMatchObject({
      errorName: 'GROUP_ID_NOT_FOUND',
    });
  });
});

it('sizes of logs are told by topic', async () => {
  const sizes = await admin.logSizes();
  expect(sizes.get('orders')).toBeGreaterThan(100);
  expect([...(await admin.logSizes([{ name: 'orders', partitions: [0] }])).keys()]).toEqual([
    'orders',
  ]);
});
