// Client quotas over a real socket: rules, storage, and byte rates that silence a client.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { manualClock, memoryPlatform } from '@drave/platform';
import { ApiKey, type RequestInputMap } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { batchOf, fetchRequest, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

type Entity = Readonly<Record<string, string | null>>;
type Values = Readonly<Record<string, number | null>>;

/** null removes a key. */
async function set(client: RawClient, version: number, entity: Entity, values: Values) {
  const { entries } = await client.request(ApiKey.alterClientQuotas, version, {
    entries: [
      {
        entity: Object.entries(entity).map(([entityType, entityName]) => ({
          entityType,
          entityName,
        })),
        ops: Object.entries(values).map(([key, value]) => ({
          key,
          value: value ?? 0,
          remove: value === null,
        })),
      },
    ],
    validateOnly: false,
  });
  return entries[0]?.errorCode;
}

type Component = RequestInputMap[48]['components'][number];

async function described(
  client: RawClient,
  version: number,
  components: Component[] = [],
  strict = false,
) {
  const request = { components, strict };
  const answer = await client.request(ApiKey.describeClientQuotas, version, request);
  return answer.entries?.map(({ entity, values }) => ({
    entity: Object.fromEntries(
      entity.map(({ entityType, entityName }) => [entityType, entityName]),
    ),
    values: Object.fromEntries(values.map(({ key, value }) => [key, value])),
  }));
}

describe('client quotas', () => {
  it.each([0, 1])('are set, described, removed and kept, in version %d', async (version) => {
    const platform = memoryPlatform({ seed: 1 });
    const broker = await startTestBroker({ platform });
    const client = await RawClient.connect(broker.port);
    const quota = { producer_byte_rate: 1024, request_percentage: 12.5 };
    expect(await set(client, version, { user: 'ann', 'client-id': null }, quota)).toBe(0);
    expect(await set(client, version, { ip: '10.0.0.1' }, { connection_creation_rate: 5 })).toBe(0);
    await client.close();
    await broker.stop();
    await using again = await startTestBroker({ platform });
    await using second = await RawClient.connect(again.port);
    expect(await described(second, version)).toEqual([
      { entity: { user: 'ann', 'client-id': null }, values: quota },
      { entity: { ip: '10.0.0.1' }, values: { connection_creation_rate: 5 } },
    ]);
    const one = { producer_byte_rate: null };
    expect(await set(second, version, { 'client-id': null, user: 'ann' }, one)).toBe(0);
    expect(await set(second, version, { ip: '10.0.0.1' }, { connection_creation_rate: null })).toBe(
      0,
    );
    expect(await described(second, version)).toEqual([
      { entity: { user: 'ann', 'client-id': null }, values: { request_percentage: 12.5 } },
    ]);
  });

  it.each([
    ['no entity', {}, { producer_byte_rate: 1 }],
    ['an unknown entity type', { topic: 'a' }, { producer_byte_rate: 1 }],
    ['an empty name', { user: '' }, { producer_byte_rate: 1 }],
    ['an address with a user', { ip: '::1', user: 'a' }, { connection_creation_rate: 1 }],
    ['what is no address', { ip: 'a b' }, { connection_creation_rate: 1 }],
    ['an unknown key', { user: 'a' }, { speed: 1 }],
    ['a key of another entity', { ip: '::1' }, { producer_byte_rate: 1 }],
    ['zero', { user: 'a' }, { producer_byte_rate: 0 }],
    ['less than zero', { user: 'a' }, { consumer_byte_rate: -1 }],
    ['a fraction of a byte', { user: 'a' }, { producer_byte_rate: 1.5 }],
    ['no number', { user: 'a' }, { producer_byte_rate: NaN }],
  ] as [string, Entity, Values][])('refuse %s', async (_, entity, values) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    expect(await set(client, 1, entity, values)).toBe(ErrorCode.INVALID_REQUEST);
    expect(await described(client, 1)).toEqual([]);
  });

  it('are found by exact name, default and any, strictly or not', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const entities: Entity[] = [
      { user: 'a' },
      { user: null },
      { user: 'a', 'client-id': 'c' },
      { 'client-id': null },
    ];
    for (const entity of entities) await set(client, 1, entity, { consumer_byte_rate: 9 });
    const find = async (components: Component[], strict = false) =>
      (await described(client, 1, components, strict))?.map(({ entity }) => entity);
    const user = (matchType: number, match: string | null) => ({
      entityType: 'user',
      matchType,
      match,
    });
    expect(await find([user(0, 'a')])).toEqual([entities[0], entities[2]]);
    expect(await find([user(0, 'a')], true)).toEqual([entities[0]]);
    expect(await find([user(1, null)])).toEqual([entities[1]]);
    expect(await find([user(2, null)])).toEqual([entities[0], entities[1], entities[2]]);
    expect(await find([], true)).toEqual([]);
    const error = async (components: Component[]) => {
      const request = { components, strict: false };
      const answer = await client.request(ApiKey.describeClientQuotas, 1, request);
      expect(answer.entries).toBeNull();
      return answer.errorCode;
    };
    expect(await error([user(0, null)])).toBe(ErrorCode.INVALID_REQUEST);
    expect(await error([user(1, 'a')])).toBe(ErrorCode.INVALID_REQUEST);
    expect(await error([user(9, null)])).toBe(ErrorCode.INVALID_REQUEST);
    expect(await error([user(2, null), user(1, null)])).toBe(ErrorCode.INVALID_REQUEST);
    expect(await error([{ entityType: 'topic', matchType: 2, match: null }])).toBe(
      ErrorCode.UNSUPPORTED_VERSION,
    );
  });

  it('change nothing when only validated', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const { entries } = await client.request(ApiKey.alterClientQuotas, 1, {
      entries: [
        {
          entity: [{ entityType: 'user', entityName: 'a' }],
          ops: [{ key: 'producer_byte_rate', value: 1, remove: false }],
        },
      ],
      validateOnly: true,
    });
    expect(entries[0]?.errorCode).toBe(0);
    expect(await described(client, 1)).toEqual([]);
  });
});

