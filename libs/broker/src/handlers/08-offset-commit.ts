// OffsetCommit: stores offsets of a group.
// Versions: 2-9.
// Behaviour: the coordinator's (libs/coordinator): members are checked by generation or epoch, simple groups are accepted; answered when
//   the offsets are committed to `__consumer_offsets`.
// Not implemented: nothing of these versions.
// Sources: wire protocol notes §11; Kafka's GroupCoordinator.

import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const offsetCommitHandler = defineHandler({
  apiKey: ApiKey.offsetCommit,
  name: 'OffsetCommit',
  versions: { min: 2, max: 9 },
  handle(request, { broker, apiVersion }) {
    return broker.coordinator.offsetCommit({ ...request, apiVersion });
  },
  fail(request, { code }) {
    return {
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
      })),
    };
  },
});
