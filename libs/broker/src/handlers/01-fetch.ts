// Fetch: raw log bytes from an offset up to the high watermark.
// Versions: 4-17; from 13 on topics go by id.
// Behaviour: answers at once when min_bytes are there, max_wait is 0 or a partition has an error; else parks until enough became
//   readable or the time is over, then reads again. The first partition with data gives at least one whole batch, after it
//   max_bytes is hard; only whole batches are sent. Sessions (7): an answer within one names only partitions with news; a client
//   that must be silent keeps its session. A last fetched epoch that parts from ours gets the diverging epoch (12). A topic made anew
//   within a session is INCONSISTENT_TOPIC_ID, an id nobody has UNKNOWN_TOPIC_ID. Leaders are named from 16 on.
// Not implemented: followers, version 18.
// Sources: wire protocol notes §9; KIP-227, KIP-516; Kafka's ReplicaManager.fetchMessages and DelayedFetch.

import { ErrorCode } from '@drave/contracts';
import { ApiKey, type FetchRequest, type ResponseInputMap } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';
import { FetchRound, refusedPartition, type FetchAnswer } from '../fetch-round.js';
import { topicIdVersionMin, type SessionTurn } from '../fetch-sessions.js';
import { fetchThrottleMs } from '../throttling.js';

const noSession = 0;

export const fetchHandler = defineHandler({
  apiKey: ApiKey.fetch,
  name: 'Fetch',
  versions: { min: 4, max: 17 },
  isExclusive: true,
  handle(request, context) {
    const turn = context.broker.fetchSessions.enter(request, context.apiVersion);
    if (turn.kind === 'refused') {
      return { errorCode: turn.errorCode, sessionId: noSession, responses: [] };
    }
    return serve(request, turn, context);
  },
  fail(request, { code }, { apiVersion }) {
    return {
      errorCode: code,
      sessionId: noSession,
      responses:
        apiVersion >= topicIdVersionMin
          ? []
          : request.topics.map(({ topic, partitions }) => ({
              topic,
              partitions: partitions.map(({ partition }) => refusedPartition(partition, code)),
            })),
    };
  },
});

function serve(
  request: FetchRequest,
  turn: Exclude<SessionTurn, { kind: 'refused' }>,
  context: RequestContext,
): ResponseInputMap[1] | Promise<ResponseInputMap[1]> {
  const round = new FetchRound(request, turn, context);
  return round.run((answer) => conclude(answer, { request, turn, context, round }));
}

interface Served {
  readonly request: FetchRequest;
  readonly turn: Exclude<SessionTurn, { kind: 'refused' }>;
  readonly context: RequestContext;
  readonly round: FetchRound;
}

function conclude(
  answer: FetchAnswer,
  { request, turn, context, round }: Served,
): ResponseInputMap[1] {
  const sessionId = turn.kind === 'incremental' ? turn.session.id : noSession;
  // Another request went on with the session while this one was reading or waiting.
  if (turn.kind === 'incremental' && turn.session.epoch !== turn.epoch) {
    const errorCode = ErrorCode.INVALID_FETCH_SESSION_EPOCH;
    return { errorCode, sessionId, responses: [] };
  }
  const throttleTimeMs = fetchThrottleMs(answer, context);
  if (throttleTimeMs > 0) return { errorCode: 0, sessionId, responses: [], throttleTimeMs };
  round.commitToSession();
  const opensSession = turn.kind === 'full' && turn.wantsSession;
  answer.sessionId = opensSession
    ? context.broker.fetchSessions.open(request, context.apiVersion, answer.responses)
    : sessionId;
  return answer;
}
