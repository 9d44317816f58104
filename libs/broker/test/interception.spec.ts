// Requests answered, delayed or lost by a test, seen from a client's socket.
import { describe, expect, it } from 'vitest';
import { ErrorCode, KafkaError } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import {
  delay,
  drop,
  dropAnswer,
  failure,
  silence,
  startTestBroker,
  type TestBroker,
} from '../src/testing/index.js';
import { batchOf, fetchRequest, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

async function withBroker(
  use: (broker: TestBroker, client: RawClient) => Promise<void>,
  options: Parameters<typeof startTestBroker>[0] = {},
): Promise<void> {
  await using broker = await startTestBroker({ topics: { t: 1 }, ...options });
  await using client = await RawClient.connect(broker.port);
  await use(broker, client);
}

async function produce(client: RawClient, value = 'v') {
  const { responses } = await client.request(
    ApiKey.produce,
    9,
    produceRequest('t', batchOf([value])),
  );
  return responses[0]?.partitionResponses[0]?.errorCode;
}

const metadata = { topics: [{ name: 't' }], allowAutoTopicCreation: false };

describe('an interceptor', () => {
  it('answers in the place of the broker, which never sees the request', async () => {
    await withBroker(async (broker, client) => {
      const interception = broker.intercept('Produce', (request) => ({
        responses: request.topicData.map(({ name, partitionData }) => ({
          name,
          partitionResponses: partitionData.map(({ index }) => ({
            index,
            errorCode: 0,
            baseOffset: 77,
            logAppendTimeMs: -1,
            logStartOffset: 0,
            recordErrors: [],
            errorMessage: null,
          })),
        })),
      }));
      const { responses } = await client.request(
        ApiKey.produce,
        9,
        produceRequest('t', batchOf(['lost'])),
      );
      expect(responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 77 });
      expect(interception.hits).toBe(1);
      expect(await broker.records('t')).toEqual([]);
      interception.dispose();
      expect(await produce(client)).toBe(0);
      expect(await broker.records('t')).toHaveLength(1);
    });
  });

  it('is found by API key, is asked youngest first and may leave a request alone', async () => {
    await withBroker(async (broker, client) => {
      const asked: string[] = [];
      broker.intercept(ApiKey.produce, ({ acks }, { clientId, apiVersion, nodeId }) => {
        asked.push(`first ${acks} ${clientId} v${apiVersion} @${nodeId}`);
        return undefined;
      });
      {
        using second = broker.intercept('Produce', () => {
          asked.push('second');
          return undefined;
        });
        expect(await produce(client)).toBe(0);
        expect(second.hits).toBe(0);
      }
      expect(await produce(client)).toBe(0);
      expect(asked).toEqual(['second', 'first -1 raw v9 @1', 'first -1 raw v9 @1']);
    });
  });

  it('fails a request in the form of its API, by value or by throwing', async () => {
    await withBroker(async (broker, client) => {
      using refused = broker.intercept('Produce', () => failure('NOT_ENOUGH_REPLICAS'));
      expect(await produce(client)).toBe(ErrorCode.NOT_ENOUGH_REPLICAS);
      using thrown = broker.intercept('Metadata', () => {
        throw new KafkaError('LEADER_NOT_AVAILABLE');
      });
      const { topics } = await client.request(ApiKey.metadata, 7, metadata);
      expect(topics[0]?.errorCode).toBe(ErrorCode.LEADER_NOT_AVAILABLE);
      expect([refused.hits, thrown.hits]).toEqual([1, 1]);
    });
  });

  it('changes what the broker answers', async () => {
    await withBroker(async (broker, client) => {
      broker.intercept('Metadata', async (_request, about) => {
        const answer = await about.answer();
        return answer && { ...answer, clusterId: 'another' };
      });
      const { clusterId, topics } = await client.request(ApiKey.metadata, 7, metadata);
      expect(clusterId).toBe('another');
      expect(topics[0]?.partitions).toHaveLength(1);
    });
  });

  it('sees the answer and leaves it as it is', async () => {
    await withBroker(async (broker, client) => {
      await broker.produce('t', [{ value: 'seen' }]);
      const sizes: number[] = [];
      broker.intercept('Fetch', async (_request, about) => {
        const answer = await about.answer();
        sizes.push(answer?.responses[0]?.partitions[0]?.records?.length ?? 0);
        return undefined;
      });
      const answer = await client.request(ApiKey.fetch, 12, fetchRequest('t', 0));
      expect(answer.responses[0]?.partitions[0]?.records?.length).toBe(sizes[0]);
      expect(sizes[0]).toBeGreaterThan(0);
    });
  });

  it('that fails closes the connection and is told in the dump', async () => {
    await withBroker(async (broker, client) => {
      broker.intercept('Metadata', () => {
        throw new TypeError('a mistake in the test');
      });
      client.send(ApiKey.metadata, 7, metadata);
      await client.closed();
      expect(String(broker.dump())).toContain('TypeError: a mistake in the test');
    });
  });
});

