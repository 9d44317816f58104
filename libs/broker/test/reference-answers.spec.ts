// Answers that Drave once gave otherwise than Apache Kafka 4.1.2, as `npm run rel -- differential` found them: mostly which of two
// errors comes first, and what a refusal still tells.

import { ErrorCode } from '@drave/contracts';
import { ApiKey, buildBatch } from '@drave/protocol';
import { expect, it } from 'vitest';
import { startTestBroker } from '@drave/broker/testing';
import { RawClient } from './raw-client.js';

const zeroId = '00000000-0000-0000-0000-000000000000';
const value = Buffer.from('v');

async function connected(options: Parameters<typeof startTestBroker>[0] = {}) {
  const broker = await startTestBroker({ topics: { t: 1 }, ...options });
  const client = await RawClient.connect(broker.port);
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await broker.stop();
    },
  };
}

it.each([
  ['a taken name', 't', { numPartitions: 0, replicationFactor: 0 }, ErrorCode.TOPIC_ALREADY_EXISTS],
  [
    'a wrong setting',
    'n',
    { numPartitions: 0, configs: [{ name: 'nope', value: '1' }] },
    ErrorCode.INVALID_CONFIG,
  ],
  [
    'a wrong replication factor',
    'n',
    { numPartitions: 0, replicationFactor: 0 },
    ErrorCode.INVALID_REPLICATION_FACTOR,
  ],
  ['a setting without value', 'n', { configs: [{ name: 'x', value: null }] }, 40],
])('CreateTopics tells %s first', async (_, name, change, error) => {
  await using at = await connected();
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  const { topics } = await at.client.request(ApiKey.createTopics, 5, {
    topics: [{ ...topic, ...change }],
    timeoutMs: 1_000,
    validateOnly: false,
  });
  expect(topics[0]).toMatchObject({ errorCode: error, configs: [] });
});

it('CreateTopics takes the defaults in version 2 too', async () => {
  await using at = await connected();
  const { topics } = await at.client.request(ApiKey.createTopics, 2, {
    topics: [{ name: 'n', numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }],
    timeoutMs: 1_000,
    validateOnly: false,
  });
  expect(topics[0]?.errorCode).toBe(0);
});

