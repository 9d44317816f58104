// DescribeGroups: state, members and assignments of groups.
// Versions: 0-5.
// Behaviour: the coordinator's; an unknown group, and as in Kafka a consumer group (ConsumerGroupDescribe), is Dead without error. Without an authorizer every operation is allowed.
// Not implemented: version 6 (GROUP_ID_NOT_FOUND with a message).
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ErrorCode } from '@drave/contracts';
import { ApiKey, type ResponseInputMap } from '@drave/protocol';
import { groupOperations, operationsNotAsked } from '../authorized-operations.js';
import { coordinates } from '../cluster-nodes.js';
import { defineHandler } from '../define-handler.js';

export const describeGroupsHandler = defineHandler({
  apiKey: ApiKey.describeGroups,
  name: 'DescribeGroups',
  versions: { min: 0, max: 5 },
  async handle(request, { broker, apiVersion }) {
    const { groups, includeAuthorizedOperations } = request;
    const authorizedOperations = includeAuthorizedOperations ? groupOperations : operationsNotAsked;
    const kept = groups.filter((groupId) => coordinates(groupId, broker));
    const described = await broker.coordinator.describeGroups({ apiVersion, groups: kept });
    const foreign = groups.filter((groupId) => !kept.includes(groupId));
    return {
      groups: [
        ...described.map((group) => ({ ...group, authorizedOperations })),
        ...foreign.map((groupId) => undescribed(groupId, ErrorCode.NOT_COORDINATOR)),
      ],
    };
  },
  fail(request, { code }) {
    return { groups: request.groups.map((groupId) => undescribed(groupId, code)) };
  },
});

function undescribed(groupId: string, errorCode: number): ResponseInputMap[15]['groups'][number] {
  return { errorCode, groupId, groupState: '', protocolType: '', protocolData: '', members: [] };
}