describe('a lost request', () => {
  it('never reaches the broker: drop', async () => {
    await withBroker(async (broker, client) => {
      using dropped = broker.intercept('Produce', () => drop());
      client.send(ApiKey.produce, 9, produceRequest('t', batchOf(['v'])));
      await client.closed();
      expect(dropped.hits).toBe(1);
      expect(await broker.records('t')).toEqual([]);
    });
  });

  it('is done but not answered: dropAnswer', async () => {
    await withBroker(async (broker, client) => {
      broker.intercept('Produce', () => dropAnswer());
      client.send(ApiKey.produce, 9, produceRequest('t', batchOf(['v'])));
      await client.closed();
      expect(await broker.records('t')).toHaveLength(1);
    });
  });

  it('keeps its connection waiting for ever: silence', async () => {
    await withBroker(async (broker, client) => {
      const silenced = broker.intercept('Metadata', () => silence());
      client.send(ApiKey.metadata, 7, metadata);
      client.send(ApiKey.produce, 9, produceRequest('t', batchOf(['behind'])));
      await using other = await RawClient.connect(broker.port);
      expect(await produce(other)).toBe(0);
      expect(client.isClosed).toBe(false);
      expect(await broker.records('t')).toHaveLength(1);
      silenced.dispose();
      await client.closed();
    });
  });

  it('silenced when the broker stops holds nothing up', async () => {
    const broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const silenced = broker.intercept('Metadata', () => silence());
    client.send(ApiKey.metadata, 7, metadata);
    while (silenced.hits === 0) await new Promise((resolve) => setImmediate(resolve));
    await broker.stop();
    await client.closed();
  });
});

describe('a delayed request', () => {
  it('waits on the clock of the broker, and those behind it wait too', async () => {
    await withBroker(
      async (broker, client) => {
        using late = broker.intercept('Metadata', () => delay('30s'));
        const first = client.send(ApiKey.metadata, 7, metadata);
        const second = client.send(ApiKey.produce, 9, produceRequest('t', batchOf(['later'])));
        while (late.hits === 0) await broker.clock.advance(0);
        await broker.clock.advance('29s');
        expect(await broker.records('t')).toEqual([]);
        await broker.clock.advance('1s');
        expect((await client.response(ApiKey.metadata, 7)).correlationId).toBe(first);
        expect((await client.response(ApiKey.produce, 9)).correlationId).toBe(second);
        expect(await broker.records('t')).toHaveLength(1);
      },
      { clock: 'manual' },
    );
  });

  it('is served when its interceptor ends', async () => {
    await withBroker(async (broker, client) => {
      const late = broker.intercept('Metadata', () => delay('1h'));
      client.send(ApiKey.metadata, 7, metadata);
      while (late.hits === 0) await new Promise((resolve) => setImmediate(resolve));
      late.dispose();
      expect((await client.response(ApiKey.metadata, 7)).body.topics).toHaveLength(1);
    });
  });
});

describe('failNext', () => {
  it('fails so many requests and no more', async () => {
    await withBroker(async (broker, client) => {
      const failed = broker.failNext('Produce', 'NOT_LEADER_OR_FOLLOWER', 2);
      const codes = [await produce(client), await produce(client), await produce(client)];
      const wrong = ErrorCode.NOT_LEADER_OR_FOLLOWER;
      expect(codes).toEqual([wrong, wrong, 0]);
      expect(failed.hits).toBe(2);
      expect(await broker.records('t')).toHaveLength(1);
    });
  });

  it('refuses a name the protocol does not have', async () => {
    await withBroker(async (broker) => {
      expect(() => broker.failNext('Prodoose' as 'Produce', 'NONE')).toThrow(
        "'Prodoose' is no API",
      );
    });
  });
});

describe('maxVersions', () => {
  it('serves and advertises an older broker', async () => {
    await withBroker(
      async (_broker, client) => {
        const { apiKeys } = await client.request(ApiKey.apiVersions, 0, {});
        const ranges = new Map(apiKeys.map(({ apiKey, maxVersion }) => [apiKey, maxVersion]));
        expect(ranges.get(ApiKey.fetch)).toBe(6);
        expect(ranges.has(ApiKey.consumerGroupHeartbeat)).toBe(false);
        client.send(ApiKey.fetch, 7, fetchRequest('t', 0));
        await client.closed();
      },
      { maxVersions: { Fetch: 6, ConsumerGroupHeartbeat: -1 } },
    );
  });
});
