// DescribeUserScramCredentials: mechanisms and iterations per user. Flexible from the start.

import { api, field, list } from '../codegen/descriptor.js';

export const describeUserScramCredentials = api({
  key: 50,
  name: 'describeUserScramCredentials',
  versions: '0',
  flexibleFrom: 0,
  request: [list('users', '0+', [field('name', 'string', '0+')], { nullable: '0+' })],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    field('errorCode', 'int16', '0+'),
    field('errorMessage', 'string', '0+', { nullable: '0+' }),
    list('results', '0+', [
      field('user', 'string', '0+'),
      field('errorCode', 'int16', '0+'),
      field('errorMessage', 'string', '0+', { nullable: '0+' }),
      list('credentialInfos', '0+', [
        field('mechanism', 'int8', '0+'),
        field('iterations', 'int32', '0+'),
      ]),
    ]),
  ],
});
