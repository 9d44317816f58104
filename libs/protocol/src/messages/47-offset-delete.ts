// OffsetDelete: forgets committed offsets. Never flexible.

import { api, field, list } from '../codegen/descriptor.js';

export const offsetDelete = api({
  key: 47,
  name: 'offsetDelete',
  versions: '0',
  flexibleFrom: null,
  request: [
    field('groupId', 'string', '0+'),
    list('topics', '0+', [
      field('name', 'string', '0+'),
      list('partitions', '0+', [field('partitionIndex', 'int32', '0+')]),
    ]),
  ],
  response: [
    field('errorCode', 'int16', '0+'),
    field('throttleTimeMs', 'int32', '0+'),
    list('topics', '0+', [
      field('name', 'string', '0+'),
      list('partitions', '0+', [
        field('partitionIndex', 'int32', '0+'),
        field('errorCode', 'int16', '0+'),
      ]),
    ]),
  ],
});
