// Fetch sessions as the consumer uses them: what its requests name, and that nothing is lost or seen twice when sessions are.

import { describe, expect, it } from 'vitest';
import { ErrorCode, type TopicPartition } from '@drave/contracts';
import {
  dropAnswer,
  startTestBroker,
  type Interception,
  type TestBroker,
} from '@drave/broker/testing';
import { nodePlatform, SeededRandom } from '@drave/platform';
import { KafkaClient, type Consumer } from '../src/index.js';
import { FetchSession } from '../src/fetch-session.js';

interface SeenFetch {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  /** `topic-partition@offset` of what the request names. */
  readonly named: readonly string[];
  readonly forgotten: readonly string[];
}

interface World extends AsyncDisposable {
  readonly broker: TestBroker;
  readonly consumer: Consumer;
  readonly fetches: SeenFetch[];
  /** Values in the order they came, by partition. */
  read(count: number): Promise<Map<number, string[]>>;
}

const partitionCount = 4;
const all: readonly TopicPartition[] = Array.from({ length: partitionCount }, (_, partition) => ({
  topic: 't',
  partition,
}));

async function start(options: Parameters<typeof startTestBroker>[0] = {}): Promise<World> {
  const broker = await startTestBroker({ topics: { t: partitionCount }, ...options });
  const client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
  const consumer = client.consumer({
    autoOffsetReset: 'earliest',
    fetch: { maxWaitMs: 20 },
  });
  const fetches: SeenFetch[] = [];
  broker.intercept('Fetch', ({ sessionId, sessionEpoch, topics, forgottenTopicsData }) => {
    const named = topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, fetchOffset }) => `${topic}-${partition}@${fetchOffset}`),
    );
    const forgotten = forgottenTopicsData.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => `${topic}-${partition}`),
    );
    fetches.push({ sessionId, sessionEpoch, named, forgotten });
    return undefined;
  });
  return {
    broker,
    consumer,
    fetches,
    async read(count) {
      const values = new Map<number, string[]>();
      for (let left = count; left > 0;) {
        for (const { partition, value } of await consumer.poll({ timeoutMs: 100 })) {
          values.set(partition, [...(values.get(partition) ?? []), String(value)]);
          left--;
        }
      }
      return values;
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await broker.stop();
    },
  };
}

/** The next fetch after this moment that `isMeant`. */
async function nextFetch(
  { fetches, consumer }: World,
  isMeant: (fetch: SeenFetch) => boolean,
): Promise<SeenFetch> {
  for (let from = fetches.length; ;) {
    const found = fetches.slice(from).find(isMeant);
    if (found) return found;
    from = fetches.length;
    await consumer.poll({ timeoutMs: 20 });
  }
}

const isIncremental = ({ sessionEpoch }: SeenFetch): boolean => sessionEpoch > 0;
const isFull = ({ sessionEpoch }: SeenFetch): boolean => sessionEpoch === 0;

