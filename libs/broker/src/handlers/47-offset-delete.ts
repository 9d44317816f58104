// OffsetDelete: forgets committed offsets one by one.
// Versions: 0.
// Behaviour: the coordinator's; offsets of a topic that members read are GROUP_SUBSCRIBED_TO_TOPIC, unknown groups
//   GROUP_ID_NOT_FOUND.
// Not implemented: nothing of this version.
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const offsetDeleteHandler = defineHandler({
  apiKey: ApiKey.offsetDelete,
  name: 'OffsetDelete',
  versions: { min: 0, max: 0 },
  groupOf: ({ groupId }) => groupId,
  handle(request, { broker }) {
    return broker.coordinator.offsetDelete(request);
  },
  fail(_request, { code }) {
    return { errorCode: code, topics: [] };
  },
});
