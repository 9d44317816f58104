// DescribeCluster: brokers and controller. Flexible from the start; 1 endpoint type; 2 fenced brokers.

import { api, field, list } from '../codegen/descriptor.js';

export const describeCluster = api({
  key: 60,
  name: 'describeCluster',
  versions: '0-2',
  flexibleFrom: 0,
  request: [
    field('includeClusterAuthorizedOperations', 'bool', '0+'),
    field('endpointType', 'int8', '1+', { default: 1 }),
    field('includeFencedBrokers', 'bool', '2+', { default: false }),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    field('errorCode', 'int16', '0+'),
    field('errorMessage', 'string', '0+', { nullable: '0+', default: null }),
    field('endpointType', 'int8', '1+', { default: 1 }),
    field('clusterId', 'string', '0+'),
    field('controllerId', 'int32', '0+', { default: -1 }),
    list('brokers', '0+', [
      field('brokerId', 'int32', '0+'),
      field('host', 'string', '0+'),
      field('port', 'int32', '0+'),
      field('rack', 'string', '0+', { nullable: '0+', default: null }),
      field('isFenced', 'bool', '2+', { default: false }),
    ]),
    field('clusterAuthorizedOperations', 'int32', '0+', { default: -2147483648 }),
  ],
});
