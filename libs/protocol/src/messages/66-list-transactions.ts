// ListTransactions. Flexible from the start; 1 duration filter. Leaves out 2 (id pattern).

import { api, field, list } from '../codegen/descriptor.js';

export const listTransactions = api({
  key: 66,
  name: 'listTransactions',
  versions: '0-1',
  flexibleFrom: 0,
  request: [
    field('stateFilters', '[]string', '0+'),
    field('producerIdFilters', '[]int64', '0+'),
    field('durationFilter', 'int64', '1+', { default: -1 }),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    field('errorCode', 'int16', '0+'),
    field('unknownStateFilters', '[]string', '0+'),
    list('transactionStates', '0+', [
      field('transactionalId', 'string', '0+'),
      field('producerId', 'int64', '0+'),
      field('transactionState', 'string', '0+'),
    ]),
  ],
});
