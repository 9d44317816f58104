// The metadata log over a real log on a memory disk: what was committed is there after a restart and after a crash.
import { describe, expect, it } from 'vitest';
import {
  brokerSettings,
  KafkaError,
  limits,
  resolveSettings,
  resolveTopicSettings,
} from '@drave/contracts';
import { LogManager, logSettings } from '@drave/log';
import { memoryPlatform, type MemoryPlatform } from '@drave/platform';
import { isRefusal, MetadataLog, ReplicaManager } from '../src/index.js';

interface Opened {
  readonly logs: LogManager;
  readonly metadata: MetadataLog;
  readonly replicas: ReplicaManager;
}

async function open(platform: MemoryPlatform): Promise<Opened> {
  const logs = await LogManager.open({ platform, directory: '/d', flush: 'group', nodeId: 1 });
  const { clock, random, logger } = platform;
  const metadata = await MetadataLog.open({
    logs,
    clock,
    random,
    nodeId: 1,
    logSettings: logSettings(),
  });
  const settings = resolveSettings(brokerSettings);
  const replicas = new ReplicaManager({
    logs,
    nodes: [1],
    logger,
    topicSettings: (topic) => resolveTopicSettings(topic.configs, settings),
    logSettings: (topicSettings) => topicSettings,
  });
  replicas.open(metadata.image);
  metadata.subscribe(replicas);
  return { logs, metadata, replicas };
}

async function stop({ logs, replicas }: Opened): Promise<void> {
  await replicas.close(new KafkaError('NOT_LEADER_OR_FOLLOWER'));
  await logs.close();
}

const shape = (name: string, partitionCount = 1) => ({
  name,
  partitionCount,
  replicationFactor: 1,
  configs: new Map<string, string>(),
});

describe('MetadataLog', () => {
  it('is never subject to retention or compaction, after a restart neither', async () => {
    const platform = memoryPlatform({ seed: 1 });
    for (let start = 0; start < 2; start++) {
      const opened = await open(platform);
      await opened.metadata.createTopic(shape(`t${start}`)).committed;
      expect(await opened.logs.applyRetention(Number.MAX_SAFE_INTEGER)).toBe(0);
      expect(await opened.logs.compact({ isForced: true })).toBe(0);
      const log = opened.logs.get({ topic: '__cluster_metadata', partition: 0 });
      expect(log?.settings).toMatchObject({ retentionMs: -1, retentionBytes: -1 });
      expect(log?.logStartOffset).toBe(0);
      await stop(opened);
    }
  });

  it('keeps topics, configs and deletions over a restart', async () => {
    const platform = memoryPlatform({ seed: 1 });
    const before = await open(platform);
    const kept = before.metadata.createTopic({
      ...shape('kept', 3),
      configs: new Map([['retention.ms', '5']]),
    });
    const gone = before.metadata.createTopic(shape('gone'));
    if (isRefusal(kept.reply) || isRefusal(gone.reply)) throw new Error('refused');
    await before.metadata.deleteTopic(gone.reply.topicId).committed;
    await stop(before);

    const after = await open(platform);
    expect(after.metadata.image.topic('kept')).toEqual(kept.reply);
    expect(after.metadata.image.topic('gone')).toBeUndefined();
    expect(after.replicas.topic('kept')?.partitions).toHaveLength(3);
    expect(after.replicas.topic('kept')?.settings.retentionMs).toBe(5);
    expect(after.logs.get({ topic: 'gone', partition: 0 })).toBeUndefined();
    await stop(after);
  });

  it('shows a new topic at once and settles when a crash cannot take it back', async () => {
    const platform = memoryPlatform({ seed: 2 });
    const { metadata, replicas } = await open(platform);
    const { reply, committed } = metadata.createTopic(shape('t', 2));
    expect(metadata.image.topic('t')).toEqual(reply);
    expect(replicas.partition('t', 1)).toBeDefined();
    expect(metadata.settling).toBeDefined();
    await committed;
    expect(metadata.settling).toBeUndefined();
    platform.disk.crash();
    const after = await open(platform);
    expect(after.metadata.image.topic('t')).toEqual(reply);
    await stop(after);
  });

  it('never hands out a producer id twice, neither in one run nor after a crash', async () => {
    const platform = memoryPlatform({ seed: 3 });
    const before = await open(platform);
    const ids = await Promise.all(
      Array.from({ length: limits.producerIdBlock + 1 }, () =>
        before.metadata.allocateProducerId(),
      ),
    );
    expect(new Set(ids).size).toBe(limits.producerIdBlock + 1);
    platform.disk.crash();
    const after = await open(platform);
    const next = await after.metadata.allocateProducerId();
    expect(next).toBeGreaterThan(Math.max(...ids));
    await stop(after);
  });

  it('a topic created again under an old name has another id and no records', async () => {
    const platform = memoryPlatform({ seed: 4 });
    const opened = await open(platform);
    const { metadata, replicas } = opened;
    const first = metadata.createTopic(shape('t'));
    if (isRefusal(first.reply)) throw new Error('refused');
    await first.committed;
    await metadata.deleteTopic(first.reply.topicId).committed;
    const second = metadata.createTopic(shape('t'));
    await second.committed;
    expect(second.reply).not.toEqual(first.reply);
    expect(replicas.partition('t', 0)?.logEndOffset).toBe(0);
    await stop(opened);
  });
});
