// What survives: a clean restart on a real directory, and a power loss on the crashing memory disk.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { memoryPlatform, nodePlatform, type Platform } from '@drave/platform';
import { ApiKey } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { batchOf, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'drave-broker-'));
  directories.push(directory);
  return directory;
}

const zeroId = '00000000-0000-0000-0000-000000000000';
const initProducer = { transactionalId: null, transactionTimeoutMs: 0 };
const commit = {
  groupId: 'g',
  memberId: '',
  topics: [
    { name: 't', partitions: [{ partitionIndex: 1, committedOffset: 2, committedMetadata: '' }] },
  ],
};

/** Writes a bit of everything; returns what a restart must remember. */
async function fill(port: number): Promise<{ producerId: number; topicId: string }> {
  await using client = await RawClient.connect(port);
  const { producerId } = await client.request(ApiKey.initProducerId, 1, initProducer);
  const records = batchOf(['a', 'b'], { producerId, producerEpoch: 0, baseSequence: 0 });
  await client.request(ApiKey.produce, 9, produceRequest('t', records, { index: 1 }));
  await client.request(ApiKey.offsetCommit, 8, commit);
  const { topics } = await client.request(ApiKey.metadata, 12, { topics: null });
  return { producerId, topicId: topics.find(({ name }) => name === 't')?.topicId ?? '' };
}

async function check(
  platform: Platform,
  directory: string,
  before: { producerId: number; topicId: string; clusterId: string },
): Promise<void> {
  await using broker = await startTestBroker({ platform, directory });
  expect(broker.broker.clusterId).toBe(before.clusterId);
  await using client = await RawClient.connect(broker.port);
  const { topics } = await client.request(ApiKey.metadata, 12, { topics: null });
  expect(topics.map(({ name }) => name ?? '').toSorted()).toEqual(['__consumer_offsets', 't']);
  expect(topics.find(({ name }) => name === 't')).toMatchObject({ topicId: before.topicId });
  const stored = await broker.records('t');
  expect(stored.map(({ value }) => value?.toString())).toEqual(['a', 'b']);
  expect(broker.groups()).toMatchObject([
    { groupId: 'g', offsets: [{ topic: 't', partition: 1, offset: 2 }] },
  ]);
  const { producerId } = before;
  const again = batchOf(['a', 'b'], { producerId, producerEpoch: 0, baseSequence: 0 });
  const duplicate = await client.request(
    ApiKey.produce,
    9,
    produceRequest('t', again, { index: 1 }),
  );
  expect(duplicate.responses[0]?.partitionResponses[0]).toMatchObject({
    errorCode: 0,
    baseOffset: 0,
  });
  const gap = batchOf(['c'], { producerId, producerEpoch: 0, baseSequence: 7 });
  const refused = await client.request(ApiKey.produce, 9, produceRequest('t', gap, { index: 1 }));
  expect(refused.responses[0]?.partitionResponses[0]?.errorCode).toBe(
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  );
  const fresh = await client.request(ApiKey.initProducerId, 1, initProducer);
  expect(fresh.producerId).toBeGreaterThan(producerId);
}

describe('a disk that fails', () => {
  it('is answered KAFKA_STORAGE_ERROR from then on; what was committed stays readable', async () => {
    const platform = memoryPlatform({ seed: 1 });
    const broker = await startTestBroker({ platform, topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const produce = async (acks: number) => {
      const request = produceRequest('t', batchOf(['a']), { acks });
      const { responses } = await client.request(ApiKey.produce, 9, request);
      return responses[0]?.partitionResponses[0]?.errorCode;
    };
    expect(await produce(-1)).toBe(0);
    const fault = platform.disk.fail({ operation: 'sync', code: 'EIO', pathPart: '/t-0/' });
    expect(await produce(-1)).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(fault.hitCount).toBe(1);
    expect(await produce(1)).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(await broker.records('t')).toHaveLength(1);
    const created = await client.request(ApiKey.metadata, 4, {
      topics: [{ topicId: zeroId, name: 'n' }],
    });
    expect(created.topics[0]?.errorCode).not.toBe(0);
    await expect(broker.stop()).rejects.toThrow();
  });
});

describe('a broker started again', () => {
  it.each(['group', 'os'] as const)('knows everything, flush=%s', async (flush) => {
    const directory = await temporary();
    const platform = nodePlatform();
    const broker = await startTestBroker({ platform, directory, flush, topics: { t: 2 } });
    const before = { ...(await fill(broker.port)), clusterId: broker.broker.clusterId };
    await broker.stop();
    await check(platform, directory, before);
    await check(platform, directory, before);
  });

  it.each([1, 2, 3, 4, 5])(
    'knows everything acknowledged before a power loss (seed %d)',
    async (seed) => {
      const platform = memoryPlatform({ seed });
      const directory = '/data';
      const broker = await startTestBroker({ platform, directory, topics: { t: 2 } });
      const before = { ...(await fill(broker.port)), clusterId: broker.broker.clusterId };
      platform.disk.crash();
      await check(platform, directory, before);
    },
  );

  it('is refused a directory in use, in one sentence', async () => {
    const directory = await temporary();
    const platform = nodePlatform();
    await using broker = await startTestBroker({ platform, directory });
    await expect(startTestBroker({ platform, directory })).rejects.toThrow(
      `The data directory ${directory} is in use`,
    );
    await using client = await RawClient.connect(broker.port);
    await client.request(ApiKey.metadata, 1, { topics: [] });
  });

  it('is refused a port that is taken, and leaves the directory usable', async () => {
    const directory = await temporary();
    await using other = await startTestBroker();
    const platform = nodePlatform();
    await expect(startTestBroker({ platform, directory, port: other.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await using broker = await startTestBroker({ platform, directory });
    expect(broker.port).not.toBe(other.port);
  });
});
