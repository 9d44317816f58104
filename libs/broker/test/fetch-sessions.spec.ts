// Fetch sessions (KIP-227) over a real socket and their cache: what an answer names, who is pushed out, topic ids (KIP-516).
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { manualClock, SeededRandom } from '@drave/platform';
import {
  ApiKey,
  decodeRequestBody,
  decodeRequestHeader,
  encodeRequest,
  type FetchRequest,
  type FetchResponse,
  type RequestInputMap,
} from '@drave/protocol';
import { FetchSessions } from '../src/fetch-sessions.js';
import { SessionPartitions } from '../src/session-partitions.js';
import { startTestBroker, type TestBroker } from '../src/testing/index.js';
import { RawClient } from './raw-client.js';

type FetchInput = RequestInputMap[1];

const zeroId = '00000000-0000-0000-0000-000000000000';

/** Topic → partition → offset. */
type Offsets = Readonly<Record<string, Readonly<Record<number, number>>>>;

interface Asked {
  readonly session?: number;
  readonly epoch?: number;
  readonly maxWaitMs?: number;
  readonly forget?: Readonly<Record<string, number[]>>;
  readonly isById?: boolean;
}

function fetchOf(offsets: Offsets, asked: Asked = {}): FetchInput {
  const named = (topic: string) => (asked.isById ? { topicId: topic } : { topic });
  return {
    maxWaitMs: asked.maxWaitMs ?? 0,
    minBytes: 1,
    sessionId: asked.session ?? 0,
    sessionEpoch: asked.epoch ?? 0,
    topics: Object.entries(offsets).map(([topic, partitions]) => ({
      ...named(topic),
      partitions: Object.entries(partitions).map(([partition, fetchOffset]) => ({
        partition: Number(partition),
        fetchOffset,
        partitionMaxBytes: 1 << 20,
      })),
    })),
    forgottenTopicsData: Object.entries(asked.forget ?? {}).map(([topic, partitions]) => ({
      ...named(topic),
      partitions,
    })),
  };
}

/** `topic-partition` of everything in the answer, in its order. */
function namedIn({ responses }: FetchResponse): string[] {
  return responses.flatMap(({ topic, partitions }) =>
    partitions.map(({ partitionIndex }) => `${topic}-${partitionIndex}`),
  );
}

async function start(topics: Readonly<Record<string, number>> = { t: 3 }, slots?: number) {
  const settings = slots === undefined ? {} : { maxIncrementalFetchSessionCacheSlots: slots };
  const broker = await startTestBroker({ topics, settings });
  const client = await RawClient.connect(broker.port);
  return {
    broker,
    client,
    fetch: (version: number, offsets: Offsets, asked?: Asked) =>
      client.request(ApiKey.fetch, version, fetchOf(offsets, asked)),
    async [Symbol.asyncDispose]() {
      await client.close();
      await broker.stop();
    },
  };
}

async function idOf(broker: TestBroker, topic: string): Promise<string> {
  await using client = await RawClient.connect(broker.port);
  const request = { topics: [{ name: topic, topicId: zeroId }] };
  const { topics } = await client.request(ApiKey.metadata, 12, request);
  return topics[0]?.topicId ?? zeroId;
}

