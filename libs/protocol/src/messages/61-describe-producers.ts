// DescribeProducers: active producers of partitions. Flexible from the start.

import { api, field, list } from '../codegen/descriptor.js';

export const describeProducers = api({
  key: 61,
  name: 'describeProducers',
  versions: '0',
  flexibleFrom: 0,
  request: [
    list('topics', '0+', [
      field('name', 'string', '0+'),
      field('partitionIndexes', '[]int32', '0+'),
    ]),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('topics', '0+', [
      field('name', 'string', '0+'),
      list('partitions', '0+', [
        field('partitionIndex', 'int32', '0+'),
        field('errorCode', 'int16', '0+'),
        field('errorMessage', 'string', '0+', { nullable: '0+', default: null }),
        list('activeProducers', '0+', [
          field('producerId', 'int64', '0+'),
          field('producerEpoch', 'int32', '0+'),
          field('lastSequence', 'int32', '0+', { default: -1 }),
          field('lastTimestamp', 'int64', '0+', { default: -1 }),
          field('coordinatorEpoch', 'int32', '0+'),
          field('currentTxnStartOffset', 'int64', '0+', { default: -1 }),
        ]),
      ]),
    ]),
  ],
});
