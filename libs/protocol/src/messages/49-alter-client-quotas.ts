// AlterClientQuotas. 1 flexible.

import { api, field, list } from '../codegen/descriptor.js';

export const alterClientQuotas = api({
  key: 49,
  name: 'alterClientQuotas',
  versions: '0-1',
  flexibleFrom: 1,
  request: [
    list('entries', '0+', [
      list('entity', '0+', [
        field('entityType', 'string', '0+'),
        field('entityName', 'string', '0+', { nullable: '0+' }),
      ]),
      list('ops', '0+', [
        field('key', 'string', '0+'),
        field('value', 'float64', '0+'),
        field('remove', 'bool', '0+'),
      ]),
    ]),
    field('validateOnly', 'bool', '0+'),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('entries', '0+', [
      field('errorCode', 'int16', '0+'),
      field('errorMessage', 'string', '0+', { nullable: '0+' }),
      list('entity', '0+', [
        field('entityType', 'string', '0+'),
        field('entityName', 'string', '0+', { nullable: '0+' }),
      ]),
    ]),
  ],
});
