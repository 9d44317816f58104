// ListOffsets: the ends of a partition, or the first offset at or after a time.
// Versions: 1-7.
// Behaviour: -1 latest (high watermark; last stable offset for read_committed), -2 earliest, -3 the record with the greatest
//   timestamp (from version 7), ≥ 0 the first record at or after it. Nothing found: -1/-1 without error. A partition named twice:
//   INVALID_REQUEST on it.
// Not implemented: tiered storage (-4 and below answer UNSUPPORTED_VERSION, as below their versions).
// Sources: wire protocol notes §10; Kafka's KafkaApis.handleListOffsetRequest.

import { ErrorCode, KafkaError } from '@drave/contracts';
import { ApiKey, type ListOffsetsRequest } from '@drave/protocol';
import type { Partition } from '@drave/replication';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';
import { fenceError } from '../fencing.js';

type Asked = ListOffsetsRequest['topics'][number]['partitions'][number];

interface PartitionAnswer {
  partitionIndex: number;
  errorCode: number;
  timestamp: number;
  offset: number;
  leaderEpoch: number;
}

const latest = -1;
const earliest = -2;
const maxTimestamp = -3;
const maxTimestampVersionMin = 7;
const readCommitted = 1;

export const listOffsetsHandler = defineHandler({
  apiKey: ApiKey.listOffsets,
  name: 'ListOffsets',
  versions: { min: 1, max: 7 },
  async handle(request, context) {
    const topics = await Promise.all(
      request.topics.map(async ({ name, partitions }) => {
        const twice = namedTwice(partitions);
        return {
          name,
          partitions: await Promise.all(
            partitions.map((asked) => answer(name, asked, { request, twice, context })),
          ),
        };
      }),
    );
    return { topics };
  },
  fail(request, error) {
    return {
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((asked) => refused(asked, error.code)),
      })),
    };
  },
});

function namedTwice(partitions: readonly Asked[]): Set<number> {
  const seen = new Set<number>();
  const twice = new Set<number>();
  for (const { partitionIndex } of partitions) {
    if (seen.has(partitionIndex)) twice.add(partitionIndex);
    seen.add(partitionIndex);
  }
  return twice;
}

interface AnswerContext {
  readonly request: ListOffsetsRequest;
  /** Partitions of the topic that were named more than once. */
  readonly twice: ReadonlySet<number>;
  readonly context: RequestContext;
}

async function answer(
  topic: string,
  asked: Asked,
  { request, twice, context }: AnswerContext,
): Promise<PartitionAnswer> {
  if (twice.has(asked.partitionIndex)) return refused(asked, ErrorCode.INVALID_REQUEST);
  if (!isKnownTime(asked.timestamp, context.apiVersion)) {
    return refused(asked, ErrorCode.UNSUPPORTED_VERSION);
  }
  const partition = context.broker.replicas.partition(topic, asked.partitionIndex);
  if (!partition) return refused(asked, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const fenced = fenceError(partition, context.broker.nodeId, asked.currentLeaderEpoch);
  if (fenced) return refused(asked, fenced);
  const isCommittedOnly = request.isolationLevel === readCommitted;
  const bound = isCommittedOnly ? partition.lastStableOffset : partition.highWatermark;
  try {
    return await find(partition, asked, bound);
  } catch (error) {
    if (error instanceof KafkaError) return refused(asked, error.code);
    context.broker.logger.error('list-offsets-failed', { topic, error });
    return refused(asked, ErrorCode.UNKNOWN_SERVER_ERROR);
  }
}

function isKnownTime(timestamp: number, apiVersion: number): boolean {
  if (timestamp === maxTimestamp) return apiVersion >= maxTimestampVersionMin;
  return timestamp >= earliest;
}

async function find(partition: Partition, asked: Asked, bound: number): Promise<PartitionAnswer> {
  const { timestamp } = asked;
  if (timestamp === latest) return found(asked, partition, bound, -1);
  if (timestamp === earliest) return found(asked, partition, partition.logStartOffset, -1);
  if (timestamp === maxTimestamp) {
    const greatest = await partition.log.maxTimestampOffset(bound);
    return found(asked, partition, greatest?.offset ?? -1, greatest?.timestamp ?? -1);
  }
  const first = await partition.log.offsetForTimestamp(timestamp, bound);
  return found(asked, partition, first?.offset ?? -1, first?.timestamp ?? -1);
}

function found(
  asked: Asked,
  partition: Partition,
  offset: number,
  timestamp: number,
): PartitionAnswer {
  return {
    partitionIndex: asked.partitionIndex,
    errorCode: 0,
    timestamp,
    offset,
    leaderEpoch: offset === -1 ? -1 : partition.leaderEpoch,
  };
}

function refused(asked: Asked, errorCode: number): PartitionAnswer {
  return {
    partitionIndex: asked.partitionIndex,
    errorCode,
    timestamp: -1,
    offset: -1,
    leaderEpoch: -1,
  };
}
