// Produce: record batches per partition. 3 is the first with batches of magic 2; 5 log start offset; 8 record errors;
// 9 flexible; 10 current leader in the answer; 11 may answer TRANSACTION_ABORTABLE. Leaves out 12 (transactions V2), 13 (topic ids).

import { api, field, list, struct } from '../codegen/descriptor.js';

export const produce = api({
  key: 0,
  name: 'produce',
  versions: '3-11',
  flexibleFrom: 9,
  request: [
    field('transactionalId', 'string', '3+', { nullable: '3+', default: null }),
    field('acks', 'int16', '0+'),
    field('timeoutMs', 'int32', '0+'),
    list(
      'topicData',
      '0+',
      [
        field('name', 'string', '0+'),
        list(
          'partitionData',
          '0+',
          [field('index', 'int32', '0+'), field('records', 'records', '0+', { nullable: '0+' })],
          { as: 'Partition' },
        ),
      ],
      { as: 'Topic' },
    ),
  ],
  response: [
    list(
      'responses',
      '0+',
      [
        field('name', 'string', '0+'),
        list(
          'partitionResponses',
          '0+',
          [
            field('index', 'int32', '0+'),
            field('errorCode', 'int16', '0+'),
            field('baseOffset', 'int64', '0+'),
            field('logAppendTimeMs', 'int64', '2+', { default: -1 }),
            field('logStartOffset', 'int64', '5+', { default: -1 }),
            list('recordErrors', '8+', [
              field('batchIndex', 'int32', '8+'),
              field('batchIndexErrorMessage', 'string', '8+', { nullable: '8+', default: null }),
            ]),
            field('errorMessage', 'string', '8+', { nullable: '8+', default: null }),
            struct(
              'currentLeader',
              '10+',
              [
                field('leaderId', 'int32', '10+', { default: -1 }),
                field('leaderEpoch', 'int32', '10+', { default: -1 }),
              ],
              { tag: 0 },
            ),
          ],
          { as: 'Partition' },
        ),
      ],
      { as: 'Topic' },
    ),
    field('throttleTimeMs', 'int32', '1+', { default: 0 }),
    list(
      'nodeEndpoints',
      '10+',
      [
        field('nodeId', 'int32', '10+'),
        field('host', 'string', '10+'),
        field('port', 'int32', '10+'),
        field('rack', 'string', '10+', { nullable: '10+', default: null }),
      ],
      { tag: 0 },
    ),
  ],
});
