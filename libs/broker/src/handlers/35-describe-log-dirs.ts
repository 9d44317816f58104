// DescribeLogDirs: the data directory and the size of each partition in it.
// Versions: 1-4.
// Behaviour: null topics are all; unknown topics and partitions are left out. One directory; when it is out of service its error is
//   KAFKA_STORAGE_ERROR and no partitions are listed. Nothing lags and nothing is a future replica. Each virtual broker lists the
//   partitions it is a replica of, although the files are there once. Bytes of the volume (4) are -1 where the disk cannot tell.
// Not implemented: the metadata log is not listed.
// Sources: wire protocol notes §14; Kafka's ReplicaManager.describeLogDirs.

import { ErrorCode } from '@drave/contracts';
import { ApiKey, type DescribeLogDirsRequest, type ResponseInputMap } from '@drave/protocol';
import type { Partition } from '@drave/replication';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';

type DirectoryAnswer = ResponseInputMap[35]['results'][number];
type TopicAnswer = DirectoryAnswer['topics'][number];

const volumeVersionMin = 4;

export const describeLogDirsHandler = defineHandler({
  apiKey: ApiKey.describeLogDirs,
  name: 'DescribeLogDirs',
  versions: { min: 1, max: 4 },
  async handle(request, context) {
    const described = describeDirectory(request, context);
    const volume = context.apiVersion >= volumeVersionMin ? await volumeOf(context) : {};
    return { errorCode: 0, results: [{ ...described, ...volume }] };
  },
  fail(_request, { code }) {
    return { errorCode: code, results: [] };
  },
});

/** Bytes of the volume the directory is on; −1 is unknown. */
async function volumeOf({
  broker: { disk, logs, logger },
}: RequestContext): Promise<{ readonly totalBytes: number; readonly usableBytes: number }> {
  try {
    const total = await disk.totalBytes(logs.directory);
    const usable = await disk.freeBytes(logs.directory);
    return { totalBytes: known(total), usableBytes: known(usable) };
  } catch (error) {
    logger.warn('disk-space-unknown', { directory: logs.directory, error });
    return { totalBytes: -1, usableBytes: -1 };
  }
}

function known(bytes: number): number {
  return Number.isSafeInteger(bytes) ? bytes : -1;
}

function describeDirectory(
  { topics }: DescribeLogDirsRequest,
  { broker }: RequestContext,
): DirectoryAnswer {
  const { logs, replicas, metadata } = broker;
  if (logs.failure) {
    return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir: logs.directory, topics: [] };
  }
  const described: TopicAnswer[] = [];
  const asked = topics ?? Array.from(metadata.image.topics(), everyPartition);
  for (const { topic, partitions } of asked) {
    const hosted = new Set(partitions.map((index) => replicas.partition(topic, index)));
    for (const partition of hosted) {
      if (!partition?.replicas.includes(broker.nodeId)) hosted.delete(partition);
    }
    if (hosted.size === 0) continue;
    described.push({
      name: topic,
      partitions: Array.from(hosted as Set<Partition>, ({ topicPartition, log }) => ({
        partitionIndex: topicPartition.partition,
        partitionSize: log.sizeBytes,
        offsetLag: 0,
        isFutureKey: false,
      })),
    });
  }
  return { errorCode: 0, logDir: logs.directory, topics: described };
}

function everyPartition({ name, partitionCount }: { name: string; partitionCount: number }): {
  topic: string;
  partitions: number[];
} {
  return { topic: name, partitions: Array.from({ length: partitionCount }, (_, index) => index) };
}
