// Where request_percentage meets answers: a client that took too much of the event loop is answered at once and told to be silent;
// meanwhile its connection starts nothing (KIP-124, KIP-219). Protects: of two quotas the longer silence counts.
// Leaves out: Fetch, whose throttled answers are empty (throttling.ts). Source: Kafka's ClientRequestQuotaManager.

import { noResponse, type NoResponse, type RequestContext } from './request-context.js';

/** Counts the request; returns its answer with the time its client has to be silent. */
export function throttleRequest<Body extends object>(
  body: Body | NoResponse,
  context: RequestContext,
): Body | NoResponse {
  const { broker, client, clientId, spentMs } = context;
  const throttleTimeMs = broker.quotas.requestThrottleMs(clientId, spentMs);
  context.spentMs = 0; // Fetch has counted it already.
  if (throttleTimeMs === 0) return body;
  client.mute(throttleTimeMs);
  if (body === noResponse) return body;
  const answer: Body & { throttleTimeMs?: number } = body as Body;
  const otherMs = answer.throttleTimeMs ?? 0;
  return { ...answer, throttleTimeMs: Math.max(otherMs, throttleTimeMs) };
}
