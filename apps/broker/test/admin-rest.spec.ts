import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { KafkaClient, type Consumer } from '@drave/client';
import { BrokerConnection } from '@drave/client/connection';
import type { HttpServer } from '@drave/nest/http';
import { nodePlatform } from '@drave/platform';
import { ApiKey } from '@drave/protocol';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrokerHttp } from '../src/index.js';

let broker: TestBroker;
let http: HttpServer;
let v3: string;
const longName = 'n'.repeat(249);

const get = (path: string): supertest.Test => supertest(http.url).get(path);
const post = (path: string): supertest.Test => supertest(http.url).post(path);
const remove = (path: string): supertest.Test => supertest(http.url).delete(path);

beforeAll(async () => {
  broker = await startTestBroker({ topics: { flights: 3, [longName]: 1 } });
  http = await startBrokerHttp({ broker: broker.broker, port: 0 });
  v3 = `/v3/clusters/${broker.broker.clusterId}`;
});

afterAll(async () => {
  await http.stop();
  await broker.stop();
});

describe('clusters and brokers', () => {
  it('are one cluster, with links that lead somewhere', async () => {
    const { body } = await get('/v3/clusters').expect(200);
    expect(body).toMatchObject({
      kind: 'KafkaClusterList',
      metadata: { self: `${http.url}/v3/clusters`, next: null },
      data: [{ kind: 'KafkaCluster', cluster_id: broker.broker.clusterId }],
    });
    const [cluster] = body.data;
    expect(cluster.metadata.resource_name).toBe(`crn:///kafka=${broker.broker.clusterId}`);
    for (const link of ['controller', 'brokers', 'topics', 'consumer_groups']) {
      await supertest(cluster[link].related).get('').expect(200);
    }
    await supertest(cluster.metadata.self).get('').expect(200, cluster);
  });

  it('are found at both mount points, each with its own links', async () => {
    const { body } = await get('/kafka/v3/clusters').expect(200);
    expect(body.data[0].topics.related).toBe(`${http.url}/kafka${v3}/topics`);
    await supertest(body.data[0].topics.related).get('').expect(200);
  });

  it('list and name brokers', async () => {
    const { body } = await get(`${v3}/brokers`).expect(200);
    expect(body.data).toMatchObject([
      { kind: 'KafkaBroker', broker_id: 1, host: '127.0.0.1', port: broker.port, rack: null },
    ]);
    await get(`${v3}/brokers/1`).expect(200, body.data[0]);
    await get(`${v3}/brokers/7`).expect(404, {
      error_code: 40404,
      message: "there is no broker '7'",
    });
  });

  it.each(['', '/brokers', '/topics', '/topics/flights', '/consumer-groups'])(
    'answer 40402 for another cluster at %j',
    async (path) => {
      const { body } = await get(`/v3/clusters/other${path}`).expect(404);
      expect(body).toEqual({ error_code: 40402, message: expect.stringContaining("'other'") });
    },
  );
});

