// SyncGroup: the leader hands in the assignment, every member gets its part.
// Versions: 0-5.
// Behaviour: the coordinator's; answered when the assignment is committed.
// Not implemented: nothing of these versions.
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const syncGroupHandler = defineHandler({
  apiKey: ApiKey.syncGroup,
  name: 'SyncGroup',
  versions: { min: 0, max: 5 },
  groupOf: ({ groupId }) => groupId,
  handle(request, { broker, client }) {
    broker.members.heard(request.groupId, request.memberId, client);
    return broker.coordinator.syncGroup(request);
  },
  fail(_request, { code }) {
    return { errorCode: code, assignment: Buffer.alloc(0) };
  },
});
