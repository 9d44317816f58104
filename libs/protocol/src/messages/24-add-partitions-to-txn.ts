// AddPartitionsToTxn. 3 flexible. Leaves out 4 and later (batches between brokers).

import { api, field, list } from '../codegen/descriptor.js';

export const addPartitionsToTxn = api({
  key: 24,
  name: 'addPartitionsToTxn',
  versions: '0-3',
  flexibleFrom: 3,
  request: [
    field('v3AndBelowTransactionalId', 'string', '0-3'),
    field('v3AndBelowProducerId', 'int64', '0-3'),
    field('v3AndBelowProducerEpoch', 'int16', '0-3'),
    list('v3AndBelowTopics', '0-3', [
      field('name', 'string', '0+'),
      field('partitions', '[]int32', '0+'),
    ]),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('resultsByTopicV3AndBelow', '0-3', [
      field('name', 'string', '0+'),
      list('resultsByPartition', '0+', [
        field('partitionIndex', 'int32', '0+'),
        field('partitionErrorCode', 'int16', '0+'),
      ]),
    ]),
  ],
});
