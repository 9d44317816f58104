// DescribeLogDirs: sizes on disk. 2 flexible; 3 top-level error; 4 volume sizes.

import { api, field, list } from '../codegen/descriptor.js';

export const describeLogDirs = api({
  key: 35,
  name: 'describeLogDirs',
  versions: '1-4',
  flexibleFrom: 2,
  request: [
    list('topics', '0+', [field('topic', 'string', '0+'), field('partitions', '[]int32', '0+')], {
      nullable: '0+',
    }),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    field('errorCode', 'int16', '3+'),
    list('results', '0+', [
      field('errorCode', 'int16', '0+'),
      field('logDir', 'string', '0+'),
      list('topics', '0+', [
        field('name', 'string', '0+'),
        list('partitions', '0+', [
          field('partitionIndex', 'int32', '0+'),
          field('partitionSize', 'int64', '0+'),
          field('offsetLag', 'int64', '0+'),
          field('isFutureKey', 'bool', '0+'),
        ]),
      ]),
      field('totalBytes', 'int64', '4+', { default: -1 }),
      field('usableBytes', 'int64', '4+', { default: -1 }),
    ]),
  ],
});