describe('a fetch session', () => {
  it.each([7, 9, 11, 12])('answers only what is news, in version %d', async (version) => {
    await using world = await start();
    const { broker, fetch } = world;
    await broker.produce('t', [{ value: 'a', partition: 1 }]);
    const full = await fetch(version, { t: { 0: 0, 1: 0, 2: 0 } });
    expect(full.errorCode).toBe(0);
    expect(full.sessionId).toBeGreaterThan(0);
    expect(namedIn(full)).toEqual(['t-0', 't-1', 't-2']);
    const session = full.sessionId;
    const moved = await fetch(version, { t: { 1: 1 } }, { session, epoch: 1 });
    expect(moved).toMatchObject({ errorCode: 0, sessionId: session, responses: [] });
    await broker.produce('t', [{ value: 'b', partition: 2 }]);
    const news = await fetch(version, {}, { session, epoch: 2 });
    expect(namedIn(news)).toEqual(['t-2']);
    expect(news.responses[0]?.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 1 });
    expect(news.responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(0);
    const again = await fetch(version, {}, { session, epoch: 3 });
    expect(namedIn(again)).toEqual(['t-2']); // Records are sent until the offset moves.
  });

  it('waits for news as any fetch does', async () => {
    await using world = await start();
    const { broker, client, fetch } = world;
    const { sessionId: session } = await fetch(12, { t: { 0: 0, 1: 0 } });
    client.send(ApiKey.fetch, 12, fetchOf({}, { session, epoch: 1, maxWaitMs: 25_000 }));
    while (broker.broker.metrics().parkedFetches === 0) await turn();
    await broker.produce('t', [{ value: 'a', partition: 1 }]);
    const { body } = await client.response(ApiKey.fetch, 12);
    expect(namedIn(body)).toEqual(['t-1']);
  });

  it('forgets and adds partitions, and ends with the last of them', async () => {
    await using world = await start({ t: 3, u: 1 });
    const { broker, fetch } = world;
    const { sessionId: session } = await fetch(12, { t: { 0: 0, 1: 0 } });
    const added = await fetch(12, { u: { 0: 0 } }, { session, epoch: 1, forget: { t: [0] } });
    expect(namedIn(added)).toEqual(['u-0']); // New to the client, although empty.
    await broker.produce('t', [{ value: 'a', partition: 0 }]);
    await broker.produce('t', [{ value: 'a', partition: 1 }]);
    const kept = await fetch(12, {}, { session, epoch: 2 });
    expect(namedIn(kept)).toEqual(['t-1']);
    const last = { session, epoch: 3, forget: { t: [1], u: [0, 7], nowhere: [1] } };
    expect(await fetch(12, {}, last)).toMatchObject({ errorCode: 0, sessionId: 0, responses: [] });
    expect(await fetch(12, {}, { session, epoch: 4 })).toMatchObject({
      errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    });
  });

  it('answers an error each time, and the partition again when it is over', async () => {
    await using world = await start({ t: 1 });
    const { broker, fetch } = world;
    const full = await fetch(12, { t: { 0: 0 }, later: { 0: 0 } });
    const { sessionId: session } = full;
    for (const epoch of [1, 2]) {
      const answer = await fetch(12, {}, { session, epoch });
      expect(namedIn(answer)).toEqual(['later-0']);
      expect(answer.responses[0]?.partitions[0]?.errorCode).toBe(
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      );
    }
    await broker.createTopic('later');
    expect(namedIn(await fetch(12, {}, { session, epoch: 3 }))).toEqual(['later-0']);
    expect(namedIn(await fetch(12, {}, { session, epoch: 4 }))).toEqual([]);
  });

  it('tells of a log start that moved', async () => {
    await using world = await start({ t: 1 });
    const { broker, client, fetch } = world;
    await broker.produce('t', [{ value: 'a' }, { value: 'b' }]);
    const { sessionId: session } = await fetch(12, { t: { 0: 2 } });
    expect(namedIn(await fetch(12, {}, { session, epoch: 1 }))).toEqual([]);
    await client.request(ApiKey.deleteRecords, 2, {
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 1 }] }],
      timeoutMs: 5000,
    });
    const answer = await fetch(12, {}, { session, epoch: 2 });
    expect(answer.responses[0]?.partitions[0]).toMatchObject({ errorCode: 0, logStartOffset: 1 });
    expect(namedIn(await fetch(12, {}, { session, epoch: 3 }))).toEqual([]);
  });

  it('gives partitions with records a later turn', async () => {
    await using world = await start();
    const { broker, fetch } = world;
    for (const partition of [0, 1, 2]) await broker.produce('t', [{ value: 'a', partition }]);
    const { sessionId: session } = await fetch(12, { t: { 0: 1, 1: 1, 2: 1 } });
    const order = async (epoch: number, offsets: Offsets) =>
      namedIn(await fetch(12, offsets, { session, epoch }));
    expect(await order(1, { t: { 0: 0 } })).toEqual(['t-0']);
    expect(await order(2, { t: { 1: 0, 2: 0 } })).toEqual(['t-1', 't-2', 't-0']);
    expect(await order(3, { t: { 1: 1 } })).toEqual(['t-2', 't-0']);
  });

  it('refuses other epochs and other sessions, and stays as it was', async () => {
    await using world = await start();
    const { fetch } = world;
    const { sessionId: session } = await fetch(11, { t: { 0: 0 } });
    const refused = (errorCode: number) => ({ errorCode, sessionId: 0, responses: [] });
    for (const epoch of [2, 7, -2]) {
      expect(await fetch(11, {}, { session, epoch })).toMatchObject(
        refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH),
      );
    }
    expect(await fetch(11, {}, { session: session + 1, epoch: 1 })).toMatchObject(
      refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND),
    );
    expect(await fetch(13, {}, { session, epoch: 1 })).toMatchObject(
      refused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR),
    );
    expect(await fetch(11, {}, { session, epoch: 1 })).toMatchObject({ errorCode: 0 });
  });

  it('is closed by a full fetch that names it, with or without a new one', async () => {
    await using world = await start();
    const { fetch } = world;
    const first = await fetch(12, { t: { 0: 0 } });
    const second = await fetch(12, { t: { 0: 0 } }, { session: first.sessionId, epoch: 0 });
    expect(second.sessionId).not.toBe(first.sessionId);
    const gone = { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    expect(await fetch(12, {}, { session: first.sessionId, epoch: 1 })).toMatchObject(gone);
    const last = await fetch(12, { t: { 0: 0 } }, { session: second.sessionId, epoch: -1 });
    expect(last).toMatchObject({ errorCode: 0, sessionId: 0 });
    expect(namedIn(last)).toEqual(['t-0']);
    expect(await fetch(12, {}, { session: second.sessionId, epoch: 1 })).toMatchObject(gone);
  });

  it('is not granted without a place', async () => {
    await using world = await start({ t: 1 }, 0);
    expect((await world.fetch(12, { t: { 0: 0 } })).sessionId).toBe(0);
  });

  it('used by another connection meanwhile is not answered twice', async () => {
    await using world = await start();
    const { broker, client, fetch } = world;
    const { sessionId: session } = await fetch(12, { t: { 0: 0, 1: 0 } });
    client.send(ApiKey.fetch, 12, fetchOf({}, { session, epoch: 1, maxWaitMs: 25_000 }));
    while (broker.broker.metrics().parkedFetches === 0) await turn();
    await using other = await RawClient.connect(broker.port);
    const second = fetchOf({}, { session, epoch: 2, forget: { t: [0] } });
    expect((await other.request(ApiKey.fetch, 12, second)).errorCode).toBe(0);
    await broker.produce('t', [{ value: 'a', partition: 0 }]);
    const { body } = await client.response(ApiKey.fetch, 12);
    expect(body).toMatchObject({
      errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH,
      sessionId: session,
      responses: [],
    });
  });
});

