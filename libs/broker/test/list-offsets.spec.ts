// ListOffsets over a real socket: the ends of a partition and look-up by time.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { startTestBroker, type TestBroker } from '../src/testing/index.js';
import { RawClient } from './raw-client.js';

async function start(): Promise<TestBroker> {
  const broker = await startTestBroker({ topics: { t: 1 } });
  for (const timestamp of [1000, 3000, 2000]) {
    await broker.produce('t', [{ value: 'x', timestamp }]);
  }
  return broker;
}

async function list(client: RawClient, version: number, timestamp: number, partitionIndex = 0) {
  const answer = await client.request(ApiKey.listOffsets, version, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: 't', partitions: [{ partitionIndex, timestamp }] }],
  });
  return answer.topics[0]?.partitions[0];
}

describe('ListOffsets', () => {
  it.each([1, 2, 3, 4, 5, 6, 7])('version %d finds both ends and a time', async (version) => {
    await using broker = await start();
    await using client = await RawClient.connect(broker.port);
    expect(await list(client, version, -1)).toMatchObject({
      errorCode: 0,
      offset: 3,
      timestamp: -1,
    });
    expect(await list(client, version, -2)).toMatchObject({
      errorCode: 0,
      offset: 0,
      timestamp: -1,
    });
    expect(await list(client, version, 1001)).toMatchObject({ offset: 1, timestamp: 3000 });
    expect(await list(client, version, 0)).toMatchObject({ offset: 0, timestamp: 1000 });
    expect(await list(client, version, 3001)).toMatchObject({
      errorCode: 0,
      offset: -1,
      timestamp: -1,
    });
  });

  it('finds the greatest timestamp from version 7 and refuses what is newer than the version', async () => {
    await using broker = await start();
    await using client = await RawClient.connect(broker.port);
    expect(await list(client, 7, -3)).toMatchObject({ errorCode: 0, offset: 1, timestamp: 3000 });
    expect(await list(client, 6, -3)).toMatchObject({ errorCode: ErrorCode.UNSUPPORTED_VERSION });
    expect(await list(client, 7, -4)).toMatchObject({ errorCode: ErrorCode.UNSUPPORTED_VERSION });
  });

  it('answers an unknown partition and one named twice', async () => {
    await using broker = await start();
    await using client = await RawClient.connect(broker.port);
    expect((await list(client, 5, -1, 9))?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    const twice = await client.request(ApiKey.listOffsets, 5, {
      replicaId: -1,
      isolationLevel: 1,
      topics: [
        {
          name: 't',
          partitions: [0, 0].map((partitionIndex) => ({ partitionIndex, timestamp: -1 })),
        },
      ],
    });
    expect(twice.topics[0]?.partitions.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.INVALID_REQUEST,
      ErrorCode.INVALID_REQUEST,
    ]);
  });
});
