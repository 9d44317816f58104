// One error for every 4xx and 5xx: a five-digit code and a sentence; under /api/v1 in the form of RFC 9457 with both in it. Protects: what a client reads never holds a stack trace or the
// text of an error nobody expected. Leaves out: logging (the filter does it).

import { KafkaError, type ErrorName } from '@drave/contracts';
import { restErrorCodes } from '@drave/contracts/rest';

export class RestError extends Error {
  /** HTTP status and two more digits. */
  readonly errorCode: number;

  constructor(errorCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RestError';
    this.errorCode = errorCode;
  }

  get status(): number {
    return Math.floor(this.errorCode / 100);
  }
}

const codes = restErrorCodes;

/** Kafka's errors that are the caller's, or that say more than "the cluster failed". */
const codeByKafkaError: Partial<Record<ErrorName, number>> = {
  UNKNOWN_TOPIC_OR_PARTITION: codes.unknownTopicOrPartition,
  UNKNOWN_TOPIC_ID: codes.unknownTopicOrPartition,
  GROUP_ID_NOT_FOUND: codes.unknownGroup,
  NON_EMPTY_GROUP: codes.groupNotEmpty,
  GROUP_SUBSCRIBED_TO_TOPIC: codes.groupNotEmpty,
  OFFSET_OUT_OF_RANGE: codes.refusedByKafka,
  TOPIC_ALREADY_EXISTS: codes.refusedByKafka,
  INVALID_TOPIC_EXCEPTION: codes.refusedByKafka,
  INVALID_PARTITIONS: codes.refusedByKafka,
  INVALID_REPLICATION_FACTOR: codes.refusedByKafka,
  INVALID_REPLICA_ASSIGNMENT: codes.refusedByKafka,
  INVALID_CONFIG: codes.refusedByKafka,
  INVALID_REQUEST: codes.refusedByKafka,
  INVALID_GROUP_ID: codes.refusedByKafka,
  POLICY_VIOLATION: codes.refusedByKafka,
  TOPIC_DELETION_DISABLED: codes.refusedByKafka,
  SECURITY_DISABLED: codes.refusedByKafka,
  INVALID_TIMESTAMP: codes.refusedByKafka,
  INVALID_RECORD: codes.refusedByKafka,
  MESSAGE_TOO_LARGE: codes.recordTooLarge,
  RECORD_LIST_TOO_LARGE: codes.recordTooLarge,
  TOPIC_AUTHORIZATION_FAILED: codes.notAuthorized,
  GROUP_AUTHORIZATION_FAILED: codes.notAuthorized,
  CLUSTER_AUTHORIZATION_FAILED: codes.notAuthorized,
  NETWORK_EXCEPTION: codes.brokerUnreachable,
  BROKER_NOT_AVAILABLE: codes.brokerUnreachable,
  REQUEST_TIMED_OUT: codes.timedOut,
};

/** The answer for a Kafka error; its message names what failed and what to do. */
function restErrorOfKafka(error: KafkaError): RestError {
  const code = codeByKafkaError[error.errorName] ?? codes.kafkaFailed;
  return new RestError(code, error.message, { cause: error });
}

/** The answer for anything thrown; of an error nobody expected it says nothing. */
export function restErrorOf(error: unknown): RestError {
  if (error instanceof RestError) return error;
  if (error instanceof KafkaError) return restErrorOfKafka(error);
  const sentence = 'internal error; the log of the server says more';
  return new RestError(codes.internal, sentence, { cause: error });
}

export interface ErrorAnswer {
  readonly contentType: string;
  readonly body: { readonly error_code: number; readonly message: string };
}

const titles = new Map(
  Object.entries(restErrorCodes).map(([name, code]) => [
    code as number,
    name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
  ]),
);

/** What is sent for an error of `url`. */
export function errorAnswerOf({ errorCode, message, status }: RestError, url: string): ErrorAnswer {
  const body = { error_code: errorCode, message };
  if (!url.startsWith('/api/')) return { contentType: 'application/json; charset=utf-8', body };
  const type = `urn:drave:error:${errorCode}`;
  const title = titles.get(errorCode) ?? 'error';
  return {
    contentType: 'application/problem+json; charset=utf-8',
    body: { type, title, status, detail: message, ...body } as ErrorAnswer['body'],
  };
}
