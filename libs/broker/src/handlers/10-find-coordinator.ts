// FindCoordinator: the broker that keeps a group.
// Versions: 0-4.
// Behaviour: the leader of the group's partition of `__consumer_offsets`; creates `__consumer_offsets` when it is not there. From version 4 several keys.
// Not implemented: transactions (key type 1 is TRANSACTIONAL_ID_AUTHORIZATION_FAILED, final for every client), share groups
//   (key type 2 needs version 6: INVALID_REQUEST).
// Sources: wire protocol notes §8.1; Kafka's KafkaApis.handleFindCoordinatorRequest.

import { KafkaError } from '@drave/contracts';
import { ApiKey, type FindCoordinatorRequest } from '@drave/protocol';
import { endpointOf } from '../client-info.js';
import { coordinatorOf } from '../cluster-nodes.js';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';

interface KeyAnswer {
  key: string;
  nodeId: number;
  host: string;
  port: number;
  errorCode: number;
  errorMessage: string | null;
}

const group = 0;
const transaction = 1;
const keysVersionMin = 4;

export const findCoordinatorHandler = defineHandler({
  apiKey: ApiKey.findCoordinator,
  name: 'FindCoordinator',
  versions: { min: 0, max: 4 },
  async handle(request, context) {
    const error = await refusal(request, context);
    if (context.apiVersion >= keysVersionMin) {
      const coordinators = request.coordinatorKeys.map((key) => answer(key, error, context));
      return { ...answer('', error, context), coordinators };
    }
    return { ...answer(request.key, error, context), coordinators: [] };
  },
  fail(request, error, context) {
    const coordinators = request.coordinatorKeys.map((key) => answer(key, error, context));
    return { ...answer(request.key, error, context), coordinators };
  },
});

async function refusal(
  { keyType }: FindCoordinatorRequest,
  { broker }: RequestContext,
): Promise<KafkaError | undefined> {
  if (keyType === transaction) {
    return new KafkaError(
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'this broker does not support transactions yet',
    );
  }
  if (keyType !== group) return new KafkaError('INVALID_REQUEST', `unknown key type ${keyType}`);
  try {
    await broker.offsetsTopic.ensure();
    return undefined;
  } catch (cause) {
    broker.logger.error('offsets-topic-missing', { cause });
    return new KafkaError('COORDINATOR_NOT_AVAILABLE', undefined, { cause });
  }
}

function answer(key: string, error: KafkaError | undefined, context: RequestContext): KeyAnswer {
  if (error) {
    const { code, message } = error;
    return { key, nodeId: -1, host: '', port: -1, errorCode: code, errorMessage: message };
  }
  const nodeId = coordinatorOf(key, context.broker);
  const endpoint = nodeId === undefined ? undefined : endpointOf(nodeId, context.client);
  if (!endpoint) return answer(key, new KafkaError('COORDINATOR_NOT_AVAILABLE'), context);
  return { key, ...endpoint, errorCode: 0, errorMessage: null };
}
