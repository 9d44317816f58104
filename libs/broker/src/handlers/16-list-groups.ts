// ListGroups: the groups this broker coordinates.
// Versions: 0-5.
// Behaviour: filters by state (4) and type (5), case-insensitive: classic and consumer groups.
// Not implemented: share and streams groups: none are listed.
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ApiKey } from '@drave/protocol';
import { coordinates } from '../cluster-nodes.js';
import { defineHandler } from '../define-handler.js';

export const listGroupsHandler = defineHandler({
  apiKey: ApiKey.listGroups,
  name: 'ListGroups',
  versions: { min: 0, max: 5 },
  handle(request, { broker }) {
    const { errorCode, groups } = broker.coordinator.listGroups(request);
    return { errorCode, groups: groups.filter(({ groupId }) => coordinates(groupId, broker)) };
  },
  fail(_request, { code }) {
    return { errorCode: code, groups: [] };
  },
});
