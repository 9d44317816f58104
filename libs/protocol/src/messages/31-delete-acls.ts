// DeleteAcls. 1 pattern types; 2 flexible; 3 user resource.

import { api, field, list } from '../codegen/descriptor.js';

export const deleteAcls = api({
  key: 31,
  name: 'deleteAcls',
  versions: '1-3',
  flexibleFrom: 2,
  request: [
    list('filters', '0+', [
      field('resourceTypeFilter', 'int8', '0+'),
      field('resourceNameFilter', 'string', '0+', { nullable: '0+' }),
      field('patternTypeFilter', 'int8', '1+', { default: 3 }),
      field('principalFilter', 'string', '0+', { nullable: '0+' }),
      field('hostFilter', 'string', '0+', { nullable: '0+' }),
      field('operation', 'int8', '0+'),
      field('permissionType', 'int8', '0+'),
    ]),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('filterResults', '0+', [
      field('errorCode', 'int16', '0+'),
      field('errorMessage', 'string', '0+', { nullable: '0+' }),
      list('matchingAcls', '0+', [
        field('errorCode', 'int16', '0+'),
        field('errorMessage', 'string', '0+', { nullable: '0+' }),
        field('resourceType', 'int8', '0+'),
        field('resourceName', 'string', '0+'),
        field('patternType', 'int8', '1+', { default: 3 }),
        field('principal', 'string', '0+'),
        field('host', 'string', '0+'),
        field('operation', 'int8', '0+'),
        field('permissionType', 'int8', '0+'),
      ]),
    ]),
  ],
});
