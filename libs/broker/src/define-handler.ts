// What a handler is: one API key, the versions it serves, and a function from request to answer.
// Protects: a request is answered at its version or its connection is closed; a failing handler answers in its own API's form.
// Leaves out: authorization, byte rates, interceptors (testing/interception.ts). Source: Kafka protocol guide.

import { KafkaError } from '@drave/contracts';
import {
  ApiKey,
  decodeRequestBody,
  encodeResponse,
  type RequestHeader,
  type RequestMap,
  type ResponseInputMap,
} from '@drave/protocol';
import type { BrokerContext } from './broker-context.js';
import { coordinates } from './cluster-nodes.js';
import { noResponse, type NoResponse, type RequestContext } from './request-context.js';
import { throttleRequest } from './request-throttling.js';

/** Thrown to say: close this connection. The message is for the log. */
export class CloseConnection extends Error {
  readonly code = 'ERR_CLOSE_CONNECTION';
}

export type HandlerResult<Key extends keyof RequestMap> =
  ResponseInputMap[Key] | NoResponse | Promise<ResponseInputMap[Key] | NoResponse>;

export interface HandlerDefinition<Key extends keyof RequestMap> {
  readonly apiKey: Key;
  readonly name: string;
  /** Served; anything else closes the connection. */
  readonly versions: { readonly min: number; readonly max: number };
  /** Advertised instead of `versions.min`, for clients that read features out of ranges. */
  readonly advertisedMin?: number;
  /** A second request of this API waits until the first one on its connection is answered. */
  readonly isExclusive?: boolean;
  /** No view of the request is used after its answer, unless the handler said `keepFrame`: the memory is used again. */
  readonly freesFrame?: boolean;
  /** The group a request is about: a node that does not keep it answers NOT_COORDINATOR through `fail`. */
  groupOf?(request: RequestMap[Key], apiVersion: number): string | undefined;
  /** Everything that decides order happens before it first yields. Views of the request are valid until the answer. */
  handle(request: RequestMap[Key], context: RequestContext): HandlerResult<Key>;
  /** The answer when `handle` failed as a whole; without it the connection is closed. */
  fail?(
    request: RequestMap[Key],
    error: KafkaError,
    context: RequestContext,
  ): ResponseInputMap[Key] | NoResponse;
}

/** Frames to send, or undefined for no answer. */
export type Answer = readonly Buffer[] | undefined;

export interface Handler {
  readonly apiKey: number;
  readonly name: string;
  readonly versions: { readonly min: number; readonly max: number };
  readonly advertisedMin: number;
  readonly isExclusive: boolean;
  readonly freesFrame: boolean;
  /** Throws (or rejects with) ProtocolError or CloseConnection when the connection has to be closed. */
  answer(
    frame: Buffer,
    bodyStart: number,
    header: RequestHeader,
    context: RequestContext,
  ): Answer | Promise<Answer>;
  /** The answer that the request failed as a whole; throws CloseConnection where its API has no form for that. */
  refuse(
    frame: Buffer,
    bodyStart: number,
    context: RequestContext,
    refusal: { readonly correlationId: number; readonly error: KafkaError },
  ): Answer;
}

/** Turns a definition into what the dispatcher calls. */
export function defineHandler<Key extends keyof RequestMap>(
  definition: HandlerDefinition<Key>,
): Handler {
  const { apiKey, name, versions } = definition;
  return {
    apiKey,
    name,
    versions,
    advertisedMin: definition.advertisedMin ?? versions.min,
    isExclusive: definition.isExclusive ?? false,
    freesFrame: definition.freesFrame ?? false,
    answer(frame, bodyStart, header, context) {
      const { apiVersion, correlationId } = header;
      const request = decodeRequestBody(apiKey, apiVersion, frame, bodyStart);
      const { quotas, clock } = context.broker;
      const startMs = quotas.hasRequestRates ? clock.monotonicMs() : undefined;
      const encode = (body: ResponseInputMap[Key] | NoResponse): Answer => {
        if (body !== noResponse) countErrors(apiKey, body, context.broker);
        const answer = startMs === undefined ? body : throttleRequest(body, context);
        return answer === noResponse
          ? undefined
          : encodeResponse(apiKey, apiVersion, correlationId, answer as ResponseInputMap[Key]);
      };
      const recover = (error: unknown): Answer => {
        context.buffers.keepFrame(); // Nobody knows how far the handler got.
        return encode(answerFailure(definition, request, error, context));
      };
      try {
        const groupId = definition.groupOf?.(request, apiVersion);
        if (groupId !== undefined && !coordinates(groupId, context.broker)) {
          throw new KafkaError('NOT_COORDINATOR');
        }
        const result = definition.handle(request, context);
        if (startMs !== undefined) context.spentMs = clock.monotonicMs() - startMs;
        return result instanceof Promise ? result.then(encode).catch(recover) : encode(result);
      } catch (error) {
        return recover(error);
      }
    },
    refuse(frame, bodyStart, context, { correlationId, error }) {
      const { apiVersion } = context;
      const request = decodeRequestBody(apiKey, apiVersion, frame, bodyStart);
      const body = answerFailure(definition, request, error, context);
      return body === noResponse
        ? undefined
        : encodeResponse(apiKey, apiVersion, correlationId, body);
    },
  };
}

/** Errors of an answer and of the parts in it; of Produce and Fetch, which are frequent and large, the rounds count the parts. */
function countErrors(apiKey: number, body: object, broker: BrokerContext): void {
  const { errorCode } = body as { readonly errorCode?: unknown };
  if (typeof errorCode === 'number') broker.counters.requests.failed(apiKey, errorCode);
  if (apiKey === ApiKey.produce || apiKey === ApiKey.fetch) return;
  for (const part of Object.values(body)) {
    if (!Array.isArray(part) || typeof part[0] !== 'object') continue;
    for (const item of part as (object | null)[]) if (item) countErrors(apiKey, item, broker);
  }
}

function answerFailure<Key extends keyof RequestMap>(
  definition: HandlerDefinition<Key>,
  request: RequestMap[Key],
  error: unknown,
  context: RequestContext,
): ResponseInputMap[Key] | NoResponse {
  if (error instanceof CloseConnection) throw error;
  const isAnswer = error instanceof KafkaError;
  if (!isAnswer) context.broker.logger.error('handler-failed', { api: definition.name, error });
  const answer = isAnswer
    ? error
    : new KafkaError('UNKNOWN_SERVER_ERROR', `${definition.name} failed`, { cause: error });
  if (!definition.fail) throw new CloseConnection(answer.message, { cause: error });
  return definition.fail(request, answer, context);
}
