// One record by its address, with the batch it lies in. Protects: an offset that is inside the log but has no record (compacted,
// a transaction's marker) is told apart from one outside. Leaves out: index entries and file positions, which a broker keeps.

import { ErrorCode, KafkaError, type TopicPartition } from '@drave/contracts';
import {
  ApiKey,
  currentMagic,
  forEachBatch,
  forEachRecord,
  type RecordBatchView,
} from '@drave/protocol';

import type { Cluster } from '../cluster.js';
import { Lane } from '../lane.js';
import type { ConsumerRecord } from '../partition-buffer.js';

export interface FoundRecord {
  /** undefined: there is none at this offset (any more). */
  readonly record: ConsumerRecord | undefined;
  /** The batch that covers the offset, or the next one there is. */
  readonly batch: RecordBatchView | undefined;
  readonly isCrcValid: boolean;
}

const batchBytesMax = 1_048_576;

export async function readRecord(
  cluster: Cluster,
  { topic, partition, offset }: TopicPartition & { readonly offset: number },
): Promise<FoundRecord> {
  const lane = new Lane('record');
  try {
    const answer = await cluster.retry(async () => {
      await cluster.metadata.refresh([topic]);
      const known = cluster.metadata.topic(topic);
      if (!known || partition >= known.partitions.length) {
        throw new KafkaError(
          known
            ? 'UNKNOWN_TOPIC_OR_PARTITION'
            : cluster.metadata.topicError(topic) || 'UNKNOWN_TOPIC_OR_PARTITION',
          known
            ? `topic '${topic}' has ${known.partitions.length} partitions, from 0 on, and no '${partition}'`
            : `topic '${topic}'`,
        );
      }
      const leader = cluster.metadata.leader({ topic, partition });
      if (!leader) throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic}-${partition}`);
      return fetchOnce(cluster, { nodeId: leader.nodeId, lane }, { topic, partition, offset });
    });
    return find(answer, { topic, partition, offset });
  } finally {
    lane.close();
  }
}

async function fetchOnce(
  cluster: Cluster,
  to: { readonly nodeId: number; readonly lane: Lane },
  { topic, partition, offset: fetchOffset }: TopicPartition & { readonly offset: number },
): Promise<Buffer> {
  const response = await cluster.request(to, ApiKey.fetch, {
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: batchBytesMax,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        topic,
        partitions: [
          {
            partition,
            currentLeaderEpoch: -1,
            fetchOffset,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            partitionMaxBytes: batchBytesMax,
          },
        ],
      },
    ],
    forgottenTopicsData: [],
    rackId: '',
  });
  const answer = response.responses[0]?.partitions[0];
  const code = response.errorCode || (answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR);
  if (code !== ErrorCode.NONE) {
    throw new KafkaError(code, `cannot read ${topic}-${partition} at offset ${fetchOffset}`);
  }
  return answer?.records ?? Buffer.alloc(0);
}

function find(
  bytes: Buffer,
  { topic, partition, offset }: TopicPartition & { readonly offset: number },
): FoundRecord {
  let batch: RecordBatchView | undefined;
  forEachBatch(bytes, (view) => {
    if (view.magic === currentMagic && view.lastOffset < offset) return undefined;
    batch = view;
    return false;
  });
  if (!batch) return { record: undefined, batch, isCrcValid: true };
  const isCrcValid = batch.magic !== currentMagic || batch.crcIsValid();
  if (!isCrcValid || batch.isControl || batch.magic !== currentMagic) {
    return { record: undefined, batch, isCrcValid };
  }
  const leaderEpoch = batch.partitionLeaderEpoch;
  let record: ConsumerRecord | undefined;
  forEachRecord(batch, (one) => {
    if (one.offset < offset) return undefined;
    if (one.offset === offset) record = { ...one, topic, partition, leaderEpoch };
    return false;
  });
  return { record, batch, isCrcValid };
}
