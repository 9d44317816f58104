// CreateAcls. 1 pattern types; 2 flexible; 3 user resource.

import { api, field, list } from '../codegen/descriptor.js';

export const createAcls = api({
  key: 30,
  name: 'createAcls',
  versions: '1-3',
  flexibleFrom: 2,
  request: [
    list('creations', '0+', [
      field('resourceType', 'int8', '0+'),
      field('resourceName', 'string', '0+'),
      field('resourcePatternType', 'int8', '1+', { default: 3 }),
      field('principal', 'string', '0+'),
      field('host', 'string', '0+'),
      field('operation', 'int8', '0+'),
      field('permissionType', 'int8', '0+'),
    ]),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('results', '0+', [
      field('errorCode', 'int16', '0+'),
      field('errorMessage', 'string', '0+', { nullable: '0+' }),
    ]),
  ],
});
