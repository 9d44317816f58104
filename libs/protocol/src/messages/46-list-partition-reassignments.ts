// ListPartitionReassignments: replica moves under way; null topics mean all. Flexible from the start.

import { api, field, list } from '../codegen/descriptor.js';

export const listPartitionReassignments = api({
  key: 46,
  name: 'listPartitionReassignments',
  versions: '0',
  flexibleFrom: 0,
  request: [
    field('timeoutMs', 'int32', '0+', { default: 60000 }),
    list(
      'topics',
      '0+',
      [field('name', 'string', '0+'), field('partitionIndexes', '[]int32', '0+')],
      { nullable: '0+', default: null },
    ),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    field('errorCode', 'int16', '0+'),
    field('errorMessage', 'string', '0+', { nullable: '0+' }),
    list('topics', '0+', [
      field('name', 'string', '0+'),
      list('partitions', '0+', [
        field('partitionIndex', 'int32', '0+'),
        field('replicas', '[]int32', '0+'),
        field('addingReplicas', '[]int32', '0+'),
        field('removingReplicas', '[]int32', '0+'),
      ]),
    ]),
  ],
});
