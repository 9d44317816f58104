// InitProducerId: a fresh producer id for an idempotent producer.
// Versions: 0-5.
// Behaviour: without a transactional id always a new id with epoch 0, unique across restarts. An id without its epoch, or the other
//   way round, is INVALID_REQUEST.
// Not implemented: transactions: a transactional id is TRANSACTIONAL_ID_AUTHORIZATION_FAILED ("" is INVALID_REQUEST).
// Sources: wire protocol notes §7; Kafka's TransactionCoordinator.handleInitProducerId.

import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const initProducerIdHandler = defineHandler({
  apiKey: ApiKey.initProducerId,
  name: 'InitProducerId',
  versions: { min: 0, max: 5 },
  async handle(request, { broker }) {
    const { transactionalId, producerId, producerEpoch } = request;
    if (transactionalId === '' || (producerId === -1) !== (producerEpoch === -1)) {
      return refused(ErrorCode.INVALID_REQUEST);
    }
    if (transactionalId !== null) return refused(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    const fresh = await broker.metadata.allocateProducerId();
    return { errorCode: 0, producerId: fresh, producerEpoch: 0 };
  },
  fail(_request, { code }) {
    return refused(code);
  },
});

function refused(errorCode: number): {
  errorCode: number;
  producerId: number;
  producerEpoch: number;
} {
  return { errorCode, producerId: -1, producerEpoch: -1 };
}