describe('byte rates', () => {
  async function start(entity: Entity, values: Values) {
    const clock = manualClock();
    // Timers follow the clock; turns of the event loop, which appends need, go on by themselves.
    const scheduler = {
      ...clock,
      nextTurn: (callback: () => void): void => void setImmediate(callback),
    };
    const platform = { ...memoryPlatform({ seed: 1, clock }), scheduler };
    const broker = await startTestBroker({ platform, topics: { t: 1 } });
    const admin = await RawClient.connect(broker.port);
    expect(await set(admin, 1, entity, values)).toBe(0);
    const client = await RawClient.connect(broker.port);
    return {
      broker,
      clock,
      client,
      async [Symbol.asyncDispose]() {
        await admin.close();
        await client.close();
        const stopping = broker.stop();
        await clock.advance(10_000);
        await stopping;
      },
    };
  }
  const metadata = { topics: [] };
  const large = (bytes: number) => produceRequest('t', batchOf(['x'.repeat(bytes)]));

  it.each([3, 6, 9, 11])(
    'answer a producer at once and then start nothing of it, in Produce version %d',
    async (version) => {
      await using world = await start({ 'client-id': 'raw' }, { producer_byte_rate: 1000 });
      const { broker, clock, client } = world;
      const within = await client.request(ApiKey.produce, version, large(5_000));
      expect(within.throttleTimeMs).toBe(0);
      const beyond = await client.request(ApiKey.produce, version, large(14_850));
      expect(beyond.responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
      expect(beyond.throttleTimeMs).toBeGreaterThan(9_900);
      expect(beyond.throttleTimeMs).toBeLessThan(10_100);
      client.send(ApiKey.metadata, 1, metadata);
      await using other = await RawClient.connect(broker.port);
      await other.request(ApiKey.metadata, 1, metadata);
      const answered = (): number => broker.broker.metrics().requests['Metadata'] ?? 0;
      expect(answered()).toBe(1);
      await clock.advance(9_000);
      await other.request(ApiKey.metadata, 1, metadata);
      expect(answered()).toBe(2);
      await clock.advance(1_200);
      await client.response(ApiKey.metadata, 1);
      expect(answered()).toBe(3);
    },
  );

  it.each([
    [{ 'client-id': null }, true],
    [{ user: 'ANONYMOUS' }, true],
    [{ user: null, 'client-id': 'raw' }, true],
    [{ user: 'ann' }, false],
    [{ 'client-id': 'other' }, false],
    [{ ip: '127.0.0.1' }, false],
  ] as [Entity, boolean][])('of %o reach the client: %s', async (entity, isReached) => {
    const key = 'ip' in entity ? 'connection_creation_rate' : 'producer_byte_rate';
    await using world = await start(entity, { [key]: 10 });
    const { throttleTimeMs } = await world.client.request(ApiKey.produce, 9, large(5_000));
    expect(throttleTimeMs > 0).toBe(isReached);
  });

  it('of the most specific entity alone decide', async () => {
    await using world = await start({ 'client-id': null }, { producer_byte_rate: 10 });
    await using admin = await RawClient.connect(world.broker.port);
    const specific = { user: null, 'client-id': 'raw' };
    await set(admin, 1, specific, { producer_byte_rate: 1_000_000 });
    const { throttleTimeMs } = await world.client.request(ApiKey.produce, 9, large(5_000));
    expect(throttleTimeMs).toBe(0);
  });

  it('send a consumer nothing until it was silent long enough', async () => {
    await using world = await start({ 'client-id': 'raw' }, { consumer_byte_rate: 1000 });
    const { broker, clock, client } = world;
    for (let index = 0; index < 4; index++) {
      await broker.produce('t', [{ value: 'x'.repeat(6_000) }]);
    }
    const request = fetchRequest('t', 0);
    const first = await client.request(ApiKey.fetch, 11, request);
    expect(first.throttleTimeMs).toBe(0);
    expect(first.responses[0]?.partitions[0]?.records?.length).toBeLessThan(10_000);
    const second = await client.request(ApiKey.fetch, 11, fetchRequest('t', 1));
    expect(second).toMatchObject({ errorCode: 0, sessionId: 0, responses: [] });
    expect(second.throttleTimeMs).toBeGreaterThan(0);
    await clock.advance(11_000);
    const third = await client.request(ApiKey.fetch, 11, fetchRequest('t', 1));
    expect(third.responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(6_000);
  });

  it('keep the session of a consumer that has to be silent', async () => {
    await using world = await start({ 'client-id': 'raw' }, { consumer_byte_rate: 1000 });
    const { broker, clock, client } = world;
    const fetch = (sessionId: number, sessionEpoch: number, offset: number) =>
      client.request(ApiKey.fetch, 11, { ...fetchRequest('t', offset), sessionId, sessionEpoch });
    for (let index = 0; index < 4; index++) {
      await broker.produce('t', [{ value: 'x'.repeat(6_000) }]);
    }
    const { sessionId } = await fetch(0, 0, 0);
    expect(sessionId).toBeGreaterThan(0);
    const silent = await fetch(sessionId, 1, 1);
    expect(silent).toMatchObject({ errorCode: 0, sessionId, responses: [] });
    expect(silent.throttleTimeMs).toBeGreaterThan(0);
    await clock.advance(11_000);
    const again = await fetch(sessionId, 2, 1);
    expect(again.responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(6_000);
  });

  it('silence a producer that wants no answers', async () => {
    await using world = await start({ 'client-id': 'raw' }, { producer_byte_rate: 100 });
    const { broker, clock, client } = world;
    const unanswered = { ...large(2_000), acks: 0 };
    client.send(ApiKey.produce, 9, unanswered);
    client.send(ApiKey.produce, 9, unanswered);
    await broker.waitFor('t', 1);
    expect(await broker.records('t')).toHaveLength(1);
    await clock.advance(20_000);
    expect(await broker.waitFor('t', 2)).toHaveLength(2);
  });
});

describe('request_percentage', () => {
  /** A clock on which every look takes a millisecond. */
  async function start(percentage: number) {
    const clock = manualClock();
    const ticking = {
      ...clock,
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs() + looks++,
    };
    let looks = 0;
    const scheduler = {
      ...clock,
      nextTurn: (callback: () => void): void => void setImmediate(callback),
    };
    const platform = { ...memoryPlatform({ seed: 1, clock }), clock: ticking, scheduler };
    const broker = await startTestBroker({ platform, topics: { t: 1 } });
    const admin = await RawClient.connect(broker.port);
    const entity = { 'client-id': 'raw' };
    expect(await set(admin, 1, entity, { request_percentage: percentage })).toBe(0);
    const client = await RawClient.connect(broker.port);
    return {
      broker,
      clock,
      client,
      async [Symbol.asyncDispose]() {
        await admin.close();
        await client.close();
        const stopping = broker.stop();
        await clock.advance(10_000);
        await stopping;
      },
    };
  }

  it('silences whoever takes too much time, a second at most at once, in every API', async () => {
    await using world = await start(0.001);
    const { broker, clock, client } = world;
    const answer = await client.request(ApiKey.metadata, 6, { topics: [] });
    expect(answer.throttleTimeMs).toBe(1_000);
    client.send(ApiKey.fetch, 11, fetchRequest('t', 0));
    await using other = await RawClient.connect(broker.port);
    await other.request(ApiKey.metadata, 1, { topics: [] }, 'other');
    expect(broker.broker.metrics().requests['Fetch']).toBe(0);
    await broker.produce('t', [{ value: 'a' }]);
    await clock.advance(1_001);
    const { body } = await client.response(ApiKey.fetch, 11);
    expect(body).toMatchObject({ errorCode: 0, responses: [], throttleTimeMs: 1_000 });
    await clock.advance(1_001);
    const produced = client.request(ApiKey.produce, 9, produceRequest('t', batchOf(['b'])));
    expect(await produced).toMatchObject({ throttleTimeMs: 1_000 });
  });

  it('leaves everybody else alone', async () => {
    await using world = await start(100);
    const { client, broker } = world;
    const answer = await client.request(ApiKey.metadata, 6, { topics: [] });
    expect(answer.throttleTimeMs).toBe(0);
    await using other = await RawClient.connect(broker.port);
    const others = await other.request(ApiKey.metadata, 6, { topics: [] }, 'other');
    expect(others.throttleTimeMs).toBe(0);
  });
});
