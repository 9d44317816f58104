// LeaveGroup: members leave, or an administrator removes static ones.
// Versions: 0-5; before 3 the one member stands at the top of the request.
// Behaviour: the coordinator's. Not implemented: nothing of these versions.
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

const membersVersionMin = 3;

export const leaveGroupHandler = defineHandler({
  apiKey: ApiKey.leaveGroup,
  name: 'LeaveGroup',
  versions: { min: 0, max: 5 },
  groupOf: ({ groupId }) => groupId,
  handle(request, { broker, apiVersion }) {
    const { groupId, memberId } = request;
    const members = apiVersion >= membersVersionMin ? request.members : [{ memberId }];
    return broker.coordinator.leaveGroup({ apiVersion, groupId, members });
  },
  fail(_request, { code }) {
    return { errorCode: code, members: [] };
  },
});
