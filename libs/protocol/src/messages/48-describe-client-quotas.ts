// DescribeClientQuotas. 1 flexible.

import { api, field, list } from '../codegen/descriptor.js';

export const describeClientQuotas = api({
  key: 48,
  name: 'describeClientQuotas',
  versions: '0-1',
  flexibleFrom: 1,
  request: [
    list('components', '0+', [
      field('entityType', 'string', '0+'),
      field('matchType', 'int8', '0+'),
      field('match', 'string', '0+', { nullable: '0+' }),
    ]),
    field('strict', 'bool', '0+'),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    field('errorCode', 'int16', '0+'),
    field('errorMessage', 'string', '0+', { nullable: '0+' }),
    list(
      'entries',
      '0+',
      [
        list('entity', '0+', [
          field('entityType', 'string', '0+'),
          field('entityName', 'string', '0+', { nullable: '0+' }),
        ]),
        list('values', '0+', [field('key', 'string', '0+'), field('value', 'float64', '0+')]),
      ],
      { nullable: '0+' },
    ),
  ],
});
