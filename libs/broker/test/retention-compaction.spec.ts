// Old records go while the broker runs: retention under a slow reader, compaction of a topic and of the offsets of groups.
import { describe, expect, it, vi } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { memoryPlatform } from '@drave/platform';
import { ApiKey, buildBatch, forEachBatch, type KafkaRecord } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { fetchRequest, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

const patience = { timeout: 20_000, interval: 20 };

async function fetchAt(client: RawClient, topic: string, offset: number) {
  const answer = await client.request(ApiKey.fetch, 12, fetchRequest(topic, offset));
  const partition = answer.responses[0]?.partitions[0];
  if (!partition) throw new Error('no partition in the answer');
  return partition;
}

/** All records from offset 0 on, as a consumer gets them. */
async function consume(client: RawClient, topic: string): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = [];
  for (let offset = 0; ;) {
    const partition = await fetchAt(client, topic, offset);
    expect(partition.errorCode).toBe(0);
    if (partition.records === null || partition.records.length === 0) return records;
    forEachBatch(partition.records, (batch) => {
      expect(batch.crcIsValid()).toBe(true);
      records.push(...batch.records());
      offset = batch.lastOffset + 1;
    });
  }
}

describe('compaction', () => {
  it('leaves a new consumer the last value of each of 100 keys, in order', async () => {
    await using broker = await startTestBroker({ settings: { logCleanerBackoffMs: 20 } });
    await broker.createTopic('prices', 1, {
      'cleanup.policy': 'compact',
      'segment.bytes': '200000',
      'min.cleanable.dirty.ratio': '0.01',
    });
    await using client = await RawClient.connect(broker.port);
    const updates = 100_000;
    for (let first = 0; first < updates; first += 500) {
      const records = Array.from({ length: 500 }, (_, at) => ({
        key: Buffer.from(`key-${(first + at) % 100}`),
        value: Buffer.from(String(first + at)),
        timestamp: Date.now(),
      }));
      const answer = await client.request(
        ApiKey.produce,
        9,
        produceRequest('prices', buildBatch(records)),
      );
      expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
    }
    const records = await vi.waitFor(async () => {
      const found = await consume(client, 'prices');
      expect(found.length).toBeLessThan(updates / 4);
      return found;
    }, patience);
    const offsets = records.map(({ offset }) => offset);
    expect(offsets).toEqual([...new Set(offsets)].sort((one, other) => one - other));
    const last = new Map<string, number>();
    for (const { key, value, offset } of records) {
      expect(Number(value)).toBe(offset);
      last.set(String(key), Number(value));
    }
    expect(last.size).toBe(100);
    for (const [key, value] of last) expect(key).toBe(`key-${value % 100}`);
    expect([...last.values()].every((value) => value >= updates - 100)).toBe(true);
  });

  it('keeps __consumer_offsets short; a restart finds the last commits', async () => {
    const platform = memoryPlatform();
    const settings = {
      logCleanerBackoffMs: 20,
      logCleanerMinCleanableRatio: 0.01,
      offsetsTopicSegmentBytes: 4096,
      offsetsTopicNumPartitions: 1,
    };
    const commits = 600;
    {
      await using broker = await startTestBroker({ platform, settings, topics: { t: 3 } });
      await using client = await RawClient.connect(broker.port);
      for (let offset = 1; offset <= commits; offset++) {
        const partitions = [
          { partitionIndex: offset % 3, committedOffset: offset, committedMetadata: '' },
        ];
        const answer = await client.request(ApiKey.offsetCommit, 8, {
          groupId: 'g',
          memberId: '',
          topics: [{ name: 't', partitions }],
        });
        expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0);
      }
      await vi.waitFor(async () => {
        expect((await broker.records('__consumer_offsets')).length).toBeLessThan(commits / 3);
      }, patience);
    }
    await using broker = await startTestBroker({ platform, settings });
    await using client = await RawClient.connect(broker.port);
    const { topics } = await client.request(ApiKey.offsetFetch, 7, {
      groupId: 'g',
      topics: [{ name: 't', partitionIndexes: [0, 1, 2] }],
    });
    expect(topics[0]?.partitions.map(({ committedOffset }) => committedOffset)).toEqual([
      commits,
      commits - 2,
      commits - 1,
    ]);
  });
});

