// OffsetForLeaderEpoch: the end of an epoch in a log. 3 replica id; 4 flexible.

import { api, field, list } from '../codegen/descriptor.js';

export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'offsetForLeaderEpoch',
  versions: '2-4',
  flexibleFrom: 4,
  request: [
    field('replicaId', 'int32', '3+', { default: -2 }),
    list('topics', '0+', [
      field('topic', 'string', '0+'),
      list('partitions', '0+', [
        field('partition', 'int32', '0+'),
        field('currentLeaderEpoch', 'int32', '2+', { default: -1 }),
        field('leaderEpoch', 'int32', '0+'),
      ]),
    ]),
  ],
  response: [
    field('throttleTimeMs', 'int32', '2+'),
    list('topics', '0+', [
      field('topic', 'string', '0+'),
      list('partitions', '0+', [
        field('errorCode', 'int16', '0+'),
        field('partition', 'int32', '0+'),
        field('leaderEpoch', 'int32', '1+', { default: -1 }),
        field('endOffset', 'int64', '0+', { default: -1 }),
      ]),
    ]),
  ],
});
