// DescribeGroups: state, members and assignments of groups.
// Versions: 0-5.
// Behaviour: the coordinator's; an unknown group, and as in Kafka a consumer group (ConsumerGroupDescribe), is Dead without error. Without an authorizer every operation is allowed.
// Not implemented: version 6 (GROUP_ID_NOT_FOUND with a message).
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ApiKey } from '@drave/protocol';
import { groupOperations, operationsNotAsked } from '../authorized-operations.js';
import { defineHandler } from '../define-handler.js';

export const describeGroupsHandler = defineHandler({
  apiKey: ApiKey.describeGroups,
  name: 'DescribeGroups',
  versions: { min: 0, max: 5 },
  async handle(request, { broker, apiVersion }) {
    const { groups, includeAuthorizedOperations } = request;
    const authorizedOperations = includeAuthorizedOperations ? groupOperations : operationsNotAsked;
    const described = await broker.coordinator.describeGroups({ apiVersion, groups });
    return { groups: described.map((group) => ({ ...group, authorizedOperations })) };
  },
  fail(request, { code }) {
    return {
      groups: request.groups.map((groupId) => ({
        errorCode: code,
        groupId,
        groupState: '',
        protocolType: '',
        protocolData: '',
        members: [],
      })),
    };
  },
});
