import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import type { HttpServer } from '@drave/nest/http';
import supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBrokerHttp } from '../src/index.js';
import { elementsOf, jsonObjects, membersOf } from '../src/rest/json-stream.js';
import { inOrder } from '../src/rest/ordered-reports.js';

let broker: TestBroker;
let http: HttpServer;
let topic: string;
let records: string;
let topicCount = 0;

beforeAll(async () => {
  broker = await startTestBroker();
  http = await startBrokerHttp({ broker: broker.broker, port: 0 });
});

afterAll(async () => {
  await http.stop();
  await broker.stop();
});

beforeEach(async () => {
  topic = `records-${topicCount++}`;
  await broker.createTopic(topic, 2);
  records = `/v3/clusters/${broker.broker.clusterId}/topics/${topic}/records`;
});

const post = (body: string, path = records): supertest.Test =>
  supertest(http.url).post(path).type('json').send(body);

interface Report {
  readonly error_code: number;
  readonly message?: string;
  readonly [field: string]: unknown;
}
const reportsOf = (text: string): Report[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Report);

async function values(): Promise<string[]> {
  return (await broker.records(topic)).map(({ value }) => value?.toString() ?? 'null');
}

describe('a record', () => {
  it('is produced with everything it may carry', async () => {
    const { body } = await post(
      JSON.stringify({
        partition_id: 1,
        headers: [
          { name: 'trace', value: Buffer.from([0, 255]).toString('base64') },
          { name: 'empty', value: null },
        ],
        key: { type: 'BINARY', data: Buffer.from([1, 2, 255]).toString('base64') },
        value: { type: 'STRING', data: 'über' },
        timestamp: '2001-01-01T02:47:00.123+02:00',
      }),
    ).expect(200);
    expect(body).toEqual({
      error_code: 200,
      cluster_id: broker.broker.clusterId,
      topic_name: topic,
      partition_id: 1,
      offset: 0,
      timestamp: '2001-01-01T00:47:00.123Z',
      key: { type: 'BINARY', size: 3 },
      value: { type: 'STRING', size: 5 },
    });
    const [stored] = await broker.records(topic);
    expect(stored?.key).toEqual(Buffer.from([1, 2, 255]));
    expect(stored?.value?.toString()).toBe('über');
    expect(stored?.headers).toEqual([
      { key: 'trace', value: Buffer.from([0, 255]) },
      { key: 'empty', value: null },
    ]);
  });

  it.each([
    '9007199254740993',
    '{"b":1, "a":[1.0, 1e400,-0]}',
    '{"2":1,"1":{"x":"}\\"{"},"__proto__":3,"a":1,"a":2}',
    '"\\u00e9\\n é"',
    'true',
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  ])('of JSON keeps its characters: %.40s', async (data) => {
    await post(`{"value":{"type":"JSON","data":${data}}}`).expect(200);
    expect(await values()).toEqual([data]);
  });

  it.each(['{}', '{"key":{"type":"JSON","data":null}}', '{"value":{"type":"STRING"}}'])(
    'without data is null: %s',
    async (text) => {
      const { body } = await post(text).expect(200);
      expect(body).not.toHaveProperty('value');
      expect(await values()).toEqual(['null']);
    },
  );

  it.each<[string, string, number, string]>([
    ['no type', '{"value":{"data":"x"}}', 40001, 'record.value.type'],
    ['an unknown type', '{"value":{"type":"XML","data":"x"}}', 40001, 'record.value.type'],
    ['AVRO', '{"key":{"type":"AVRO","data":{}}}', 42201, 'key.type: AVRO needs a schema registry'],
    ['PROTOBUF', '{"value":{"type":"PROTOBUF","data":{}}}', 42201, 'schema registry'],
    ['JSONSCHEMA', '{"value":{"type":"JSONSCHEMA","data":{}}}', 42201, 'schema registry'],
    ['a number as STRING', '{"value":{"type":"STRING","data":1}}', 40001, 'value.data'],
    ['no base64', '{"value":{"type":"BINARY","data":"a b"}}', 40001, 'value.data: must be base64'],
    ['cut base64', '{"value":{"type":"BINARY","data":"abc"}}', 40001, 'must be base64'],
    ['a header without base64', '{"headers":[{"name":"a","value":"%"}]}', 40001, 'base64'],
    ['a header without name', '{"headers":[{"value":null}]}', 40001, 'record.headers.0.name'],
    ['a time of day', '{"timestamp":"12:00"}', 40001, 'record.timestamp: must be ISO 8601'],
    ['a time without zone', '{"timestamp":"2026-01-01T00:00:00"}', 40001, 'with a zone'],
    ['a partition below 0', '{"partition_id":-1}', 40001, 'record.partition_id'],
    ['half a partition', '{"partition_id":0.5}', 40001, 'record.partition_id'],
    ['a partition that is not there', '{"partition_id":2}', 40403, 'partition'],
    ['an unknown field', '{"partition":1}', 40001, 'partition'],
    ['a poisoned prototype', '{"__proto__":{"partition_id":1}}', 40001, '__proto__'],
    ['a field twice', '{"value":{"type":"STRING"},"value":{"type":"JSON"}}', 40001, 'twice'],
    ['no JSON', '{"value":nonsense}', 40003, 'no JSON'],
    ['an end too early', '{"value":', 40003, 'cut off'],
    ['a list', '[{}]', 40003, 'must begin with {'],
    ['nothing', ' ', 40003, 'no record'],
    ['too much for the topic', bigRecord(2 * 1024 * 1024), 41302, 'MESSAGE_TOO_LARGE'],
    ['too much', bigRecord(16 * 1024 * 1024), 41301, 'larger than'],
  ])('with %s is refused', async (_name, text, code, sentence) => {
    const { body, status } = await post(text);
    expect(body).toEqual({ error_code: code, message: expect.stringContaining(sentence) });
    expect(status).toBe(Math.floor(code / 100));
    expect(await values()).toEqual([]);
  });

  it('that is not UTF-8 is refused', async () => {
    const text = Buffer.from('{"value":{"type":"STRING","data":"\xff"}}', 'latin1');
    const answer = await open((asked) => asked.end(text), { length: text.length });
    expect(JSON.parse(answer)).toMatchObject({ error_code: 40003 });
  });

  it('needs a topic, a cluster, a body and JSON', async () => {
    const base = `/v3/clusters/${broker.broker.clusterId}/topics`;
    for (const path of ['records', 'records:batch']) {
      const text = '{"entries":[{"id":"a"}]}';
      const absent = await post(text, `${base}/absent/${path}`).expect(404);
      expect(absent.body.error_code).toBe(40403);
      const other = await post(text, `/v3/clusters/x/topics/a/${path}`).expect(404);
      expect(other.body.error_code).toBe(40402);
      const empty = await supertest(http.url).post(`${base}/${topic}/${path}`).expect(400);
      expect(empty.body.error_code).toBe(40003);
      await supertest(http.url).post(`${base}/${topic}/${path}`).type('text').send('a').expect(415);
      await supertest(http.url).get(`${base}/${topic}/${path}`).expect(405);
    }
  });
});