describe('topic ids', () => {
  it.each([13, 14, 15, 16, 17])('are served in version %d, in sessions too', async (version) => {
    await using world = await start({ t: 2 });
    const { broker, fetch } = world;
    const id = await idOf(broker, 't');
    await broker.produce('t', [{ value: 'a', partition: 1 }]);
    const full = await fetch(version, { [id]: { 0: 0, 1: 0 } }, { isById: true });
    expect(full.responses).toMatchObject([
      { topicId: id, partitions: [{ errorCode: 0 }, { errorCode: 0, highWatermark: 1 }] },
    ]);
    const { sessionId: session } = full;
    const ofSession = { session, epoch: 1, isById: true };
    const news = await fetch(version, { [id]: { 1: 1 } }, ofSession);
    expect(news).toMatchObject({ errorCode: 0, sessionId: session, responses: [] });
    expect(await fetch(12, {}, { session, epoch: 2 })).toMatchObject({
      errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
    });
    const forgotten = await fetch(
      version,
      {},
      { session, epoch: 2, isById: true, forget: { [id]: [0, 1] } },
    );
    expect(forgotten.sessionId).toBe(0);
  });

  it('of a topic made anew are told apart within the session', async () => {
    await using world = await start({ t: 1 });
    const { broker, client, fetch } = world;
    const id = await idOf(broker, 't');
    const { sessionId: session } = await fetch(13, { [id]: { 0: 0 } }, { isById: true });
    const errorIn = async (epoch: number) => {
      const { responses } = await fetch(13, {}, { session, epoch, isById: true });
      return responses[0]?.partitions[0]?.errorCode;
    };
    await client.request(ApiKey.deleteTopics, 1, { topicNames: ['t'], timeoutMs: 1000 });
    expect(await errorIn(1)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    await broker.createTopic('t');
    expect(await errorIn(2)).toBe(ErrorCode.INCONSISTENT_TOPIC_ID);
    const unknown = await fetch(13, { [id]: { 0: 0 } }, { isById: true });
    expect(unknown.responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
  });
});

describe('the cache of sessions', () => {
  function cache(options: { readonly slots: number; readonly partitionsMax?: number }) {
    const clock = manualClock();
    const sessions = new FetchSessions({ ...options, clock, random: new SeededRandom(1) });
    const decoded = (partitions: number, asked: Asked = {}): FetchRequest => {
      const offsets = Object.fromEntries(Array.from({ length: partitions }, (_, i) => [i, 0]));
      const header = { apiKey: ApiKey.fetch, apiVersion: 12, correlationId: 1, clientId: null };
      const frame = Buffer.concat(encodeRequest(header, fetchOf({ t: offsets }, asked)));
      return decodeRequestBody(
        ApiKey.fetch,
        12,
        frame,
        decodeRequestHeader(frame.subarray(4)).bodyStart + 4,
      );
    };
    return {
      clock,
      sessions,
      open: (partitions: number) => sessions.open(decoded(partitions), 12, []),
      use: (session: number, epoch: number, partitions = 0) =>
        sessions.enter(decoded(partitions, { session, epoch }), 12).kind,
    };
  }

  it('grants none when it is full of young ones, and pushes out who was idle for two minutes', async () => {
    const { clock, sessions, open, use } = cache({ slots: 2 });
    const [first, second] = [open(1), open(1)];
    expect(open(100)).toBe(0);
    await clock.advance(100_000);
    expect(use(first, 1)).toBe('incremental');
    await clock.advance(21_000);
    const third = open(1);
    expect(third).toBeGreaterThan(0);
    expect(use(second, 1)).toBe('refused');
    expect(use(first, 2)).toBe('incremental');
    expect(sessions.size).toBe(2);
  });

  it('pushes out a smaller one that is old although in use, never one as large', async () => {
    const { clock, sessions, open, use } = cache({ slots: 2 });
    const [small, large] = [open(2), open(9)];
    for (const epoch of [1, 2]) {
      await clock.advance(61_000);
      use(small, epoch);
      use(large, epoch);
    }
    expect(open(2)).toBe(0);
    expect(open(3)).toBeGreaterThan(0);
    expect(use(small, 3)).toBe('refused');
    expect(use(large, 3)).toBe('incremental');
    expect(sessions.partitionCount).toBe(12);
  });

  it('bounds the partitions of all sessions', () => {
    const { sessions, open, use } = cache({ slots: 10, partitionsMax: 10 });
    const first = open(6);
    expect(open(6)).toBe(0);
    expect(open(4)).toBeGreaterThan(0);
    expect(use(first, 1, 7)).toBe('refused');
    expect(sessions.partitionCount).toBe(4);
  });

  it('goes on with epoch 1 after the last one', () => {
    const { sessions, open, use } = cache({ slots: 1 });
    const id = open(1);
    use(id, 1);
    const turn = sessions.enter({ ...emptyRequest, sessionId: id, sessionEpoch: 2 }, 12);
    if (turn.kind !== 'incremental') throw new Error(turn.kind);
    turn.session.epoch = 0x7fff_ffff;
    expect(use(id, 0x7fff_ffff)).toBe('incremental');
    expect(use(id, 1)).toBe('incremental');
  });
});

const emptyRequest: FetchRequest = {
  clusterId: null,
  replicaState: { replicaId: -1, replicaEpoch: -1 },
  replicaId: -1,
  maxWaitMs: 0,
  minBytes: 1,
  maxBytes: 1,
  isolationLevel: 0,
  sessionId: 0,
  sessionEpoch: 0,
  topics: [],
  forgottenTopicsData: [],
  rackId: '',
};

describe('the partitions of a session', () => {
  it('behave like an ordered map, whatever happens to them', () => {
    const random = new SeededRandom(7);
    const partitions = new SessionPartitions();
    let model: {
      readonly key: string;
      readonly topic: string;
      readonly partition: number;
      offset: number;
    }[] = [];
    for (let step = 0; step < 3_000; step++) {
      const topic = `t${random.nextInt(7)}`;
      const partition = random.nextInt(30);
      const named = { name: topic, topicId: zeroId };
      const key = `${topic}-${partition}`;
      const known = model.find((entry) => entry.key === key);
      const choice = random.nextInt(10);
      if (choice < 6) {
        const slot = partitions.put(named, { ...askedOf(partition), fetchOffset: step });
        expect(partitions.topicOf(slot).name).toBe(topic);
        if (known) known.offset = step;
        else model.push({ key, topic, partition, offset: step });
      } else if (choice < 8) {
        partitions.forget([{ topic: named, partitions: [partition, partition + 1] }]);
        const gone = new Set([key, `${topic}-${partition + 1}`]);
        model = model.filter((entry) => !gone.has(entry.key));
      } else if (known) {
        partitions.moveToEnd(
          partitions.put(named, { ...askedOf(partition), fetchOffset: known.offset }),
        );
        model = [...model.filter((entry) => entry !== known), known];
      }
      if (step % 50 !== 0) continue;
      const listed: string[] = [];
      for (let slot = partitions.first; slot >= 0; slot = partitions.after(slot)) {
        const { name } = partitions.topicOf(slot);
        const { partition: index, fetchOffset } = partitions.asked(slot);
        listed.push(`${name}-${index}@${fetchOffset}`);
      }
      expect(listed).toEqual(model.map((entry) => `${entry.key}@${entry.offset}`));
      expect(partitions.size).toBe(model.length);
    }
  });
});

function askedOf(partition: number) {
  return {
    partition,
    currentLeaderEpoch: -1,
    fetchOffset: 0,
    lastFetchedEpoch: -1,
    partitionMaxBytes: 1,
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
