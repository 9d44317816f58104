// DescribeTransactions. Flexible from the start.

import { api, field, list } from '../codegen/descriptor.js';

export const describeTransactions = api({
  key: 65,
  name: 'describeTransactions',
  versions: '0',
  flexibleFrom: 0,
  request: [field('transactionalIds', '[]string', '0+')],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('transactionStates', '0+', [
      field('errorCode', 'int16', '0+'),
      field('transactionalId', 'string', '0+'),
      field('transactionState', 'string', '0+'),
      field('transactionTimeoutMs', 'int32', '0+'),
      field('transactionStartTimeMs', 'int64', '0+'),
      field('producerId', 'int64', '0+'),
      field('producerEpoch', 'int16', '0+'),
      list('topics', '0+', [field('topic', 'string', '0+'), field('partitions', '[]int32', '0+')]),
    ]),
  ],
});