describe('topics', () => {
  it('are listed by name with their counts', async () => {
    const { body } = await get(`${v3}/topics`).expect(200);
    const names: string[] = body.data.map((topic: { topic_name: string }) => topic.topic_name);
    expect(names).toEqual(names.toSorted());
    expect(
      body.data.find((topic: { topic_name: string }) => topic.topic_name === 'flights'),
    ).toMatchObject({ partitions_count: 3, replication_factor: 1, is_internal: false });
  });

  it('may have the longest name Kafka allows', async () => {
    const { body } = await get(`${v3}/topics/${longName}`).expect(200);
    expect(body.topic_name).toBe(longName);
  });

  it('that do not exist answer 40403 and are not created', async () => {
    for (const path of ['', '/partitions', '/partitions/0', '/partitions/0/replicas', '/configs']) {
      const { body } = await get(`${v3}/topics/absent${path}`).expect(404);
      expect(body.error_code).toBe(40403);
    }
    await remove(`${v3}/topics/absent`).expect(404);
    const { body } = await get(`${v3}/topics`).expect(200);
    expect(JSON.stringify(body)).not.toContain('absent');
  });

  it('show partitions, replicas and configs', async () => {
    const partitions = await get(`${v3}/topics/flights/partitions`).expect(200);
    expect(partitions.body.data).toHaveLength(3);
    await get(`${v3}/topics/flights/partitions/2`).expect(200, partitions.body.data[2]);
    const { body } = await get(`${v3}/topics/flights/partitions/2/replicas`).expect(200);
    expect(body.data).toMatchObject([{ broker_id: 1, is_leader: true, is_in_sync: true }]);
    const configs = await get(`${v3}/topics/flights/configs`).expect(200);
    const retention = configs.body.data.find(
      (one: { name: string }) => one.name === 'retention.ms',
    );
    expect(retention).toMatchObject({ value: '604800000', is_default: true });
    await get(`${v3}/topics/flights/configs/retention.ms`).expect(200, retention);
    const unknown = await get(`${v3}/topics/flights/configs/no.such`).expect(404);
    expect(unknown.body.error_code).toBe(40407);
  });

  it.each(['3', '-1', 'x', '1.5', '99999999999999999999'])(
    'have no partition %j',
    async (partition) => {
      const { body } = await get(`${v3}/topics/flights/partitions/${partition}`).expect(404);
      expect(body.error_code).toBe(40403);
    },
  );

  it('are created and deleted', async () => {
    const created = await post(`${v3}/topics`)
      .send({
        topic_name: 'made',
        partitions_count: 2,
        replication_factor: 1,
        configs: [{ name: 'retention.ms', value: '-1' }],
      })
      .expect(201);
    expect(created.body).toMatchObject({ topic_name: 'made', partitions_count: 2 });
    expect(created.headers['location']).toBe(`${http.url}${v3}/topics/made`);
    const config = await get(`${v3}/topics/made/configs/retention.ms`).expect(200);
    expect(config.body).toMatchObject({
      value: '-1',
      is_default: false,
      source: 'DYNAMIC_TOPIC_CONFIG',
    });
    const again = await post(`${v3}/topics`).send({ topic_name: 'made' }).expect(400);
    expect(again.body).toMatchObject({ error_code: 40002 });
    await remove(`${v3}/topics/made`).expect(204, '');
    await get(`${v3}/topics/made`).expect(404);
  });

  it('keep 64-bit values of configs exactly', async () => {
    const value = '9007199254740991';
    const configs = [{ name: 'retention.ms', value }];
    await post(`${v3}/topics`).send({ topic_name: 'exact', configs }).expect(201);
    const { body } = await get(`${v3}/topics/exact/configs/retention.ms`).expect(200);
    expect(body.value).toBe(value);
    await remove(`${v3}/topics/exact`).expect(204);
  });

  it('grow, and never shrink', async () => {
    await post(`${v3}/topics`).send({ topic_name: 'grown', partitions_count: 2 }).expect(201);
    const patch = (body: object) => supertest(http.url).patch(`${v3}/topics/grown`).send(body);
    const judged = await patch({ partitions_count: 5, validate_only: true }).expect(200);
    expect(judged.body.partitions_count).toBe(5);
    expect((await get(`${v3}/topics/grown`)).body.partitions_count).toBe(2);
    const { body } = await patch({ partitions_count: 3 }).expect(200);
    expect(body.partitions_count).toBe(3);
    await get(`${v3}/topics/grown/partitions/2/replicas/1`).expect(200);
    await patch({ partitions_count: 2 }).expect(400);
    await remove(`${v3}/topics/grown`).expect(204);
  });

  it('tell where their partitions begin and end', async () => {
    await broker.createTopic('ends', 1);
    await broker.produce('ends', [{ value: 'a' }, { value: 'b' }]);
    const { body } = await get(`${v3}/topics/ends/partitions/0/offset`).expect(200);
    expect(body).toMatchObject({ beginning_offset: 0, end_offset: 2 });
    await remove(`${v3}/topics/ends`).expect(204);
  });

  it('are only judged with validate_only', async () => {
    const body = { topic_name: 'maybe', validate_only: true };
    const judged = await post(`${v3}/topics`).send(body).expect(200);
    expect(judged.body).toMatchObject({ partitions_count: 1, replication_factor: 1 });
    await post(`${v3}/topics`)
      .send({ ...body, topic_name: 'a/b' })
      .expect(400);
    await get(`${v3}/topics/maybe`).expect(404);
  });
});

