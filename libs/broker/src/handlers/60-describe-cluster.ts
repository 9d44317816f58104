// DescribeCluster: cluster id, controller and brokers.
// Versions: 0-2.
// Behaviour: endpoint type 1 (brokers); 2 (controllers) is MISMATCHED_ENDPOINT_TYPE, others UNSUPPORTED_ENDPOINT_TYPE.
// Not implemented: fenced brokers; none ever is.
// Sources: wire protocol notes §14; Kafka's KafkaApis.handleDescribeCluster; KIP-919.

import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { clusterOperations, operationsNotAsked } from '../authorized-operations.js';
import { defineHandler } from '../define-handler.js';

const brokers = 1;
const controllers = 2;

export const describeClusterHandler = defineHandler({
  apiKey: ApiKey.describeCluster,
  name: 'DescribeCluster',
  versions: { min: 0, max: 2 },
  handle(request, { broker, client }) {
    const { endpointType } = request;
    const { clusterId } = broker;
    if (endpointType !== brokers) {
      const isController = endpointType === controllers;
      return {
        errorCode: isController
          ? ErrorCode.MISMATCHED_ENDPOINT_TYPE
          : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
        errorMessage: 'This endpoint is one of brokers.',
        endpointType: brokers,
        clusterId,
        brokers: [],
      };
    }
    return {
      errorCode: 0,
      errorMessage: null,
      endpointType: brokers,
      clusterId,
      controllerId: broker.nodes[0] ?? broker.nodeId,
      brokers: client.endpoints.map(({ nodeId, host, port }) => ({
        brokerId: nodeId,
        host,
        port,
        rack: null,
        isFenced: false,
      })),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? clusterOperations
        : operationsNotAsked,
    };
  },
  fail(_request, { code, message }, { broker }) {
    return { errorCode: code, errorMessage: message, clusterId: broker.clusterId, brokers: [] };
  },
});