describe('a consumer', () => {
  it('names a partition once, and again when its position changed', async () => {
    await using world = await start();
    const { broker, consumer } = world;
    consumer.assign(all);
    const idle = await nextFetch(world, isIncremental);
    expect(idle).toMatchObject({ named: [], forgotten: [] });
    expect(idle.sessionId).toBeGreaterThan(0);
    await broker.produce('t', [{ value: 'a', partition: 2 }]);
    expect(await world.read(1)).toEqual(new Map([[2, ['a']]]));
    expect(await nextFetch(world, ({ named }) => named.length > 0)).toMatchObject({
      named: ['t-2@1'],
      forgotten: [],
    });
  });

  it('forgets what it pauses and names it again when it resumes', async () => {
    await using world = await start();
    const { broker, consumer } = world;
    consumer.assign(all);
    await nextFetch(world, isIncremental);
    consumer.pause([{ topic: 't', partition: 1 }]);
    const paused = await nextFetch(world, ({ forgotten }) => forgotten.length > 0);
    expect(paused).toMatchObject({ named: [], forgotten: ['t-1'] });
    await broker.produce('t', [{ value: 'later', partition: 1 }]);
    expect(await consumer.poll({ timeoutMs: 50 })).toEqual([]);
    consumer.resume([{ topic: 't', partition: 1 }]);
    expect(await world.read(1)).toEqual(new Map([[1, ['later']]]));
  });

  it.each([
    { error: 'FETCH_SESSION_ID_NOT_FOUND', keepsId: false },
    { error: 'INVALID_FETCH_SESSION_EPOCH', keepsId: true },
  ] as const)('asks in full at once after $error', async ({ error, keepsId }) => {
    await using world = await start();
    const { broker, consumer, fetches } = world;
    consumer.assign(all);
    const { sessionId } = await nextFetch(world, isIncremental);
    let failedAt = -1;
    const failed: Interception = broker.intercept('Fetch', (request) => {
      if (request.sessionEpoch <= 0 || failed.hits > 0) return undefined;
      failedAt = fetches.length;
      return { errorCode: ErrorCode[error], sessionId: 0, responses: [] };
    });
    while (failed.hits === 0) await consumer.poll({ timeoutMs: 20 });
    await broker.produce('t', [{ value: 'a' }]);
    expect(await world.read(1)).toEqual(new Map([[0, ['a']]]));
    const full = fetches.slice(failedAt).find(isFull);
    expect(full?.named).toHaveLength(partitionCount);
    if (keepsId) expect(full?.sessionId).toBe(sessionId);
    else expect(full?.sessionId).toBe(0);
  });

  it('asks in full after a lost answer', async () => {
    await using world = await start();
    const { broker, consumer, fetches } = world;
    consumer.assign(all);
    const { sessionId } = await nextFetch(world, isIncremental);
    const before = fetches.length;
    const lost: Interception = broker.intercept('Fetch', ({ sessionEpoch }) =>
      sessionEpoch > 0 && lost.hits === 0 ? dropAnswer() : undefined,
    );
    while (lost.hits === 0) await consumer.poll({ timeoutMs: 20 });
    await broker.produce('t', [{ value: 'a' }]);
    expect(await world.read(1)).toEqual(new Map([[0, ['a']]]));
    expect(fetches.slice(before).find(isFull)).toMatchObject({ sessionId }); // ends the old one
  });

  it.each([
    {
      broker: 'without room for sessions',
      options: { config: { 'max.incremental.fetch.session.cache.slots': 0 } },
    },
    { broker: 'that has no sessions', options: { maxVersions: { Fetch: 6 } } },
  ])('asks a broker $broker in full each time', async ({ options }) => {
    await using world = await start(options);
    const { broker, consumer, fetches } = world;
    consumer.assign(all);
    for (const value of ['a', 'b', 'c']) {
      await broker.produce('t', [{ value }]);
      expect(await world.read(1)).toEqual(new Map([[0, [value]]]));
    }
    expect(fetches.some(isIncremental)).toBe(false);
  });

  it('reads every record once and in order while sessions come and go', async () => {
    await using world = await start();
    const { broker, consumer, fetches } = world;
    consumer.assign(all);
    const random = new SeededRandom('fetch-sessions');
    const errors = [ErrorCode.FETCH_SESSION_ID_NOT_FOUND, ErrorCode.INVALID_FETCH_SESSION_EPOCH];
    const failing = broker.intercept('Fetch', ({ sessionEpoch }) => {
      if (sessionEpoch <= 0 || random.nextFloat() > 0.2) return undefined;
      const errorCode = errors[random.nextInt(errors.length)] ?? 0;
      return random.nextFloat() < 0.2 ? dropAnswer() : { errorCode, sessionId: 0, responses: [] };
    });
    const expected = new Map<number, string[]>();
    const seen = new Map<number, string[]>();
    for (let round = 0; round < 60; round++) {
      const partition = random.nextInt(partitionCount);
      const value = String(round);
      await broker.produce('t', [{ value, partition }]);
      expected.set(partition, [...(expected.get(partition) ?? []), value]);
      const other = { topic: 't', partition: random.nextInt(partitionCount) };
      if (random.nextFloat() < 0.3) consumer.pause([other]);
      else consumer.resume(all);
      if (round % 7 === 0) consumer.resume(all);
      if (random.nextFloat() < 0.5) continue;
      for (const record of await consumer.poll({ timeoutMs: 5 })) {
        seen.set(record.partition, [...(seen.get(record.partition) ?? []), String(record.value)]);
      }
    }
    consumer.resume(all);
    const left = 60 - [...seen.values()].flat().length;
    for (const [partition, values] of await world.read(left)) {
      seen.set(partition, [...(seen.get(partition) ?? []), ...values]);
    }
    expect(seen).toEqual(expected);
    expect(failing.hits).toBeGreaterThan(3);
    expect(fetches.filter(isIncremental).length).toBeGreaterThan(10);
  });
});

describe('FetchSession', () => {
  const at = (partition: number, fetchOffset = 0, currentLeaderEpoch = 0) => ({
    topic: 't',
    partition,
    fetchOffset,
    currentLeaderEpoch,
  });

  it('tells of a new leader epoch and counts epochs', () => {
    const session = new FetchSession();
    expect(session.next([at(0), at(1)])).toMatchObject({ sessionId: 0, sessionEpoch: 0 });
    expect(session.onAnswer({ errorCode: 0, sessionId: 9 })).toBe(false);
    expect(session.next([at(0, 0, 1), at(1)])).toEqual({
      sessionId: 9,
      sessionEpoch: 1,
      changed: [at(0, 0, 1)],
      forgotten: [],
    });
    session.onAnswer({ errorCode: 0, sessionId: 9 });
    expect(session.next([at(2)])).toMatchObject({
      sessionEpoch: 2,
      changed: [at(2)],
      forgotten: [at(0, 0, 1), at(1)],
    });
  });

  it('names everything after a request that may never have arrived', () => {
    const session = new FetchSession();
    session.next([at(0)]);
    session.onAnswer({ errorCode: 0, sessionId: 9 });
    session.next([at(0), at(1)]);
    session.onLost();
    expect(session.next([at(0), at(1)])).toEqual({
      sessionId: 9,
      sessionEpoch: 0,
      changed: [at(0), at(1)],
      forgotten: [],
    });
  });

  it('starts anew when the broker closed it, and does not repeat a full request for ever', () => {
    const session = new FetchSession();
    session.next([at(0)]);
    session.onAnswer({ errorCode: 0, sessionId: 9 });
    session.next([at(0)]);
    session.onAnswer({ errorCode: 0, sessionId: 0 });
    expect(session.next([at(0)])).toMatchObject({
      sessionId: 0,
      sessionEpoch: 0,
      changed: [at(0)],
    });
    const errorCode = ErrorCode.FETCH_SESSION_ID_NOT_FOUND;
    expect(session.onAnswer({ errorCode, sessionId: 0 })).toBe(false);
  });
});
