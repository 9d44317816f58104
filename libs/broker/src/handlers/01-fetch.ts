// Fetch: raw log bytes from an offset up to the high watermark.
// Versions: 4-12.
// Behaviour: answers at once when min_bytes are there, max_wait is 0 or a partition has an error; else parks until enough became
//   readable or the time is over, then reads again. The first partition with data gives at least one whole batch, after it
//   max_bytes is hard; only whole batches are sent. Sessions are never granted (session id 0), so every answer is a full one;
//   unknown sessions get FETCH_SESSION_ID_NOT_FOUND. A last fetched epoch that is not ours gets the diverging epoch (12).
// Not implemented: fetch sessions, topic ids (13), followers, aborted transactions (there are none: the list is empty).
// Sources: wire protocol notes §9; Kafka's ReplicaManager.fetchMessages and DelayedFetch.

import { ErrorCode } from '@drave/contracts';
import { ApiKey, type FetchRequest } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';
import { FetchRound, refusedPartition } from '../fetch-round.js';
import { throttleFetch } from '../throttling.js';

export const fetchHandler = defineHandler({
  apiKey: ApiKey.fetch,
  name: 'Fetch',
  versions: { min: 4, max: 12 },
  isExclusive: true,
  handle(request, context) {
    const sessionError = refuseSession(request);
    if (sessionError) return { errorCode: sessionError, sessionId: 0, responses: [] };
    const answer = new FetchRound(request, context).run();
    if (!context.broker.quotas.hasByteRates) return answer;
    return answer.then((full) => throttleFetch(full, context));
  },
  fail(request, error) {
    return {
      errorCode: error.code,
      sessionId: 0,
      responses: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => refusedPartition(partition, error.code)),
      })),
    };
  },
});

/** No session is ever granted: only a full fetch (epoch −1 or 0) makes sense. */
function refuseSession({ sessionEpoch }: FetchRequest): number | undefined {
  const isFull = sessionEpoch === -1 || sessionEpoch === 0;
  return isFull ? undefined : ErrorCode.FETCH_SESSION_ID_NOT_FOUND;
}
