// What a broker says of stream applications elsewhere when an instance is silent or answers nonsense.

import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { RemoteApps } from '../src/streams/remote-apps.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function instance(listener: RequestListener) {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;
  return { applicationId: 'app', instance: 'one', url, isVouchedFor: true };
}

it.each<[string, RequestListener, RegExp]>([
  ['never answers', () => undefined, /does not answer at .* within 20 ms/],
  ['answers nonsense', (_, response) => response.end('{"state": 1}'), /not understood/],
  ['refuses the token', (_, response) => response.writeHead(401).end(), /refuses the token/],
])('lists an instance that %s as unreachable', async (_, listener, reason) => {
  const one = await instance(listener);
  const apps = new RemoteApps(() => [one], reason.source.includes('20 ms') ? 20 : 10_000);
  const failure = expect.stringMatching(reason) as string;
  expect(await apps.list()).toMatchObject([
    { state: 'unreachable', lag: null, instances: [{ instance: 'one', failure }] },
  ]);
  expect(await apps.tasks('app')).toMatchObject({ data: [], unreachable: [{ instance: 'one' }] });
  await expect(apps.topology('app')).rejects.toMatchObject({ errorCode: 50304 });
});
