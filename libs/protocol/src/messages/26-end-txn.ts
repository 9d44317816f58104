// EndTxn: commit or abort. 3 flexible. Leaves out 5 (transactions V2).

import { api, field } from '../codegen/descriptor.js';

export const endTxn = api({
  key: 26,
  name: 'endTxn',
  versions: '0-4',
  flexibleFrom: 3,
  request: [
    field('transactionalId', 'string', '0+'),
    field('producerId', 'int64', '0+'),
    field('producerEpoch', 'int16', '0+'),
    field('committed', 'bool', '0+'),
  ],
  response: [field('throttleTimeMs', 'int32', '0+'), field('errorCode', 'int16', '0+')],
});