describe('retention', () => {
  const settings = { logRetentionCheckIntervalMs: 20 };
  const listEarliest = {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
  };

  it.each([
    ['time', { 'retention.ms': '60000' }, 120_000],
    ['size', { 'retention.bytes': '3000' }, 0],
  ])('by %s takes the oldest segments from under a slow reader', async (_by, configs, ageMs) => {
    await using broker = await startTestBroker({ settings });
    await broker.createTopic('t', 1, { ...configs, 'segment.bytes': '1000' });
    await using client = await RawClient.connect(broker.port);
    const produce = (value: string, timestamp: number) =>
      broker.produce('t', [{ value: value.padEnd(300), timestamp, partition: 0 }]);
    for (let at = 0; at < 20; at++) await produce(`${at}`, Date.now() - ageMs);
    await produce('fresh', Date.now());
    await produce('fresher', Date.now());
    await vi.waitFor(async () => {
      expect((await fetchAt(client, 't', 0)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
      // A pass while the records were still being produced takes only some of them.
      expect((await broker.records('t')).length).toBeLessThan(12);
    }, patience);
    const { topics } = await client.request(ApiKey.listOffsets, 5, listEarliest);
    const earliest = topics[0]?.partitions[0]?.offset ?? -1;
    expect(earliest).toBeGreaterThan(0);
    const partition = await fetchAt(client, 't', earliest);
    expect(partition).toMatchObject({ errorCode: 0, logStartOffset: earliest, highWatermark: 22 });
    const stored = await broker.records('t');
    expect(stored.at(-1)?.value?.toString().trim()).toBe('fresher');
    expect(stored[0]?.offset).toBe(earliest);
    await produce('next', Date.now());
    expect((await broker.records('t')).at(-1)?.offset).toBe(22);
  });

  it('follows a policy that is changed while the topic is in use', async () => {
    await using broker = await startTestBroker({
      settings: { ...settings, logCleanerBackoffMs: 20, logCleanerMinCleanableRatio: 0.01 },
    });
    await broker.createTopic('t', 1, { 'segment.bytes': '1000' });
    await using client = await RawClient.connect(broker.port);
    const set = async (name: string, value: string) => {
      const configs = [{ name, value, configOperation: 0 }];
      const { responses } = await client.request(ApiKey.incrementalAlterConfigs, 1, {
        resources: [{ resourceType: 2, resourceName: 't', configs }],
        validateOnly: false,
      });
      expect(responses[0]?.errorCode).toBe(0);
    };
    for (let at = 0; at < 40; at++) {
      await broker.produce('t', [{ key: `${at % 2}`, value: `${at}`.padEnd(300), partition: 0 }]);
    }
    expect(await broker.records('t')).toHaveLength(40);
    await set('cleanup.policy', 'compact');
    await vi.waitFor(async () => {
      expect((await broker.records('t')).length).toBeLessThan(8);
    }, patience);
    const stored = await broker.records('t');
    expect(stored.slice(-2).map(({ key, offset }) => `${key}:${offset}`)).toEqual(['0:38', '1:39']);
    expect((await fetchAt(client, 't', 0)).logStartOffset).toBe(0);
    await set('retention.bytes', '0');
    await set('cleanup.policy', 'compact,delete');
    await vi.waitFor(async () => expect(await broker.records('t')).toEqual([]), patience);
    expect((await fetchAt(client, 't', 40)).logStartOffset).toBe(40);
  });

  it('does not touch what was written in 2001 with retention.ms=-1, nor the metadata', async () => {
    const platform = memoryPlatform();
    {
      await using broker = await startTestBroker({ platform, settings });
      await broker.createTopic('old', 1, { 'retention.ms': '-1' });
      await broker.createTopic('gone', 1, { 'retention.ms': '1000' });
      await broker.produce('old', [{ value: 'a', timestamp: Date.UTC(2001, 1, 1) }]);
      await broker.produce('gone', [{ value: 'a', timestamp: Date.UTC(2001, 1, 1) }]);
      await vi.waitFor(async () => expect(await broker.records('gone')).toEqual([]), patience);
      expect(await broker.records('old')).toHaveLength(1);
    }
    await using broker = await startTestBroker({ platform, settings });
    expect(await broker.records('old')).toHaveLength(1);
    await broker.produce('gone', [{ value: 'b' }]);
    expect((await broker.records('gone')).map(({ offset }) => offset)).toEqual([1]);
  });
});
