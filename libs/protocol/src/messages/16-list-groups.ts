// ListGroups: groups of a coordinator. 3 flexible; 4 filter by state; 5 filter by type.

import { api, field, list } from '../codegen/descriptor.js';

export const listGroups = api({
  key: 16,
  name: 'listGroups',
  versions: '0-5',
  flexibleFrom: 3,
  request: [field('statesFilter', '[]string', '4+'), field('typesFilter', '[]string', '5+')],
  response: [
    field('throttleTimeMs', 'int32', '1+'),
    field('errorCode', 'int16', '0+'),
    list('groups', '0+', [
      field('groupId', 'string', '0+'),
      field('protocolType', 'string', '0+'),
      field('groupState', 'string', '4+'),
      field('groupType', 'string', '5+'),
    ]),
  ],
});
