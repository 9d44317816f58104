// Store queries at a process without stores: whom it asks, whom it never asks, and what it says when nobody can answer. Instances are
// real HTTP servers.

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { RemoteInstance } from '../src/streams/remote-apps.js';
import { RemoteStores } from '../src/streams/remote-store.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Instance extends RemoteInstance {
  readonly url: string;
  readonly asked: IncomingMessage[];
}

async function instance(name: string, listener: RequestListener): Promise<Instance> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    listener(request, response);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  return { applicationId: 'app', instance: name, url, isVouchedFor: true, asked };
}

const entry = { store: 'sums', kind: 'key-value', key: 'k', value: 7 };
const answering =
  (status: number, body: unknown): RequestListener =>
  (_, response) => {
    response.statusCode = status;
    response.end(JSON.stringify(body));
  };
const naming =
  (url: string): RequestListener =>
  (_, response) =>
    void response.writeHead(307, { location: `${url}/elsewhere` }).end();
const query = { keyFormat: 'text', route: 'proxy' } as const;
const lookup = { applicationId: 'app', store: 'sums', key: 'a/k?', query };
const headers = { authorization: 'Bearer t' };
const path = '/api/v1/streams/apps/app/stores/sums/a%2Fk%3F?keyFormat=text&route=proxy';

describe('a store query at a process without stores', () => {
  it('is answered by the owner that an instance names; the owner is told to forward nothing', async () => {
    const owner = await instance('owner', answering(200, entry));
    const guide = await instance('guide', naming(owner.url));
    const stores = new RemoteStores(() => [guide, owner]);
    expect(await stores.entry(lookup, headers)).toEqual({ kind: 'answer', body: entry });
    expect(owner.asked.map(({ url }) => url)).toEqual([path]);
    expect(owner.asked[0]?.headers).toMatchObject({
      authorization: 'Bearer t',
      'x-drave-routed': '1',
    });
    expect(guide.asked[0]?.headers).not.toHaveProperty('x-drave-routed');
  });

  it('is sent to the owner with a redirect where that is asked for', async () => {
    const owner = await instance('owner', answering(200, entry));
    const guide = await instance('guide', naming(owner.url));
    const stores = new RemoteStores(() => [guide, owner]);
    const redirect = { ...lookup, query: { ...query, route: 'redirect' } as const };
    const url = `${owner.url}${path.replace('proxy', 'redirect')}`;
    expect(await stores.entry(redirect, headers)).toEqual({ kind: 'redirect', url });
    expect(await stores.entry(redirect, headers)).toEqual({ kind: 'redirect', url });
  });

  it('goes to no address that is not registered, or that nobody vouched for', async () => {
    const stranger = await instance('stranger', answering(200, entry));
    const guide = await instance('guide', naming(stranger.url));
    const unvouched = { ...stranger, isVouchedFor: false };
    for (const all of [[guide], [guide, unvouched]]) {
      await expect(new RemoteStores(() => all).entry(lookup, headers)).rejects.toMatchObject({
        errorCode: 50303,
        message: expect.stringMatching(/guide: .* not registered/) as string,
      });
    }
    await expect(new RemoteStores(() => [unvouched]).entry(lookup, headers)).rejects.toMatchObject({
      errorCode: 50304,
      message: expect.stringMatching(/do not have our tokens/) as string,
    });
    expect(stranger.asked).toEqual([]);
  });

  it('asks another instance when the first is silent, starts, or is not allowed to answer', async () => {
    const owner = await instance('owner', answering(200, entry));
    const starting = await instance('b', answering(404, { error_code: 40408, message: 'none' }));
    const refusing = await instance('c', answering(401, {}));
    const stores = new RemoteStores(() => [starting, refusing, owner]);
    for (let turn = 0; turn < 3; turn++) {
      expect(await stores.entry(lookup, headers)).toMatchObject({ kind: 'answer' });
    }
    const dead = { ...owner, instance: 'dead', url: 'http://127.0.0.1:1' };
    expect(await new RemoteStores(() => [dead, owner]).entry(lookup, headers)).toMatchObject({
      kind: 'answer',
    });
  });

  it('says that the owner is dead, once, however many instances name it', async () => {
    const dead = { applicationId: 'app', instance: 'dead', url: 'http://127.0.0.1:1' };
    const guides = await Promise.all(['a', 'b'].map((name) => instance(name, naming(dead.url))));
    const all = [...guides, { ...dead, isVouchedFor: true }];
    await expect(new RemoteStores(() => all).entry(lookup, headers)).rejects.toMatchObject({
      errorCode: 50304,
      message: expect.stringMatching(
        /asked: dead: it does not answer at http:\/\/127.0.0.1:1; .* lease has lapsed/,
      ) as string,
    });
  });

  it.each([
    ['a silent one', () => undefined, 50304, /does not answer/],
    ['nonsense', answering(200, { kind: 'odd' }), 50303, /not understood/],
    ['a task on the move', answering(503, { message: 'moving' }), 50303, /one: moving; ask again/],
    ['an unknown key', answering(404, { error_code: 40410, message: 'gone' }), 40410, /^gone$/],
    ['an unknown store', answering(404, { error_code: 40409, message: 'none' }), 40409, /none/],
    ['itself', naming('http://127.0.0.1:1'), 50303, /not registered/],
  ] satisfies [string, RequestListener, number, RegExp][])(
    'tells of %s',
    async (_, listener, errorCode, message) => {
      const one = await instance('one', listener);
      const stores = new RemoteStores(() => [one], errorCode === 50304 ? 20 : 10_000);
      await expect(stores.entry(lookup, headers)).rejects.toMatchObject({
        errorCode,
        message: expect.stringMatching(message) as string,
      });
    },
  );

  it('is refused where it asks for what is here, for nobody, or was forwarded already', async () => {
    const one = await instance('one', answering(200, entry));
    const stores = new RemoteStores(() => [one]);
    const local = { ...lookup, query: { ...query, route: 'local' } as const };
    await expect(stores.entry(local, headers)).rejects.toMatchObject({ errorCode: 40001 });
    const other = { ...lookup, applicationId: 'other' };
    await expect(stores.entry(other, headers)).rejects.toMatchObject({ errorCode: 40408 });
    await expect(stores.entry(lookup, { 'x-drave-routed': '1' })).rejects.toMatchObject({
      errorCode: 40408,
    });
    expect(one.asked).toEqual([]);
  });
});
