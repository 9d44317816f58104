// DeleteGroups. 2 flexible.

import { api, field, list } from '../codegen/descriptor.js';

export const deleteGroups = api({
  key: 42,
  name: 'deleteGroups',
  versions: '0-2',
  flexibleFrom: 2,
  request: [field('groupsNames', '[]string', '0+')],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('results', '0+', [field('groupId', 'string', '0+'), field('errorCode', 'int16', '0+')]),
  ],
});
