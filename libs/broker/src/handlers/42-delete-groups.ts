// DeleteGroups: removes empty groups with their offsets.
// Versions: 0-2.
// Behaviour: the coordinator's; a group with members is NON_EMPTY_GROUP, an unknown one GROUP_ID_NOT_FOUND.
// Not implemented: nothing of these versions.
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const deleteGroupsHandler = defineHandler({
  apiKey: ApiKey.deleteGroups,
  name: 'DeleteGroups',
  versions: { min: 0, max: 2 },
  async handle(request, { broker }) {
    return { results: await broker.coordinator.deleteGroups(request.groupsNames) };
  },
  fail(request, { code }) {
    return { results: request.groupsNames.map((groupId) => ({ groupId, errorCode: code })) };
  },
});
