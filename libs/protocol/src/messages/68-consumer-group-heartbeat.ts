// ConsumerGroupHeartbeat: membership of a consumer group of KIP-848. 1 subscription by regex, member ids made by clients.
// Null (and -1 for the rebalance timeout) means: unchanged since the last heartbeat.

import { api, field, list, struct } from '../codegen/descriptor.js';

export const consumerGroupHeartbeat = api({
  key: 68,
  name: 'consumerGroupHeartbeat',
  versions: '0-1',
  flexibleFrom: 0,
  request: [
    field('groupId', 'string', '0+'),
    field('memberId', 'string', '0+'),
    field('memberEpoch', 'int32', '0+'),
    field('instanceId', 'string', '0+', { nullable: '0+', default: null }),
    field('rackId', 'string', '0+', { nullable: '0+', default: null }),
    field('rebalanceTimeoutMs', 'int32', '0+', { default: -1 }),
    field('subscribedTopicNames', '[]string', '0+', { nullable: '0+', default: null }),
    field('subscribedTopicRegex', 'string', '1+', { nullable: '1+', default: null }),
    field('serverAssignor', 'string', '0+', { nullable: '0+', default: null }),
    list(
      'topicPartitions',
      '0+',
      [field('topicId', 'uuid', '0+'), field('partitions', '[]int32', '0+')],
      { nullable: '0+', default: null },
    ),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    field('errorCode', 'int16', '0+'),
    field('errorMessage', 'string', '0+', { nullable: '0+', default: null }),
    field('memberId', 'string', '0+', { nullable: '0+', default: null }),
    field('memberEpoch', 'int32', '0+'),
    field('heartbeatIntervalMs', 'int32', '0+'),
    struct(
      'assignment',
      '0+',
      [
        list('topicPartitions', '0+', [
          field('topicId', 'uuid', '0+'),
          field('partitions', '[]int32', '0+'),
        ]),
      ],
      { nullable: '0+', default: null },
    ),
  ],
});
