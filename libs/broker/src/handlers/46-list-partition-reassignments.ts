// ListPartitionReassignments: reassignments under way.
// Versions: 0.
// Behaviour: on one broker there never is one: always an empty list, whatever is asked for.
// Not implemented: several brokers.
// Sources: wire protocol notes §14; KIP-455.

import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const listPartitionReassignmentsHandler = defineHandler({
  apiKey: ApiKey.listPartitionReassignments,
  name: 'ListPartitionReassignments',
  versions: { min: 0, max: 0 },
  handle() {
    return { errorCode: 0, errorMessage: null, topics: [] };
  },
});
