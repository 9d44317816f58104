// SCRAM credentials over a real socket: stored, described without secrets, kept over a restart.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { memoryPlatform } from '@drave/platform';
import { ApiKey } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { RawClient } from './raw-client.js';

const sha256 = 1;
const sha512 = 2;

const upsert = (name: string, mechanism: number, iterations = 4096, salt = 'salt') => ({
  name,
  mechanism,
  iterations,
  salt: Buffer.from(salt),
  saltedPassword: Buffer.alloc(32, 7),
});

async function alter(
  client: RawClient,
  upsertions: ReturnType<typeof upsert>[],
  deletions: { name: string; mechanism: number }[] = [],
) {
  const request = { deletions, upsertions };
  const { results } = await client.request(ApiKey.alterUserScramCredentials, 0, request);
  return results.map(({ user, errorCode }) => [user, errorCode]);
}

async function described(client: RawClient, users: string[] | null) {
  const { results } = await client.request(ApiKey.describeUserScramCredentials, 0, {
    users: users?.map((name) => ({ name })) ?? null,
  });
  return results.map(({ user, errorCode, credentialInfos }) => [user, errorCode, credentialInfos]);
}

describe('SCRAM users', () => {
  it('are stored by mechanism, described without secrets, kept over a restart, removed', async () => {
    const platform = memoryPlatform({ seed: 1 });
    const broker = await startTestBroker({ platform });
    const client = await RawClient.connect(broker.port);
    expect(await alter(client, [upsert('ann', sha256), upsert('bob', sha256)])).toEqual([
      ['ann', 0],
      ['bob', 0],
    ]);
    expect(await alter(client, [upsert('ann', sha512, 8192)])).toEqual([['ann', 0]]);
    await client.close();
    await broker.stop();
    await using again = await startTestBroker({ platform });
    await using second = await RawClient.connect(again.port);
    const ann = [
      { mechanism: sha256, iterations: 4096 },
      { mechanism: sha512, iterations: 8192 },
    ];
    expect(await described(second, null)).toEqual([
      ['ann', 0, ann],
      ['bob', 0, [{ mechanism: sha256, iterations: 4096 }]],
    ]);
    expect(await alter(second, [], [{ name: 'bob', mechanism: sha256 }])).toEqual([['bob', 0]]);
    expect(await described(second, ['ann', 'bob', 'carl', 'carl'])).toEqual([
      ['ann', 0, ann],
      ['bob', ErrorCode.RESOURCE_NOT_FOUND, []],
      ['carl', ErrorCode.DUPLICATE_RESOURCE, []],
    ]);
  });

  it.each([
    ['an empty name', upsert('', sha256), ErrorCode.UNACCEPTABLE_CREDENTIAL],
    ['too few iterations', upsert('u', sha256, 4095), ErrorCode.UNACCEPTABLE_CREDENTIAL],
    ['too many iterations', upsert('u', sha256, 16_385), ErrorCode.UNACCEPTABLE_CREDENTIAL],
    ['an unknown mechanism', upsert('u', 0), ErrorCode.UNSUPPORTED_SASL_MECHANISM],
    ['an empty salt', upsert('u', sha256, 4096, ''), ErrorCode.UNACCEPTABLE_CREDENTIAL],
  ])('refuse %s', async (_, upsertion, error) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    expect(await alter(client, [upsertion])).toEqual([[upsertion.name, error]]);
    expect(await described(client, null)).toEqual([]);
  });

  it('change all of a user or nothing', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const twice = [upsert('u', sha256), upsert('u', sha256, 5000), upsert('v', sha256)];
    expect(await alter(client, twice)).toEqual([
      ['u', ErrorCode.DUPLICATE_RESOURCE],
      ['v', 0],
    ]);
    const absent = [{ name: 'w', mechanism: sha512 }];
    expect(await alter(client, [upsert('w', sha256)], absent)).toEqual([
      ['w', ErrorCode.RESOURCE_NOT_FOUND],
    ]);
    expect((await described(client, null)).map(([user]) => user)).toEqual(['v']);
  });
});
