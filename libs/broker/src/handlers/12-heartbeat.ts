// Heartbeat: a member says that it lives and learns of rebalances.
// Versions: 0-4.
// Behaviour: the coordinator's. Not implemented: nothing of these versions.
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const heartbeatHandler = defineHandler({
  apiKey: ApiKey.heartbeat,
  name: 'Heartbeat',
  versions: { min: 0, max: 4 },
  groupOf: ({ groupId }) => groupId,
  handle(request, { broker, client }) {
    broker.members.heard(request.groupId, request.memberId, client);
    return broker.coordinator.heartbeat(request);
  },
  fail(_request, { code }) {
    return { errorCode: code };
  },
});
