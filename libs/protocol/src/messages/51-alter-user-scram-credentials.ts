// AlterUserScramCredentials. Flexible from the start.

import { api, field, list } from '../codegen/descriptor.js';

export const alterUserScramCredentials = api({
  key: 51,
  name: 'alterUserScramCredentials',
  versions: '0',
  flexibleFrom: 0,
  request: [
    list('deletions', '0+', [field('name', 'string', '0+'), field('mechanism', 'int8', '0+')]),
    list('upsertions', '0+', [
      field('name', 'string', '0+'),
      field('mechanism', 'int8', '0+'),
      field('iterations', 'int32', '0+'),
      field('salt', 'bytes', '0+'),
      field('saltedPassword', 'bytes', '0+'),
    ]),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('results', '0+', [
      field('user', 'string', '0+'),
      field('errorCode', 'int16', '0+'),
      field('errorMessage', 'string', '0+', { nullable: '0+' }),
    ]),
  ],
});
