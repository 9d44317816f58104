// ListOffsets: the offset for a timestamp, or the ends of a log. 2 isolation level; 4 leader epochs; 6 flexible; 7 max timestamp.
// Leaves out 8 and later (tiered storage).

import { api, field, list } from '../codegen/descriptor.js';

export const listOffsets = api({
  key: 2,
  name: 'listOffsets',
  versions: '1-7',
  flexibleFrom: 6,
  request: [
    field('replicaId', 'int32', '0+'),
    field('isolationLevel', 'int8', '2+'),
    list('topics', '0+', [
      field('name', 'string', '0+'),
      list('partitions', '0+', [
        field('partitionIndex', 'int32', '0+'),
        field('currentLeaderEpoch', 'int32', '4+', { default: -1 }),
        field('timestamp', 'int64', '0+'),
      ]),
    ]),
  ],
  response: [
    field('throttleTimeMs', 'int32', '2+'),
    list('topics', '0+', [
      field('name', 'string', '0+'),
      list('partitions', '0+', [
        field('partitionIndex', 'int32', '0+'),
        field('errorCode', 'int16', '0+'),
        field('timestamp', 'int64', '1+', { default: -1 }),
        field('offset', 'int64', '1+', { default: -1 }),
        field('leaderEpoch', 'int32', '4+', { default: -1 }),
      ]),
    ]),
  ],
});