it.each([
  ['a setting that is none', 'gone', [{ name: 'nope', value: '1' }], ErrorCode.INVALID_CONFIG],
  [
    'a setting named twice',
    'gone',
    [
      { name: 'retention.ms', value: '1' },
      { name: 'retention.ms', value: '2' },
    ],
    ErrorCode.INVALID_REQUEST,
  ],
  ['a name no topic can have', 'a/b', [], ErrorCode.INVALID_TOPIC_EXCEPTION],
  ['an unknown topic', 'gone', [], ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
])('IncrementalAlterConfigs tells %s before the rest', async (_, resourceName, configs, error) => {
  await using at = await connected();
  const { responses } = await at.client.request(ApiKey.incrementalAlterConfigs, 1, {
    resources: [
      {
        resourceType: 2,
        resourceName,
        configs: configs.map((config) => ({ ...config, configOperation: 0 })),
      },
    ],
    validateOnly: false,
  });
  expect(responses[0]?.errorCode).toBe(error);
});

it('Metadata tells the operations on a topic that is not there', async () => {
  await using at = await connected();
  const { topics } = await at.client.request(ApiKey.metadata, 8, {
    topics: [{ name: 'gone', topicId: zeroId }],
    allowAutoTopicCreation: false,
    includeTopicAuthorizedOperations: true,
  });
  expect(topics[0]).toMatchObject({ errorCode: 3, topicAuthorizedOperations: 3576 });
});

it('DescribeConfigs takes no names for all names', async () => {
  await using at = await connected();
  const { results } = await at.client.request(ApiKey.describeConfigs, 4, {
    resources: [{ resourceType: 2, resourceName: 't', configurationKeys: [] }],
  });
  expect(results[0]?.configs.length).toBeGreaterThan(10);
});

async function produced(client: RawClient, records: Buffer, acks = -1) {
  const { responses } = await client.request(ApiKey.produce, 9, {
    transactionalId: null,
    acks,
    timeoutMs: 1_000,
    topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
  });
  return responses[0]?.partitionResponses[0];
}

it('Produce lists each record that is too late, and where the log starts', async () => {
  await using at = await connected();
  const late = { key: null, value, timestamp: 9_000_000_000_000 };
  const records = buildBatch([late, { key: null, value, timestamp: 1 }, late]);
  const answer = await produced(at.client, records);
  expect(answer).toMatchObject({ errorCode: ErrorCode.INVALID_TIMESTAMP, logStartOffset: 0 });
  expect(answer?.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([0, 2]);
});

it('Produce lists no records when the batch is what is wrong', async () => {
  await using at = await connected();
  const answer = await produced(
    at.client,
    buildBatch([{ key: null, value, timestamp: 1 }], { isControl: true }),
  );
  expect(answer).toMatchObject({ errorCode: ErrorCode.INVALID_RECORD, recordErrors: [] });
});

it('Produce tells two batches before acks that are none', async () => {
  await using at = await connected();
  const batch = buildBatch([{ key: null, value, timestamp: 1 }]);
  const twice = await produced(at.client, Buffer.concat([batch, batch]), 2);
  expect(twice).toMatchObject({ errorCode: ErrorCode.INVALID_RECORD, logStartOffset: -1 });
  expect((await produced(at.client, batch, 2))?.errorCode).toBe(ErrorCode.INVALID_REQUIRED_ACKS);
});

it('Produce takes a producer without epoch at any sequence', async () => {
  await using at = await connected();
  const from = { producerId: 7, producerEpoch: -1 };
  const answers = [];
  for (const baseSequence of [4, 9]) {
    const batch = buildBatch([{ key: null, value, timestamp: 1 }], { ...from, baseSequence });
    answers.push((await produced(at.client, batch))?.errorCode);
  }
  expect(answers).toEqual([0, 0]);
});

it('AlterClientQuotas answers an entity once and removes what was never there', async () => {
  await using at = await connected();
  const entity = [{ entityType: 'user', entityName: 'ann' }];
  const alter = async (...changes: readonly { key: string; value: number; remove: boolean }[]) => {
    const { entries } = await at.client.request(ApiKey.alterClientQuotas, 1, {
      entries: changes.map((op) => ({ entity, ops: [op] })),
      validateOnly: false,
    });
    return entries.map(({ errorCode }) => errorCode);
  };
  const rate = { key: 'producer_byte_rate', value: 1_000, remove: false };
  expect(await alter({ ...rate, key: 'odd', remove: true })).toEqual([0]);
  expect(await alter(rate, { ...rate, value: 2_000 })).toEqual([ErrorCode.INVALID_REQUEST]);
});

it('AlterUserScramCredentials tells what is wrong with a change before that there are two', async () => {
  await using at = await connected();
  const upsertion = {
    name: 'ann',
    mechanism: 1,
    iterations: 4_096,
    salt: Buffer.from('salt'),
    saltedPassword: Buffer.alloc(32, 7),
  };
  const alter = async (deletions: object[], upsertions: object[]) => {
    const { results } = await at.client.request(ApiKey.alterUserScramCredentials, 0, {
      deletions: deletions as never,
      upsertions: upsertions as never,
    });
    return results.map(({ errorCode }) => errorCode);
  };
  const gone = { name: 'ann', mechanism: 1 };
  expect(await alter([gone, gone], [])).toEqual([ErrorCode.RESOURCE_NOT_FOUND]);
  expect(await alter([], [{ ...upsertion, iterations: 5 }, upsertion])).toEqual([93]);
  expect(await alter([], [upsertion, { ...upsertion, mechanism: 2 }])).toEqual([92]);
});
