// CreatePartitions: grows topics. 2 flexible; 3 quota error.

import { api, field, list } from '../codegen/descriptor.js';

export const createPartitions = api({
  key: 37,
  name: 'createPartitions',
  versions: '0-3',
  flexibleFrom: 2,
  request: [
    list('topics', '0+', [
      field('name', 'string', '0+'),
      field('count', 'int32', '0+'),
      list('assignments', '0+', [field('brokerIds', '[]int32', '0+')], { nullable: '0+' }),
    ]),
    field('timeoutMs', 'int32', '0+'),
    field('validateOnly', 'bool', '0+'),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('results', '0+', [
      field('name', 'string', '0+'),
      field('errorCode', 'int16', '0+'),
      field('errorMessage', 'string', '0+', { nullable: '0+', default: null }),
    ]),
  ],
});
