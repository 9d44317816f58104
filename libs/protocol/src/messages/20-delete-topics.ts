// DeleteTopics. 1 throttle time; 4 flexible; 5 error message; 6 by name or id.

import { api, field, list } from '../codegen/descriptor.js';

export const deleteTopics = api({
  key: 20,
  name: 'deleteTopics',
  versions: '1-6',
  flexibleFrom: 4,
  request: [
    list('topics', '6+', [
      field('name', 'string', '6+', { nullable: '6+', default: null }),
      field('topicId', 'uuid', '6+'),
    ]),
    field('topicNames', '[]string', '0-5'),
    field('timeoutMs', 'int32', '0+'),
  ],
  response: [
    field('throttleTimeMs', 'int32', '1+'),
    list(
      'responses',
      '0+',
      [
        field('name', 'string', '0+', { nullable: '6+' }),
        field('topicId', 'uuid', '6+'),
        field('errorCode', 'int16', '0+'),
        field('errorMessage', 'string', '5+', { nullable: '5+', default: null }),
      ],
      { as: 'Response' },
    ),
  ],
});