describe('a request to create a topic is refused with', () => {
  const config = [{ name: 'max.message.bytes', value: 1000 }];
  it.each([
    ['40001', 'no name', {}, 'body.topic_name'],
    ['40001', 'a name of the wrong type', { topic_name: 7 }, 'body.topic_name'],
    ['40001', 'a wrong count', { topic_name: 'a', partitions_count: 0 }, 'body.partitions_count'],
    ['40001', 'a fraction', { topic_name: 'a', partitions_count: 1.5 }, 'body.partitions_count'],
    ['40001', 'an unknown field', { topic_name: 'a', partition_count: 1 }, 'partition_count'],
    ['40001', 'a number as value', { topic_name: 'a', configs: config }, 'is a text'],
    ['40001', 'a list', [], 'body'],
    ['40002', 'an illegal name', { topic_name: 'a b' }, 'INVALID_TOPIC_EXCEPTION'],
    ['40002', 'too many replicas', { topic_name: 'a', replication_factor: 9 }, 'INVALID_REPL'],
    [
      '40002',
      'an unknown config',
      { topic_name: 'a', configs: [{ name: 'no.such', value: '1' }] },
      'INVALID_CONFIG',
    ],
  ])('%s: %s', async (code, _name, body, sentence) => {
    const answer = await post(`${v3}/topics`).send(body).expect(400);
    expect(answer.body).toEqual({
      error_code: Number(code),
      message: expect.stringContaining(sentence),
    });
  });

  it('40001 for a number that would be rounded, instead of rounding it', async () => {
    const text = '{"topic_name":"a","configs":[{"name":"retention.ms","value":9007199254740993}]}';
    const { body } = await post(`${v3}/topics`).type('json').send(text).expect(400);
    expect(body).toMatchObject({ error_code: 40001, message: expect.stringContaining('a text') });
  });

  it('40003 for a body that is no JSON, is empty or poisons a prototype', async () => {
    for (const text of ['{"topic_name":', '', '{"__proto__":{"a":1},"topic_name":"x"}']) {
      const answer = await post(`${v3}/topics`).type('json').send(text).expect(400);
      expect(answer.body).toEqual({ error_code: 40003, message: expect.any(String) });
    }
  });

  it('400 for a hundred thousand levels', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    await post(`${v3}/topics`).type('json').send(deep).expect(400);
  });

  it('41301 for a body over 1 MiB and 41501 for one that is not JSON', async () => {
    const large = await post(`${v3}/topics`)
      .type('json')
      .send(JSON.stringify({ topic_name: 'a'.repeat(2 * 1024 * 1024) }))
      .expect(413);
    expect(large.body.error_code).toBe(41301);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const { body } = await post(`${v3}/topics`).type(type).send('topic_name=a').expect(415);
      expect(body.error_code).toBe(41501);
    }
  });
});

