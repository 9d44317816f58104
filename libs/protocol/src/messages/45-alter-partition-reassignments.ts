// AlterPartitionReassignments: moves replicas; null replicas cancel. Flexible from the start.

import { api, field, list } from '../codegen/descriptor.js';

export const alterPartitionReassignments = api({
  key: 45,
  name: 'alterPartitionReassignments',
  versions: '0',
  flexibleFrom: 0,
  request: [
    field('timeoutMs', 'int32', '0+', { default: 60000 }),
    list('topics', '0+', [
      field('name', 'string', '0+'),
      list('partitions', '0+', [
        field('partitionIndex', 'int32', '0+'),
        field('replicas', '[]int32', '0+', { nullable: '0+', default: null }),
      ]),
    ]),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    field('errorCode', 'int16', '0+'),
    field('errorMessage', 'string', '0+', { nullable: '0+' }),
    list(
      'responses',
      '0+',
      [
        field('name', 'string', '0+'),
        list('partitions', '0+', [
          field('partitionIndex', 'int32', '0+'),
          field('errorCode', 'int16', '0+'),
          field('errorMessage', 'string', '0+', { nullable: '0+' }),
        ]),
      ],
      { as: 'Response' },
    ),
  ],
});
