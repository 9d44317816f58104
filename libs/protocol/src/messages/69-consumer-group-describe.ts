// ConsumerGroupDescribe: a consumer group of KIP-848 with its members and their assignments. 1 member type.

import { api, field, list, struct } from '../codegen/descriptor.js';

const assignedTopics = () => [
  list('topicPartitions', '0+', [
    field('topicId', 'uuid', '0+'),
    field('topicName', 'string', '0+'),
    field('partitions', '[]int32', '0+'),
  ]),
];

export const consumerGroupDescribe = api({
  key: 69,
  name: 'consumerGroupDescribe',
  versions: '0-1',
  flexibleFrom: 0,
  request: [
    field('groupIds', '[]string', '0+'),
    field('includeAuthorizedOperations', 'bool', '0+'),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list('groups', '0+', [
      field('errorCode', 'int16', '0+'),
      field('errorMessage', 'string', '0+', { nullable: '0+', default: null }),
      field('groupId', 'string', '0+'),
      field('groupState', 'string', '0+'),
      field('groupEpoch', 'int32', '0+'),
      field('assignmentEpoch', 'int32', '0+'),
      field('assignorName', 'string', '0+'),
      list('members', '0+', [
        field('memberId', 'string', '0+'),
        field('instanceId', 'string', '0+', { nullable: '0+', default: null }),
        field('rackId', 'string', '0+', { nullable: '0+', default: null }),
        field('memberEpoch', 'int32', '0+'),
        field('clientId', 'string', '0+'),
        field('clientHost', 'string', '0+'),
        field('subscribedTopicNames', '[]string', '0+'),
        field('subscribedTopicRegex', 'string', '0+', { nullable: '0+', default: null }),
        struct('assignment', '0+', assignedTopics()),
        struct('targetAssignment', '0+', assignedTopics()),
        field('memberType', 'int8', '1+', { default: -1 }),
      ]),
      field('authorizedOperations', 'int32', '0+', { default: -2147483648 }),
    ]),
  ],
});
