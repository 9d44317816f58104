// Settings of the broker changed while it runs, over a real socket.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { memoryPlatform } from '@drave/platform';
import { ApiKey } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { batchOf, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

interface Change {
  readonly name: string;
  readonly value: string | null;
  readonly configOperation?: number;
}

async function alter(client: RawClient, resourceName: string, ...changes: Change[]) {
  const { responses } = await client.request(ApiKey.incrementalAlterConfigs, 1, {
    resources: [
      {
        resourceType: 4,
        resourceName,
        configs: changes.map((change) => ({ configOperation: 0, ...change })),
      },
    ],
    validateOnly: false,
  });
  return responses[0]?.errorCode;
}

async function describeOne(client: RawClient, type: number, resourceName: string, key: string) {
  const { results } = await client.request(ApiKey.describeConfigs, 4, {
    resources: [{ resourceType: type, resourceName, configurationKeys: [key] }],
    includeSynonyms: true,
    includeDocumentation: false,
  });
  return results[0]?.configs[0];
}

async function produceError(client: RawClient, bytes: number) {
  const request = produceRequest('t', batchOf(['x'.repeat(bytes)]));
  const { responses } = await client.request(ApiKey.produce, 9, request);
  return responses[0]?.partitionResponses[0]?.errorCode;
}

describe('broker configs', () => {
  it('reach the logs of existing topics at once, this broker before all brokers', async () => {
    await using broker = await startTestBroker({
      topics: { t: 1 },
      settings: { messageMaxBytes: 5000 },
    });
    await using client = await RawClient.connect(broker.port);
    expect(await produceError(client, 1000)).toBe(0);
    const name = 'message.max.bytes';
    expect(await alter(client, '', { name, value: '500' })).toBe(0);
    expect(await produceError(client, 1000)).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    expect(await alter(client, '1', { name, value: '2000' })).toBe(0);
    expect(await produceError(client, 1000)).toBe(0);
    expect(await describeOne(client, 2, 't', 'max.message.bytes')).toMatchObject({
      value: '2000',
      configSource: 2,
      synonyms: [
        { name, value: '2000', source: 2 },
        { name, value: '500', source: 3 },
        { name, value: '5000', source: 4 },
        { name, value: '1048588', source: 5 },
      ],
    });
    expect(await describeOne(client, 4, '', name)).toMatchObject({ value: '500', configSource: 3 });
    expect(await describeOne(client, 4, '1', name)).toMatchObject({
      value: '2000',
      readOnly: false,
    });
    const drop = { name, value: null, configOperation: 1 };
    expect(await alter(client, '1', drop)).toBe(0);
    expect(await alter(client, '', drop)).toBe(0);
    expect(await describeOne(client, 4, '1', name)).toMatchObject({
      value: '5000',
      configSource: 4,
    });
  });

  it('survive a restart', async () => {
    const platform = memoryPlatform({ seed: 1 });
    const broker = await startTestBroker({ platform, topics: { t: 1 } });
    const client = await RawClient.connect(broker.port);
    expect(await alter(client, '1', { name: 'message.max.bytes', value: '500' })).toBe(0);
    expect(await alter(client, '', { name: 'auto.create.topics.enable', value: 'false' })).toBe(0);
    await client.close();
    await broker.stop();
    await using again = await startTestBroker({ platform });
    await using second = await RawClient.connect(again.port);
    expect(await produceError(second, 1000)).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    const { topics } = await second.request(ApiKey.metadata, 4, {
      topics: [{ name: 'fresh', topicId: '00000000-0000-0000-0000-000000000000' }],
    });
    expect(topics[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });

  it.each([
    ['a setting read only at the start', '1', 'max.connections', '5', ErrorCode.INVALID_REQUEST],
    ['an illegal value', '1', 'message.max.bytes', 'x', ErrorCode.INVALID_REQUEST],
    ['an empty cleanup policy', '', 'log.cleanup.policy', '', ErrorCode.INVALID_REQUEST],
    ['another broker', '7', 'message.max.bytes', '500', ErrorCode.INVALID_REQUEST],
    ['no broker id', 'x', 'message.max.bytes', '500', ErrorCode.INVALID_REQUEST],
  ])('refuse %s', async (_, resourceName, name, value, error) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    expect(await alter(client, resourceName, { name, value })).toBe(error);
  });

  it('keep what Drave does not know without ever showing its value', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    expect(await alter(client, '1', { name: 'my.plugin.password', value: 'secret' })).toBe(0);
    const shown = await describeOne(client, 4, '1', 'my.plugin.password');
    expect(shown).toMatchObject({ value: null, isSensitive: true, configSource: 2 });
  });

  it('append to and subtract from the list in force', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const name = 'log.cleanup.policy';
    expect(await alter(client, '', { name, value: 'compact', configOperation: 2 })).toBe(0);
    expect((await describeOne(client, 4, '1', name))?.value).toBe('delete,compact');
    expect(await alter(client, '', { name, value: 'delete', configOperation: 3 })).toBe(0);
    expect((await describeOne(client, 4, '1', name))?.value).toBe('compact');
  });

  it.each([0, 1, 2])('are replaced as a whole by AlterConfigs, version %d', async (version) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    await alter(client, '1', { name: 'log.segment.bytes', value: '2048' });
    const { responses } = await client.request(ApiKey.alterConfigs, version, {
      resources: [
        {
          resourceType: 4,
          resourceName: '1',
          configs: [{ name: 'log.roll.ms', value: '77' }],
        },
      ],
      validateOnly: false,
    });
    expect(responses[0]?.errorCode).toBe(0);
    expect((await describeOne(client, 4, '1', 'log.roll.ms'))?.value).toBe('77');
    expect((await describeOne(client, 4, '1', 'log.segment.bytes'))?.configSource).toBe(5);
  });
});
