// Where byte-rate quotas meet requests: the answer leaves at once and tells the client to be silent; meanwhile its connection starts
// nothing further (KIP-219). Protects: a client over its quota is slowed down, never refused. Counts bytes of records.
// Leaves out: which quota applies (client-quotas.ts). Sources: wire protocol notes §3; KIP-124, KIP-219.

import type { ProduceRequest } from '@drave/protocol';
import { noResponse, type NoResponse, type RequestContext } from './request-context.js';
import type { FetchAnswer } from './fetch-round.js';
import type { ProduceAnswer } from './produce-round.js';

/** Counts what a producer sent; returns the milliseconds it has to be silent. Its connection is mute from now on. */
export function throttleProduce(
  request: ProduceRequest,
  { broker, client, clientId }: RequestContext,
): number {
  let bytes = 0;
  for (const { partitionData } of request.topicData) {
    for (const { records } of partitionData) bytes += records?.length ?? 0;
  }
  const throttleTimeMs = broker.quotas.throttleMs('producer_byte_rate', clientId, bytes);
  if (throttleTimeMs > 0) client.mute(throttleTimeMs);
  return throttleTimeMs;
}

/** `answer` with the time its client has to be silent. */
export function withThrottle(
  answer: ProduceAnswer | NoResponse,
  throttleTimeMs: number,
): (ProduceAnswer & { throttleTimeMs: number }) | NoResponse {
  return answer === noResponse ? answer : { ...(answer as ProduceAnswer), throttleTimeMs };
}

/** Milliseconds for which `answer` must not be sent: instead its client is told to be silent, and its connection is mute. */
export function fetchThrottleMs(answer: FetchAnswer, context: RequestContext): number {
  const { broker, client, clientId } = context;
  const { quotas } = broker;
  if (!quotas.hasByteRates && !quotas.hasRequestRates) return 0;
  const requestMs = quotas.requestThrottleMs(clientId, context.spentMs);
  context.spentMs = 0;
  let bytes = 0;
  for (const { partitions } of answer.responses) {
    for (const { records } of partitions) bytes += records?.length ?? 0;
  }
  // Bytes that are not sent do not count.
  const heldMs = quotas.holdBackMs('consumer_byte_rate', clientId, requestMs > 0 ? 0 : bytes);
  const throttleTimeMs = Math.max(requestMs, heldMs);
  if (throttleTimeMs > 0) client.mute(throttleTimeMs);
  return throttleTimeMs;
}
