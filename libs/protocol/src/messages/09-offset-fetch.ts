// OffsetFetch: committed offsets. 2 null means all topics; 5 leader epoch; 6 flexible; 7 require stable; 8 several groups; 9 member
// epochs. Leaves out 10 and later (topic ids).

import { api, field, list } from '../codegen/descriptor.js';

export const offsetFetch = api({
  key: 9,
  name: 'offsetFetch',
  versions: '1-9',
  flexibleFrom: 6,
  request: [
    field('groupId', 'string', '0-7'),
    list(
      'topics',
      '0-7',
      [field('name', 'string', '0-7'), field('partitionIndexes', '[]int32', '0-7')],
      { nullable: '2-7' },
    ),
    list('groups', '8+', [
      field('groupId', 'string', '8+'),
      field('memberId', 'string', '9+', { nullable: '9+', default: null }),
      field('memberEpoch', 'int32', '9+', { default: -1 }),
      list(
        'topics',
        '8+',
        [field('name', 'string', '8+'), field('partitionIndexes', '[]int32', '8+')],
        { nullable: '8+' },
      ),
    ]),
    field('requireStable', 'bool', '7+', { default: false }),
  ],
  response: [
    field('throttleTimeMs', 'int32', '3+'),
    list('topics', '0-7', [
      field('name', 'string', '0-7'),
      list('partitions', '0-7', [
        field('partitionIndex', 'int32', '0-7'),
        field('committedOffset', 'int64', '0-7'),
        field('committedLeaderEpoch', 'int32', '5-7', { default: -1 }),
        field('metadata', 'string', '0-7', { nullable: '0-7' }),
        field('errorCode', 'int16', '0-7'),
      ]),
    ]),
    field('errorCode', 'int16', '2-7', { default: 0 }),
    list('groups', '8+', [
      field('groupId', 'string', '8+'),
      list('topics', '8+', [
        field('name', 'string', '8+'),
        list('partitions', '8+', [
          field('partitionIndex', 'int32', '8+'),
          field('committedOffset', 'int64', '8+'),
          field('committedLeaderEpoch', 'int32', '8+', { default: -1 }),
          field('metadata', 'string', '8+', { nullable: '8+' }),
          field('errorCode', 'int16', '8+'),
        ]),
      ]),
      field('errorCode', 'int16', '8+', { default: 0 }),
    ]),
  ],
});
