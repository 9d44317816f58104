// OffsetFetch: the committed offsets of one group, from version 8 of several.
// Versions: 1-9.
// Behaviour: unknown groups and partitions answer offset -1 without error; null topics are all topics with offsets. Versions 2-7
//   carry a group's error at the top as well. From version 9 a member of a consumer group is checked by its epoch.
// Not implemented: require_stable has nothing to wait for while there are no transactions.
// Sources: wire protocol notes §11; Kafka's KafkaApis.handleOffsetFetchRequest.

import { ErrorCode } from '@drave/contracts';
import { ApiKey, type OffsetFetchRequest, type ResponseInputMap } from '@drave/protocol';
import { coordinates } from '../cluster-nodes.js';
import { defineHandler } from '../define-handler.js';

const groupsVersionMin = 8;

const topLevelErrorVersionMin = 2;

export const offsetFetchHandler = defineHandler({
  apiKey: ApiKey.offsetFetch,
  name: 'OffsetFetch',
  versions: { min: 1, max: 9 },
  groupOf: ({ groupId }, apiVersion) => (apiVersion < groupsVersionMin ? groupId : undefined),
  async handle(request, { broker, apiVersion }) {
    if (apiVersion >= groupsVersionMin) {
      const kept = request.groups.filter(({ groupId }) => coordinates(groupId, broker));
      const fetched = await broker.coordinator.offsetFetch({ groups: kept });
      const foreign = request.groups.filter((group) => !kept.includes(group));
      return { groups: [...fetched, ...foreign.map(foreignGroup)] };
    }
    const { groupId, topics } = request;
    const [group] = await broker.coordinator.offsetFetch({ groups: [{ groupId, topics }] });
    const errorCode = group?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    const isPerPartition = errorCode !== 0 && apiVersion < topLevelErrorVersionMin;
    return {
      topics: isPerPartition ? refused(request, errorCode) : (group?.topics ?? []),
      errorCode,
    };
  },
  fail(request, { code }) {
    return {
      topics: refused(request, code),
      errorCode: code,
      groups: request.groups.map(({ groupId }) => ({ groupId, topics: [], errorCode: code })),
    };
  },
});

function refused({ topics }: OffsetFetchRequest, errorCode: number): ResponseInputMap[9]['topics'] {
  return (topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1,
      metadata: '',
      errorCode,
    })),
  }));
}

function foreignGroup({ groupId }: { readonly groupId: string }): {
  groupId: string;
  topics: [];
  errorCode: number;
} {
  return { groupId, topics: [], errorCode: ErrorCode.NOT_COORDINATOR };
}
