// DeleteRecords: moves log start offsets. 2 flexible.

import { api, field, list } from '../codegen/descriptor.js';

export const deleteRecords = api({
  key: 21,
  name: 'deleteRecords',
  versions: '0-2',
  flexibleFrom: 2,
  request: [
    list('topics', '0+', [
      field('name', 'string', '0+'),
      list('partitions', '0+', [
        field('partitionIndex', 'int32', '0+'),
        field('offset', 'int64', '0+'),
      ]),
    ]),
    field('timeoutMs', 'int32', '0+'),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('topics', '0+', [
      field('name', 'string', '0+'),
      list('partitions', '0+', [
        field('partitionIndex', 'int32', '0+'),
        field('lowWatermark', 'int64', '0+'),
        field('errorCode', 'int16', '0+'),
      ]),
    ]),
  ],
});
