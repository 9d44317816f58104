// JoinGroup: a member enters or re-enters its group and waits for the next generation.
// Versions: 0-9; 0 and 1 stay because librdkafka before 2.11 reads features out of the range.
// Behaviour: the coordinator's; answered when the rebalance completes.
// Not implemented: KIP-848 groups.
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const joinGroupHandler = defineHandler({
  apiKey: ApiKey.joinGroup,
  name: 'JoinGroup',
  versions: { min: 0, max: 9 },
  groupOf: ({ groupId }) => groupId,
  handle(request, { broker, client, apiVersion, clientId }) {
    broker.members.heard(request.groupId, request.memberId, client);
    return broker.coordinator.joinGroup(
      { ...request, apiVersion },
      { clientId, clientHost: `/${client.host}` },
    );
  },
  fail({ memberId }, { code }) {
    return {
      errorCode: code,
      generationId: -1,
      protocolType: null,
      protocolName: '',
      leader: '',
      memberId,
      members: [],
    };
  },
});
