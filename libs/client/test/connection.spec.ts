// One connection against a scripted broker: what answers, timeouts and broken peers do to the promises.

import { afterEach, describe, expect, it } from 'vitest';

import { nodePlatform } from '@drave/platform';
import { ApiKey } from '@drave/protocol';

import { BrokerConnection } from '../src/connection.js';
import { allVersions, FakeBroker, type FakeRequest } from './fake-broker.js';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function fake(onRequest: (request: FakeRequest) => void): Promise<FakeBroker> {
  const broker = await FakeBroker.start((request) => {
    if (request.header.apiKey === ApiKey.apiVersions) {
      request.reply(ApiKey.apiVersions, allVersions());
    } else onRequest(request);
  });
  cleanUps.push(() => broker.stop());
  return broker;
}

async function connect(
  port: number,
  options: { requestTimeoutMs?: number; maxInFlight?: number } = {},
): Promise<BrokerConnection> {
  const platform = nodePlatform();
  const connection = await BrokerConnection.connect({
    platform,
    host: '127.0.0.1',
    port,
    clientId: 'test',
    ...options,
  });
  cleanUps.push(() => connection.close());
  return connection;
}

function heartbeat(connection: BrokerConnection, groupId: string): Promise<{ errorCode: number }> {
  return connection.request(ApiKey.heartbeat, 4, {
    groupId,
    generationId: 1,
    memberId: '',
    groupInstanceId: null,
  });
}

function groupOf(request: FakeRequest): string {
  return 'groupId' in request.body ? String(request.body.groupId) : '';
}

describe('BrokerConnection', () => {
  it('settles each promise from its own answer, in whatever order they come', async () => {
    const held: FakeRequest[] = [];
    const broker = await fake((request) => {
      held.push(request);
      if (held.length < 3) return;
      for (const one of held.reverse()) {
        one.reply(ApiKey.heartbeat, { throttleTimeMs: 0, errorCode: Number(groupOf(one)) });
      }
    });
    const connection = await connect(broker.port);
    const answers = await Promise.all(['1', '2', '3'].map((group) => heartbeat(connection, group)));
    expect(answers.map(({ errorCode }) => errorCode)).toEqual([1, 2, 3]);
  });

  it('falls back to the version an old broker names in its v0 refusal', async () => {
    const broker = await FakeBroker.start((request) => {
      if (request.header.apiVersion > 2) {
        request.reply(
          ApiKey.apiVersions,
          { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 2 }] },
          0,
        );
      } else request.reply(ApiKey.apiVersions, allVersions(0, 5));
    });
    cleanUps.push(() => broker.stop());
    const connection = await connect(broker.port);
    expect(broker.requests.map(({ header }) => header.apiVersion).at(-1)).toBe(2);
    expect(connection.versionFor(ApiKey.fetch)).toBe(5);
  });

  it('refuses an API without a common version and says what both speak', async () => {
    const broker = await FakeBroker.start((request) =>
      request.reply(ApiKey.apiVersions, allVersions(90, 99)),
    );
    cleanUps.push(() => broker.stop());
    const connection = await connect(broker.port);
    expect(() => connection.versionFor(ApiKey.fetch)).toThrow(/speaks versions 90 to 99 of API 1/);
  });

  it('sends no more than maxInFlight requests before an answer', async () => {
    const seen: FakeRequest[] = [];
    let onSeen = (): void => undefined;
    const broker = await fake((request) => {
      seen.push(request);
      onSeen();
    });
    const connection = await connect(broker.port, { maxInFlight: 1 });
    const first = heartbeat(connection, 'a');
    const second = heartbeat(connection, 'b');
    await new Promise<void>((resolve) => {
      onSeen = resolve;
    });
    expect(seen.length).toBe(1);
    expect(connection.inFlightCount).toBe(2);
    seen[0]?.reply(ApiKey.heartbeat, { errorCode: 0, throttleTimeMs: 0 });
    await first;
    await new Promise<void>((resolve) => {
      onSeen = resolve;
      if (seen.length > 1) resolve();
    });
    seen[1]?.reply(ApiKey.heartbeat, { errorCode: 0, throttleTimeMs: 0 });
    expect((await second).errorCode).toBe(0);
  });

  it('rejects a request that is not answered in its time and closes, for answers behind it would be late', async () => {
    const broker = await fake(() => undefined);
    const connection = await connect(broker.port, { requestTimeoutMs: 30 });
    const late = heartbeat(connection, 'a');
    const behind = heartbeat(connection, 'b');
    const results = await Promise.allSettled([late, behind]);
    expect(results.map((r) => (r.status === 'rejected' ? r.reason.errorName : r.status))).toEqual([
      'REQUEST_TIMED_OUT',
      'NETWORK_EXCEPTION',
    ]);
    expect(connection.isOpen).toBe(false);
    await expect(heartbeat(connection, 'c')).rejects.toThrow(/is closed/);
  });

  it('rejects everything under way when the peer hangs up or is closed', async () => {
    const broker = await fake((request) => request.socket.destroy());
    const connection = await connect(broker.port);
    await expect(heartbeat(connection, 'a')).rejects.toMatchObject({
      errorName: 'NETWORK_EXCEPTION',
      retriable: true,
    });
    const other = await fake(() => undefined);
    const closing = await connect(other.port);
    const pending = heartbeat(closing, 'a');
    closing.close();
    await expect(pending).rejects.toThrow(/is closed/);
  });

  it('says what to do when nobody listens, or somebody else does', async () => {
    const gone = await fake(() => undefined);
    await gone.stop();
    await expect(connect(gone.port)).rejects.toThrow(
      `cannot connect to 127.0.0.1:${gone.port} (ECONNREFUSED); check that a broker listens there`,
    );
    const platform = nodePlatform();
    const http = await platform.network.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
      socket.onData(() => socket.write([Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]));
      socket.onEnd(() => undefined);
      socket.onClose(() => undefined);
    });
    cleanUps.push(() => http.close());
    await expect(connect(http.address.port)).rejects.toThrow(/no Kafka response/);
  });
});
