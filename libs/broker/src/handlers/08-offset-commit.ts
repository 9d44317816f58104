// OffsetCommit: stores offsets of a group.
// Versions: 2-9.
// Behaviour: the coordinator's (libs/coordinator): members are checked by generation or epoch, simple groups are accepted; answered when
//   the offsets are committed to `__consumer_offsets`. Partitions that do not exist are told whatever the group says.
// Not implemented: nothing of these versions.
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ErrorCode } from '@drave/contracts';
import { ApiKey, type OffsetCommitRequest } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

type Answered = readonly {
  readonly name: string;
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[];
}[];

export const offsetCommitHandler = defineHandler({
  apiKey: ApiKey.offsetCommit,
  name: 'OffsetCommit',
  versions: { min: 2, max: 9 },
  groupOf: ({ groupId }) => groupId,
  async handle(request, { broker, apiVersion }) {
    const isKnown = (name: string, index: number): boolean =>
      broker.replicas.partition(name, index) !== undefined;
    const known = request.topics
      .map((topic) => ({
        ...topic,
        partitions: topic.partitions.filter((one) => isKnown(topic.name, one.partitionIndex)),
      }))
      .filter(({ partitions }) => partitions.length > 0);
    const committed =
      known.length === 0
        ? { topics: [] }
        : await broker.coordinator.offsetCommit({ ...request, topics: known, apiVersion });
    return { topics: request.topics.map((topic) => withUnknown(topic, committed.topics, isKnown)) };
  },
  fail(request, { code }) {
    return {
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
      })),
    };
  },
});

function withUnknown(
  { name, partitions }: OffsetCommitRequest['topics'][number],
  committed: Answered,
  isKnown: (name: string, index: number) => boolean,
): Answered[number] {
  const answered = committed.find((topic) => topic.name === name)?.partitions ?? [];
  return {
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      const unknown = { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
      if (!isKnown(name, partitionIndex)) return unknown;
      return answered.find((one) => one.partitionIndex === partitionIndex) ?? unknown;
    }),
  };
}