function bigRecord(size: number): string {
  return JSON.stringify({ value: { type: 'STRING', data: 'x'.repeat(size) } });
}

describe('a stream of records', () => {
  it('gets a report for each, in their order, whatever happens to single ones', async () => {
    const text = [0, 1, 2, 3, 4].map((n) =>
      n === 2 ? '{"partition_id":-7}' : `{"partition_id":0,"value":{"type":"JSON","data":${n}}}`,
    );
    const answer = await open((asked) => asked.end(text.join('')), {
      length: text.join('').length,
    });
    const reports = reportsOf(answer);
    expect(reports.map(({ error_code }) => error_code)).toEqual([200, 200, 40001, 200, 200]);
    expect(reports.map(({ offset }) => offset)).toEqual([0, 1, undefined, 2, 3]);
    expect(await values()).toEqual(['0', '1', '3', '4']);
  });

  it('may wait for one report before it sends more', async () => {
    let sent = 0;
    const answer = await open((asked, onReport) => {
      const next = (): void => {
        asked.write(`{"value":{"type":"JSON","data":${sent++}}}`);
      };
      onReport(() => (sent < 3 ? next() : asked.end()));
      next();
    });
    expect(reportsOf(answer).map(({ error_code }) => error_code)).toEqual([200, 200, 200]);
  });

  it('answers 200 even when its only record is wrong', async () => {
    const answer = await open((asked) => asked.end('{"value":1}'));
    expect(reportsOf(answer)).toMatchObject([{ error_code: 40001 }]);
  });

  it('ends with a report when it stops being JSON', async () => {
    const answer = await open((asked) => asked.end('{"partition_id":0} nonsense {}'));
    expect(reportsOf(answer).map(({ error_code }) => error_code)).toEqual([200, 40003]);
  });

  it('that breaks off leaves the server in order', async () => {
    await new Promise<void>((resolve) => {
      const asked = request(`${http.url}${records}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      asked.on('error', () => undefined).on('close', resolve);
      asked.on('response', () => asked.destroy());
      asked.write('{"partition_id":0}{"value":');
    });
    await post('{"partition_id":0}').expect(200);
  });

  it('is refused while as many as are served are open, and served again after them', async () => {
    const asked = Array.from({ length: 32 }, () => {
      const one = request(`${http.url}${records}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      const answered = new Promise<IncomingMessage>((resolve) => one.on('response', resolve));
      one.write('{"partition_id":0}');
      return { one, answered };
    });
    const answers = await Promise.all(asked.map(({ answered }) => answered));
    const { body } = await post('{"partition_id":0}').expect(429);
    expect(body.error_code).toBe(42901);
    const closed = answers.map(
      (answer) => new Promise((resolve) => answer.resume().on('close', resolve)),
    );
    for (const { one } of asked) one.end();
    await Promise.all(closed);
    await expect.poll(async () => (await post('{"partition_id":0}')).status).toBe(200);
  });

  it('of ten thousand is produced whole', async () => {
    const text = Array.from(
      { length: 10_000 },
      (_, n) => `{"partition_id":0,"value":{"type":"JSON","data":${n}}}`,
    );
    const answer = await open((asked) => asked.end(text.join('\n')));
    expect(reportsOf(answer).map(({ offset }) => offset)).toEqual(text.map((_, n) => n));
    expect((await values()).at(-1)).toBe('9999');
  });
});

/** Posts without a length unless one is given; resolves with the whole answer. */
function open(
  send: (asked: ClientRequest, onReport: (next: () => void) => void) => void,
  { length }: { readonly length?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let next: () => void = () => undefined;
    const asked = request(`${http.url}${records}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(length === undefined ? {} : { 'content-length': length }),
      },
    });
    asked.on('error', reject);
    asked.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        next();
      });
      response.on('end', () => resolve(text));
    });
    send(asked, (callback) => (next = callback));
  });
}

describe('a batch', () => {
  const batch = (text: string): supertest.Test => post(text, `${records}:batch`);

  it('says of each record whether it was taken', async () => {
    const { body } = await batch(
      `{"entries":[
        {"id":"big","partition_id":0,"value":{"type":"JSON","data":{"n":9007199254740993}}},
        {"id":"bad","value":{"type":"STRING","data":7}},
        {"id":"avro","value":{"type":"AVRO","data":7}},
        {"id":"gone","partition_id":9},
        {"id":"null","partition_id":1,"key":{"type":"STRING","data":"k"}}]}`,
    ).expect(207);
    expect(body.successes).toMatchObject([
      { id: 'big', partition_id: 0, offset: 0, value: { type: 'JSON', size: 22 } },
      { id: 'null', partition_id: 1, offset: 0, key: { type: 'STRING', size: 1 } },
    ]);
    expect(body.failures).toEqual([
      { id: 'bad', error_code: 40001, message: expect.stringContaining('value.data') },
      { id: 'avro', error_code: 42201, message: expect.any(String) },
      { id: 'gone', error_code: 40403, message: expect.any(String) },
    ]);
    expect(await values()).toEqual(['{"n":9007199254740993}', 'null']);
  });

  it.each<[string, string, number, string]>([
    ['no JSON', '{"entries"', 40003, 'no JSON'],
    ['no entries', '{}', 40001, 'entries'],
    ['none', '{"entries":[]}', 40001, '1 to 1000'],
    ['too many', `{"entries":[${Array(1001).fill('{"id":"a"}').join()}]}`, 40001, '1 to 1000'],
    ['an entry without id', '{"entries":[{}]}', 40001, 'body.entries.0.id'],
    ['an id that is none', '{"entries":[{"id":"a b"}]}', 40001, 'body.entries.0.id'],
    ['null', '{"entries":[null]}', 40001, 'body.entries.0.id'],
    ['an id twice', '{"entries":[{"id":"a"},{"id":"a"}]}', 40001, 'twice'],
    ['another field', '{"entries":[{"id":"a"}],"x":1}', 40001, 'entries'],
    ['a list', '[]', 40001, 'entries'],
  ])('with %s is refused as a whole', async (_name, text, code, sentence) => {
    const { body } = await batch(text).expect(Math.floor(code / 100));
    expect(body).toEqual({ error_code: code, message: expect.stringContaining(sentence) });
    expect(await values()).toEqual([]);
  });

  it('over 4 MiB answers 413', async () => {
    const { body } = await batch(`{"entries":[${bigRecord(17 * 1024 * 1024)}]}`).expect(413);
    expect(body.error_code).toBe(41301);
  });
});

describe('the texts in JSON', () => {
  const text = '{"a":1}\n{"b":"}\\"{", "ü":[{}, 2]}  {"c":{"d":"\\\\"}}';

  it('are found wherever the bytes are cut', async () => {
    const bytes = Buffer.from(text);
    for (let size = 1; size < bytes.length; size++) {
      const found: string[] = [];
      for await (const one of jsonObjects(pieces(bytes, size), 100)) found.push(one);
      expect(found).toEqual(['{"a":1}', '{"b":"}\\"{", "ü":[{}, 2]}', '{"c":{"d":"\\\\"}}']);
    }
  });

  it('are those of members and elements', () => {
    expect([...membersOf(' { "a" : [1, {"b":2}] ,"c:,":"x,}" } ')]).toEqual([
      ['a', '[1, {"b":2}]'],
      ['c:,', '"x,}"'],
    ]);
    expect([...membersOf('{}')]).toEqual([]);
    expect(elementsOf('[ ]')).toEqual([]);
    expect(elementsOf('[1,"a,]", {"b":[1,2]} ]')).toEqual(['1', '"a,]"', '{"b":[1,2]}']);
  });
});

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

describe('results in order', () => {
  it('stop the reading while too many are under way, and when nobody wants more', async () => {
    const limits = { pendingMax: 9, weightOf: () => 2, weightMax: 6 };
    let taken = 0;
    const resolves: (() => void)[] = [];
    async function* inputs(): AsyncGenerator<number> {
      for (;;) yield taken++;
    }
    const begin = (n: number) => new Promise<number>((resolve) => resolves.push(() => resolve(n)));
    const results = inOrder(inputs(), begin, limits);
    const first = results.next();
    while (resolves.length < 3) await Promise.resolve();
    resolves[2]?.();
    resolves[0]?.();
    expect(await first).toEqual({ done: false, value: 0 });
    resolves[1]?.();
    expect((await results.next()).value).toBe(1);
    expect((await results.next()).value).toBe(2);
    expect(taken).toBeLessThanOrEqual(7);
    await results.return(undefined);
    const before = taken;
    for (let i = 0; i < 100; i++) await Promise.resolve();
    expect(taken).toBeLessThanOrEqual(before + 1);
  });
});
