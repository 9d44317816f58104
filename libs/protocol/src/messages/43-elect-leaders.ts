// ElectLeaders: preferred or unclean elections. 1 election type; 2 flexible.

import { api, field, list } from '../codegen/descriptor.js';

export const electLeaders = api({
  key: 43,
  name: 'electLeaders',
  versions: '0-2',
  flexibleFrom: 2,
  request: [
    field('electionType', 'int8', '1+'),
    list(
      'topicPartitions',
      '0+',
      [field('topic', 'string', '0+'), field('partitions', '[]int32', '0+')],
      { nullable: '0+' },
    ),
    field('timeoutMs', 'int32', '0+', { default: 60000 }),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    field('errorCode', 'int16', '1+'),
    list('replicaElectionResults', '0+', [
      field('topic', 'string', '0+'),
      list('partitionResult', '0+', [
        field('partitionId', 'int32', '0+'),
        field('errorCode', 'int16', '0+'),
        field('errorMessage', 'string', '0+', { nullable: '0+' }),
      ]),
    ]),
  ],
});
