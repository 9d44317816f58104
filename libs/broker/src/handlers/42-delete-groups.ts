// DeleteGroups: removes empty groups with their offsets.
// Versions: 0-2.
// Behaviour: the coordinator's; a group with members is NON_EMPTY_GROUP, an unknown one GROUP_ID_NOT_FOUND.
// Not implemented: nothing of these versions.
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { coordinates } from '../cluster-nodes.js';
import { defineHandler } from '../define-handler.js';

export const deleteGroupsHandler = defineHandler({
  apiKey: ApiKey.deleteGroups,
  name: 'DeleteGroups',
  versions: { min: 0, max: 2 },
  async handle(request, { broker }) {
    const kept = request.groupsNames.filter((groupId) => coordinates(groupId, broker));
    const results = await broker.coordinator.deleteGroups(kept);
    const foreign = request.groupsNames.filter((groupId) => !kept.includes(groupId));
    const errorCode = ErrorCode.NOT_COORDINATOR;
    return { results: [...results, ...foreign.map((groupId) => ({ groupId, errorCode }))] };
  },
  fail(request, { code }) {
    return { results: request.groupsNames.map((groupId) => ({ groupId, errorCode: code })) };
  },
});
