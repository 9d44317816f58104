// Produce: appends one record batch per partition.
// Versions: 3-11; advertised from 0, because librdkafka up to 2.11 stops compressing when the range does not touch 0. Versions 0-2
//   close the connection.
// Behaviour: acks 0, 1, -1. Offsets are fixed before the handler yields; the answer waits until the batches are committed, which on
//   one replica is durable as the flush mode says, for acks=1 as for acks=-1; acks=-1 at most timeout_ms, then REQUEST_TIMED_OUT.
//   acks=0 is never answered, its errors close the connection. A client over its quota is answered and then not read for a while. Records
//   are gone over (record errors name those to blame), neither decoded nor copied, unless the topic has a codec of its own.
// Not implemented: transactions (refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED), versions 12 and 13.
// Sources: wire protocol notes §6 and §7; Kafka's KafkaApis.handleProduceRequest, ReplicaManager.appendRecords.

import { ErrorCode, type ErrorName } from '@drave/contracts';
import { ApiKey, type ProduceRequest } from '@drave/protocol';
import { CloseConnection, defineHandler } from '../define-handler.js';
import { throttleProduce, withThrottle } from '../throttling.js';
import { finish, ProduceRound, unanswered, type ProduceAnswer } from '../produce-round.js';

export const produceHandler = defineHandler({
  apiKey: ApiKey.produce,
  name: 'Produce',
  versions: { min: 3, max: 11 },
  advertisedMin: 0,
  freesFrame: true,
  handle(request, context) {
    const refused = refuseRequest(request);
    if (refused) return finish(request, answerAll(request, refused), true);
    const answer = new ProduceRound(request, context).run();
    if (!context.broker.quotas.hasByteRates) return answer;
    const throttleMs = throttleProduce(request, context);
    return answer instanceof Promise
      ? answer.then((later) => withThrottle(later, throttleMs))
      : withThrottle(answer, throttleMs);
  },
  fail(request, error) {
    if (request.acks === 0) throw new CloseConnection(error.message, { cause: error });
    return answerAll(request, { error: error.errorName, message: error.message });
  },
});

function refuseRequest(
  request: ProduceRequest,
): { readonly error: ErrorName; readonly message: string } | undefined {
  if (request.transactionalId !== null) {
    return {
      error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      message: 'This broker does not support transactions yet; produce without a transactional id.',
    };
  }
  return undefined;
}

function answerAll(
  request: ProduceRequest,
  { error, message }: { readonly error: ErrorName; readonly message: string },
): ProduceAnswer {
  const errorCode = ErrorCode[error];
  return {
    responses: request.topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({
        ...unanswered(index),
        errorCode,
        errorMessage: message,
      })),
    })),
  };
}
