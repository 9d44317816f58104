// AddOffsetsToTxn: adds a group's offsets partition to a transaction. 3 flexible.

import { api, field } from '../codegen/descriptor.js';

export const addOffsetsToTxn = api({
  key: 25,
  name: 'addOffsetsToTxn',
  versions: '0-4',
  flexibleFrom: 3,
  request: [
    field('transactionalId', 'string', '0+'),
    field('producerId', 'int64', '0+'),
    field('producerEpoch', 'int16', '0+'),
    field('groupId', 'string', '0+'),
  ],
  response: [field('throttleTimeMs', 'int32', '0+'), field('errorCode', 'int16', '0+')],
});
