// Fetch: records per partition. 5 log start offset; 7 fetch sessions; 9 leader epoch; 11 rack and preferred replica;
// 12 flexible, diverging epoch; 13 topic ids in place of names; 15 replica state; 16 endpoints of leaders; 17 directory ids.
// Leaves out 18 (a follower's high watermark).

import { api, field, list, struct } from '../codegen/descriptor.js';

export const fetch = api({
  key: 1,
  name: 'fetch',
  versions: '4-17',
  flexibleFrom: 12,
  request: [
    field('clusterId', 'string', '12+', { nullable: '12+', tag: 0, default: null }),
    struct(
      'replicaState',
      '15+',
      [
        field('replicaId', 'int32', '15+', { default: -1 }),
        field('replicaEpoch', 'int64', '15+', { default: -1 }),
      ],
      { tag: 1 },
    ),
    field('replicaId', 'int32', '0-14', { default: -1 }),
    field('maxWaitMs', 'int32', '0+'),
    field('minBytes', 'int32', '0+'),
    field('maxBytes', 'int32', '3+', { default: 2147483647 }),
    field('isolationLevel', 'int8', '4+', { default: 0 }),
    field('sessionId', 'int32', '7+', { default: 0 }),
    field('sessionEpoch', 'int32', '7+', { default: -1 }),
    list('topics', '0+', [
      field('topic', 'string', '0-12'),
      field('topicId', 'uuid', '13+'),
      list('partitions', '0+', [
        field('partition', 'int32', '0+'),
        field('currentLeaderEpoch', 'int32', '9+', { default: -1 }),
        field('fetchOffset', 'int64', '0+'),
        field('lastFetchedEpoch', 'int32', '12+', { default: -1 }),
        field('logStartOffset', 'int64', '5+', { default: -1 }),
        field('partitionMaxBytes', 'int32', '0+'),
        field('replicaDirectoryId', 'uuid', '17+', { tag: 0 }),
      ]),
    ]),
    list(
      'forgottenTopicsData',
      '7+',
      [
        field('topic', 'string', '7-12'),
        field('topicId', 'uuid', '13+'),
        field('partitions', '[]int32', '7+'),
      ],
      { as: 'ForgottenTopic' },
    ),
    field('rackId', 'string', '11+', { default: '' }),
  ],
  response: [
    field('throttleTimeMs', 'int32', '1+'),
    field('errorCode', 'int16', '7+'),
    field('sessionId', 'int32', '7+', { default: 0 }),
    list(
      'responses',
      '0+',
      [
        field('topic', 'string', '0-12'),
        field('topicId', 'uuid', '13+'),
        list('partitions', '0+', [
          field('partitionIndex', 'int32', '0+'),
          field('errorCode', 'int16', '0+'),
          field('highWatermark', 'int64', '0+'),
          field('lastStableOffset', 'int64', '4+', { default: -1 }),
          field('logStartOffset', 'int64', '5+', { default: -1 }),
          struct(
            'divergingEpoch',
            '12+',
            [
              field('epoch', 'int32', '12+', { default: -1 }),
              field('endOffset', 'int64', '12+', { default: -1 }),
            ],
            { tag: 0 },
          ),
          struct(
            'currentLeader',
            '12+',
            [
              field('leaderId', 'int32', '12+', { default: -1 }),
              field('leaderEpoch', 'int32', '12+', { default: -1 }),
            ],
            { tag: 1 },
          ),
          struct(
            'snapshotId',
            '12+',
            [
              field('endOffset', 'int64', '0+', { default: -1 }),
              field('epoch', 'int32', '0+', { default: -1 }),
            ],
            { tag: 2 },
          ),
          list(
            'abortedTransactions',
            '4+',
            [field('producerId', 'int64', '4+'), field('firstOffset', 'int64', '4+')],
            { nullable: '4+' },
          ),
          field('preferredReadReplica', 'int32', '11+', { default: -1 }),
          field('records', 'records', '0+', { nullable: '0+' }),
        ]),
      ],
      { as: 'Topic' },
    ),
    list(
      'nodeEndpoints',
      '16+',
      [
        field('nodeId', 'int32', '16+'),
        field('host', 'string', '16+'),
        field('port', 'int32', '16+'),
        field('rack', 'string', '16+', { nullable: '16+', default: null }),
      ],
      { tag: 0 },
    ),
  ],
});
