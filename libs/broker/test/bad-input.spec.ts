// What a broken or hostile client sends: the answer the protocol names or a closed connection, and nobody else notices.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey, encodeRequest, type RequestInputMap } from '@drave/protocol';
import { startTestBroker, type TestBroker } from '../src/testing/index.js';
import { batchOf, fetchRequest, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

function frame(apiKey: number, apiVersion: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(10);
  header.writeInt16BE(apiKey, 0);
  header.writeInt16BE(apiVersion, 2);
  header.writeInt32BE(1, 4);
  header.writeInt16BE(-1, 8);
  return Buffer.concat([int32(header.length + body.length), header, body]);
}

async function serves(client: RawClient): Promise<void> {
  const { errorCode } = await client.request(ApiKey.apiVersions, 0, {
    clientSoftwareName: '',
    clientSoftwareVersion: '',
  });
  expect(errorCode).toBe(0);
}

async function isClosedBy(broker: TestBroker, bytes: Buffer): Promise<void> {
  await using witness = await RawClient.connect(broker.port);
  await serves(witness);
  await using client = await RawClient.connect(broker.port);
  client.sendBytes(bytes);
  expect(await client.frame()).toBeUndefined();
  await serves(witness);
}

describe('frames that are none', () => {
  const tlsHello = Buffer.from('16030100c8010000c40303', 'hex');
  it.each([
    ['length -1', int32(-1)],
    ['length 0', int32(0)],
    ['length 1', Buffer.concat([int32(1), Buffer.alloc(1)])],
    ['length 7', Buffer.concat([int32(7), Buffer.alloc(7)])],
    ['length 2^31-1', int32(2 ** 31 - 1)],
    ['length -2^31', int32(-(2 ** 31))],
    ['length above the limit', int32(100 * 1024 * 1024 + 1)],
    ['a TLS hello', tlsHello],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['an SSH banner', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
  ])('closes on %s', async (_, bytes) => {
    await using broker = await startTestBroker();
    await isClosedBy(broker, bytes);
  });

  it('allocates nothing for a length that was only claimed', async () => {
    await using broker = await startTestBroker();
    const clients = await Promise.all(
      Array.from({ length: 50 }, () => RawClient.connect(broker.port)),
    );
    const before = process.memoryUsage.rss();
    for (const client of clients) client.sendBytes(int32(100 * 1024 * 1024));
    await using witness = await RawClient.connect(broker.port);
    await serves(witness);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
    await Promise.all(clients.map((client) => client.close()));
  });
});

describe('API keys and versions', () => {
  it.each([-1, 4, 17, 24, 70, 101, 1000, 32767, -32768])('closes on key %d', async (apiKey) => {
    await using broker = await startTestBroker();
    await isClosedBy(broker, frame(apiKey, 0));
  });

  it('closes on every version next to those it serves, ApiVersions excepted', async () => {
    await using broker = await startTestBroker();
    await using witness = await RawClient.connect(broker.port);
    const { apiKeys } = await witness.request(ApiKey.apiVersions, 0, {
      clientSoftwareName: '',
      clientSoftwareVersion: '',
    });
    for (const { apiKey, minVersion, maxVersion } of apiKeys) {
      if (apiKey === ApiKey.apiVersions) continue;
      for (const version of [minVersion - 1, maxVersion + 1, -1, 32767]) {
        await isClosedBy(broker, frame(apiKey, version));
      }
    }
    for (const version of [0, 1, 2]) await isClosedBy(broker, frame(ApiKey.produce, version));
  });
});

describe('bodies', () => {
  const records = batchOf(['a', 'b']);
  const samples: [name: string, apiKey: keyof RequestInputMap, version: number, body: unknown][] = [
    ['Produce 7', 0, 7, produceRequest('t', records)],
    ['Produce 11', 0, 11, produceRequest('t', records)],
    ['Fetch 11', 1, 11, fetchRequest('t', 0)],
    ['Fetch 12', 1, 12, fetchRequest('t', 0)],
    ['Metadata 12', 3, 12, { topics: [{ topicId: zeroId(), name: 't' }] }],
    ['JoinGroup 9', 11, 9, joinRequest()],
    ['CreateTopics 7', 19, 7, { topics: [createTopic('x')], timeoutMs: 1, validateOnly: true }],
  ];

  it.each(samples)('%s cut at every byte closes or answers, and never hangs', async (...sample) => {
    const [, apiKey, apiVersion, body] = sample;
    await using broker = await startTestBroker({ topics: { t: 1 } });
    const whole = Buffer.concat(
      encodeRequest({ apiKey, apiVersion, correlationId: 1, clientId: 'c' }, body as never),
    );
    await using witness = await RawClient.connect(broker.port);
    for (let length = 8; length < whole.length - 4; length++) {
      await using client = await RawClient.connect(broker.port);
      client.sendBytes(Buffer.concat([int32(length), whole.subarray(4, 4 + length)]));
      // Behind the cut request a whole one: an answer to it, or the end, must come.
      client.sendBytes(frame(ApiKey.apiVersions, 0));
      await client.frame();
    }
    await serves(witness);
    expect(broker.broker.metrics().partitions).toBeLessThanOrEqual(4);
  });

  it('closes when an array claims more elements than the frame has bytes', async () => {
    await using broker = await startTestBroker();
    await isClosedBy(broker, frame(ApiKey.metadata, 1, int32(0x7fffffff)));
  });

  it('tolerates bytes behind a request', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    client.sendBytes(frame(ApiKey.metadata, 1, Buffer.concat([int32(-1), Buffer.alloc(9)])));
    const { body } = await client.response(ApiKey.metadata, 1);
    expect(body.topics.map(({ name }) => name)).toEqual(['t']);
  });
});

describe('topic names', () => {
  const names = ['', '.', '..', '../../etc', 'a/b', 'a\\b', 'a\0b', 'ä', 'a b', 'x'.repeat(250)];
  it.each(names)('refuses %j by Metadata and by CreateTopics', async (name) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const metadata = await client.request(ApiKey.metadata, 8, {
      topics: [{ topicId: zeroId(), name }],
    });
    expect(metadata.topics[0]).toMatchObject({
      errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION,
      name,
    });
    const created = await client.request(ApiKey.createTopics, 5, {
      topics: [createTopic(name)],
      timeoutMs: 1000,
      validateOnly: false,
    });
    expect(created.topics[0]).toMatchObject({ errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION });
    expect(broker.broker.metrics().topics).toBe(0);
  });

  it.each(['__proto__', 'constructor', 'x'.repeat(249), 'a.b-C_9'])('takes %j', async (name) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    await client.request(ApiKey.metadata, 8, { topics: [{ topicId: zeroId(), name }] });
    const answer = await client.request(ApiKey.produce, 9, produceRequest(name, records1()));
    expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
  });
});

function records1(): Buffer {
  return batchOf(['a']);
}

function zeroId(): string {
  return '00000000-0000-0000-0000-000000000000';
}

function createTopic(name: string) {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
}

function joinRequest() {
  return {
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('00') }],
    reason: null,
  };
}
