// InitProducerId: producer id and epoch. 2 flexible; 3 an id may be bumped. Leaves out 6 (two-phase commit).

import { api, field } from '../codegen/descriptor.js';

export const initProducerId = api({
  key: 22,
  name: 'initProducerId',
  versions: '0-5',
  flexibleFrom: 2,
  request: [
    field('transactionalId', 'string', '0+', { nullable: '0+' }),
    field('transactionTimeoutMs', 'int32', '0+'),
    field('producerId', 'int64', '3+', { default: -1 }),
    field('producerEpoch', 'int16', '3+', { default: -1 }),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    field('errorCode', 'int16', '0+'),
    field('producerId', 'int64', '0+', { default: -1 }),
    field('producerEpoch', 'int16', '0+'),
  ],
});
