// ConsumerGroupHeartbeat: membership of consumer groups (KIP-848): joining, going on, leaving, and the assignment in return.
// Versions: 0-1.
// Behaviour: the coordinator's. In version 0 the broker makes the member id of a joining member.
// Not implemented: classic members in such a group: JoinGroup is refused while it has members, and this while a classic group has.
// Sources: wire protocol notes §12; KIP-848; Kafka's GroupMetadataManager.

import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const consumerGroupHeartbeatHandler = defineHandler({
  apiKey: ApiKey.consumerGroupHeartbeat,
  name: 'ConsumerGroupHeartbeat',
  versions: { min: 0, max: 1 },
  groupOf: ({ groupId }) => groupId,
  async handle(request, { broker, apiVersion, clientId, client }) {
    const { groupId, memberId } = request;
    broker.members.heard(groupId, memberId, client);
    const from = { clientId, clientHost: `/${client.host}` };
    const answer = await broker.coordinator.consumerGroupHeartbeat(
      { ...request, apiVersion },
      from,
    );
    // In version 0 it learns its id now.
    if (memberId === '') broker.members.heard(groupId, answer.memberId ?? '', client);
    return answer;
  },
  fail(_request, { code, message }) {
    return { errorCode: code, errorMessage: message, memberEpoch: 0, heartbeatIntervalMs: 0 };
  },
});
