// Where a store query goes, and what is said when it cannot go anywhere. Owners are real HTTP servers.

import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { TopologyError, type StreamsApp } from '@drave/streams';
import { afterEach, describe, expect, it } from 'vitest';
import { routeQuery, type RoutedQuery, type StoreOwners } from '../src/streams/store-router.js';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** An HTTP side that answers as told; its address. */
async function owner(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

function answering(status: number, body: unknown): RequestListener {
  return (_request, response) => {
    response.statusCode = status;
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** An instance that runs `tasks`; every key belongs to task 0_1. */
function instance(tasks: Readonly<Record<string, string>>): StreamsApp {
  const app: Pick<StreamsApp, 'taskOf'> & { tasks(): unknown } = {
    tasks: () => Object.entries(tasks).map(([taskId, state]) => ({ taskId, state })),
    taskOf(store) {
      if (store === 'unknown') throw new TopologyError('no such store');
      return '0_1';
    },
  };
  return app as unknown as StreamsApp;
}

const asked: RoutedQuery = {
  applicationId: 'app',
  store: 'sums',
  key: 'k',
  path: '/api/v1/streams/apps/app/stores/sums/k?route=proxy',
  mode: 'proxy',
  headers: {},
};

const elsewhere = (found: ReturnType<StoreOwners['ownerOf']>): StoreOwners => ({
  ownerOf: () => found,
});

function route(
  found: ReturnType<StoreOwners['ownerOf']>,
  query: Partial<RoutedQuery> = {},
  tasks: Readonly<Record<string, string>> = { '0_0': 'running' },
) {
  return routeQuery([instance(tasks)], elsewhere(found), { ...asked, ...query });
}

describe('a store query', () => {
  it('is answered here when the task runs here, when told so, and when it is wrong', async () => {
    const here = { kind: 'here' };
    expect(await route(undefined, {}, { '0_1': 'running' })).toEqual(here);
    expect(await route(undefined, { mode: 'local' })).toEqual(here);
    expect(await route(undefined, { store: 'unknown' })).toEqual(here);
  });

  it.each([
    ['nobody owns the task', undefined, {}, {}, 50303, /being moved \(rebalance\); ask again/],
    ['it restores here', undefined, {}, { '0_1': 'restoring' }, 50303, /is restoring here/],
    [
      'the one that was asked lost it',
      { url: 'http://127.0.0.1:1' },
      { headers: { 'x-drave-routed': '1' } },
      {},
      50303,
      /has just moved away/,
    ],
    ['the owner cannot be asked', 'it has no HTTP side', {}, {}, 50304, /no HTTP side/],
    ['the owner is gone', { url: 'http://127.0.0.1:1' }, {}, {}, 50304, /does not answer at/],
  ] as const)('is a clear error when %s', async (_, found, query, tasks, errorCode, message) => {
    await expect(route(found, query, tasks)).rejects.toMatchObject({
      errorCode,
      message: expect.stringMatching(message) as string,
    });
  });

  it('is asked of the owner with the token of the caller, once', async () => {
    const body = { store: 'sums', kind: 'key-value', key: 'k', value: 7 };
    let seen: unknown;
    const url = await owner((request, response) => {
      const { authorization, 'x-drave-routed': routed } = request.headers;
      seen = { path: request.url, authorization, routed };
      response.end(JSON.stringify(body));
    });
    const headers = { authorization: 'Bearer t', cookie: 'secret' };
    expect(await route({ url }, { headers })).toEqual({ kind: 'answer', body });
    expect(seen).toEqual({ path: asked.path, authorization: 'Bearer t', routed: '1' });
  });

  it('sends the caller there when told so', async () => {
    const found = { url: 'http://10.0.0.1:9081' };
    expect(await route(found, { mode: 'redirect' })).toEqual({
      kind: 'redirect',
      url: `http://10.0.0.1:9081${asked.path}`,
    });
  });

  it.each([
    [404, { error_code: 40410, message: 'nothing for k' }, 40410],
    [400, { error_code: 40001, message: 'no' }, 40001],
    [404, { error_code: 20000, message: 'a lie' }, 50303],
    [401, { error_code: 40101, message: 'who?' }, 50304],
    [503, { error_code: 50303, message: 'restoring' }, 50303],
    [500, 'not JSON', 50303],
    [200, { store: 'sums' }, 50303],
    [200, 'null', 50303],
  ])('passes on what the owner answers with %i %j', async (status, body, errorCode) => {
    const url = await owner(answering(status, body));
    await expect(route({ url })).rejects.toMatchObject({ errorCode });
  });

  it('follows no redirect and reads no endless answer', async () => {
    const away = await owner((_request, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    });
    await expect(route({ url: away })).rejects.toMatchObject({ errorCode: 50304 });
    const endless = await owner((_request, response) => {
      const block = Buffer.alloc(1024 * 1024, 'x');
      const more = (): void => {
        while (!response.destroyed && response.write(block));
        response.once('drain', more);
      };
      more();
    });
    await expect(route({ url: endless })).rejects.toMatchObject({ errorCode: 50304 });
  });
});