describe('configs', () => {
  const put = (path: string, value: unknown) => supertest(http.url).put(path).send({ value });

  it('of a topic are set, shown with where they come from, and reset', async () => {
    const path = `${v3}/topics/flights/configs/retention.ms`;
    await put(path, '9007199254740991').expect(204, '');
    const { body } = await get(path).expect(200);
    expect(body).toMatchObject({ value: '9007199254740991', source: 'DYNAMIC_TOPIC_CONFIG' });
    expect(body.synonyms.map((one: { source: string }) => one.source)).toEqual([
      'DYNAMIC_TOPIC_CONFIG',
      'DEFAULT_CONFIG',
    ]);
    await put(path, null).expect(204);
    expect((await get(path)).body).toMatchObject({ value: '604800000', is_default: true });
    await put(path, '5').expect(204);
    await remove(path).expect(204);
    expect((await get(path)).body).toMatchObject({ value: '604800000', is_default: true });
  });

  it('of a topic are altered together or not at all, and only judged with validate_only', async () => {
    const path = `${v3}/topics/flights/configs`;
    const value = async (name: string) => (await get(`${path}/${name}`)).body.value;
    const data = [
      { name: 'retention.ms', value: '7' },
      { name: 'cleanup.policy', operation: 'SET', value: 'compact' },
    ];
    await post(`${path}:alter`).send({ data, validate_only: true }).expect(204);
    const bad = [...data, { name: 'segment.bytes', value: 'x' }];
    await post(`${path}:alter`).send({ data: bad }).expect(400);
    expect(await value('retention.ms')).toBe('604800000');
    await post(`${path}:alter`).send({ data }).expect(204, '');
    expect([await value('retention.ms'), await value('cleanup.policy')]).toEqual(['7', 'compact']);
    const reset = data.map(({ name }) => ({ name, operation: 'DELETE' }));
    await post(`${path}:alter`).send({ data: reset }).expect(204);
    expect(await value('cleanup.policy')).toBe('delete');
  });

  it('of all topics come at once', async () => {
    const { body } = await get(`${v3}/topics/-/configs`).expect(200);
    const topics = new Set(body.data.map((one: { topic_name: string }) => one.topic_name));
    expect(topics).toContain('flights');
    expect(topics).toContain(longName);
    const one = await get(`${v3}/topics/flights/configs/retention.ms`).expect(200);
    expect(body.data).toContainEqual(one.body);
  });

  it('of all brokers are listed once they are set, and of a broker by its id', async () => {
    const name = 'log.retention.ms';
    const path = `${v3}/broker-configs/${name}`;
    await get(path).expect(404);
    await put(path, '123').expect(204);
    const { body } = await get(path).expect(200);
    expect(body).toMatchObject({ config_type: 'BROKER', value: '123' });
    expect((await get(`${v3}/broker-configs`)).body.data).toEqual([body]);
    const ofBroker = `${v3}/brokers/1/configs/${name}`;
    expect((await get(ofBroker)).body).toMatchObject({
      value: '123',
      source: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
    });
    await put(ofBroker, '77').expect(204);
    expect((await get(ofBroker)).body).toMatchObject({
      value: '77',
      source: 'DYNAMIC_BROKER_CONFIG',
    });
    await remove(ofBroker).expect(204);
    await remove(path).expect(204);
    expect((await get(ofBroker)).body).toMatchObject({ value: '604800000', is_default: true });
    const alter = (data: object[]) => post(`${v3}/broker-configs:alter`).send({ data });
    await alter([{ name, value: '5' }]).expect(204);
    await alter([{ name, value: null }]).expect(204);
    expect((await get(`${v3}/broker-configs`)).body.data).toEqual([]);
  });
});

