// TxnOffsetCommit: offsets within a transaction. 2 leader epoch; 3 flexible, group membership. Leaves out 5 (transactions V2).

import { api, field, list } from '../codegen/descriptor.js';

export const txnOffsetCommit = api({
  key: 28,
  name: 'txnOffsetCommit',
  versions: '0-4',
  flexibleFrom: 3,
  request: [
    field('transactionalId', 'string', '0+'),
    field('groupId', 'string', '0+'),
    field('producerId', 'int64', '0+'),
    field('producerEpoch', 'int16', '0+'),
    field('generationId', 'int32', '3+', { default: -1 }),
    field('memberId', 'string', '3+', { default: '' }),
    field('groupInstanceId', 'string', '3+', { nullable: '3+', default: null }),
    list('topics', '0+', [
      field('name', 'string', '0+'),
      list('partitions', '0+', [
        field('partitionIndex', 'int32', '0+'),
        field('committedOffset', 'int64', '0+'),
        field('committedLeaderEpoch', 'int32', '2+', { default: -1 }),
        field('committedMetadata', 'string', '0+', { nullable: '0+' }),
      ]),
    ]),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('topics', '0+', [
      field('name', 'string', '0+'),
      list('partitions', '0+', [
        field('partitionIndex', 'int32', '0+'),
        field('errorCode', 'int16', '0+'),
      ]),
    ]),
  ],
});
