// Client quotas over a real socket: rules, storage, and byte rates that silence a client.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { memoryPlatform } from '@drave/platform';
import { ApiKey, type RequestInputMap } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
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