describe('consumer groups', () => {
  const groupId = 'delays / über';
  let client: KafkaClient;
  let consumer: Consumer;
  let group: string;

  beforeAll(async () => {
    client = new KafkaClient({
      platform: nodePlatform(),
      brokers: [broker.bootstrap],
      clientId: 'reader',
    });
    const records = [0, 1, 2].flatMap((partition) =>
      Array.from({ length: 5 + partition }, () => ({ value: 'x', partition })),
    );
    await broker.produce('flights', records);
    consumer = client.consumer({ groupId, autoOffsetReset: 'earliest' });
    consumer.subscribe(['flights']);
    for (let read = 0; read < records.length;) {
      read += (await consumer.poll({ timeoutMs: 1000 })).length;
    }
    await consumer.commit(
      [0, 1, 2].map((partition) => ({ topic: 'flights', partition, offset: 2 })),
    );
    group = `${v3}/consumer-groups/${encodeURIComponent(groupId)}`;
  });

  afterAll(() => client.close());

  it('are listed and described', async () => {
    const { body } = await get(`${v3}/consumer-groups`).expect(200);
    expect(body.data).toMatchObject([
      { consumer_group_id: groupId, state: 'STABLE', type: 'CLASSIC', is_simple: false },
    ]);
    await get(group).expect(200, body.data[0]);
    for (const link of ['coordinator', 'consumers', 'lags', 'lag_summary']) {
      await supertest(body.data[0][link].related).get('').expect(200);
    }
  });

  it('show members and their partitions', async () => {
    const { body } = await get(`${group}/consumers`).expect(200);
    expect(body.data).toMatchObject([
      { client_id: expect.stringContaining('reader'), instance_id: null },
    ]);
    const [member] = body.data;
    await supertest(member.metadata.self).get('').expect(200, member);
    const assigned = await supertest(member.assignments.related).get('').expect(200);
    expect(
      assigned.body.data.map((one: { partition_id: number }) => one.partition_id).sort(),
    ).toEqual([0, 1, 2]);
    const { body: missing } = await get(`${group}/consumers/nobody`).expect(404);
    expect(missing.error_code).toBe(40406);
    await get(`${group}/consumers/nobody/assignments`).expect(404);
  });

  it('show lags per partition and in sum', async () => {
    const { body } = await get(`${group}/lags`).expect(200);
    expect(body.data.map((one: { lag: number }) => one.lag)).toEqual([3, 4, 5]);
    expect(body.data[0]).toMatchObject({
      topic_name: 'flights',
      partition_id: 0,
      current_offset: 2,
      log_end_offset: 5,
      consumer_id: expect.stringMatching(/.+/),
    });
    await get(`${group}/lags/flights/partitions/1`).expect(200, body.data[1]);
    const { body: missing } = await get(`${group}/lags/flights/partitions/9`).expect(404);
    expect(missing.error_code).toBe(40403);
    const summary = await get(`${group}/lag-summary`).expect(200);
    expect(summary.body).toMatchObject({
      total_lag: 12,
      max_lag: 5,
      max_lag_topic_name: 'flights',
      max_lag_partition_id: 2,
    });
  });

  it('of the newer protocol are shown as well', async () => {
    const [host = '', port = ''] = broker.bootstrap.split(':');
    const address = { platform: nodePlatform(), host, port: Number(port), clientId: 'modern' };
    const connection = await BrokerConnection.connect(address);
    await connection.request(ApiKey.consumerGroupHeartbeat, 0, {
      groupId: 'newer',
      memberId: 'member-1',
      memberEpoch: 0,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: ['flights'],
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: [],
    });
    const { body } = await get(`${v3}/consumer-groups/newer`).expect(200);
    expect(body).toMatchObject({ type: 'CONSUMER', is_simple: false });
    expect(['STABLE', 'ASSIGNING', 'RECONCILING']).toContain(body.state);
    const members = await get(`${v3}/consumer-groups/newer/consumers`).expect(200);
    expect(members.body.data).toMatchObject([{ client_id: 'modern' }]);
    connection.close();
  });

  it('that do not exist answer 40405', async () => {
    for (const path of ['', '/consumers', '/consumers/c', '/lags', '/lag-summary']) {
      const { body } = await get(`${v3}/consumer-groups/absent${path}`).expect(404);
      expect(body.error_code).toBe(40405);
    }
  });
});
