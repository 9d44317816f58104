// The bounds of connections: silence, idleness, numbers, and clients that do not take their answers.
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { limits } from '@drave/contracts';
import { manualClock, memoryPlatform } from '@drave/platform';
import { ApiKey, encodeRequest } from '@drave/protocol';
import { startTestBroker, type TestBroker } from '../src/testing/index.js';
import { fetchRequest } from './batches.js';
import { RawClient } from './raw-client.js';

const software = { clientSoftwareName: '', clientSoftwareVersion: '' };

async function connected(broker: TestBroker, count: number): Promise<void> {
  while (broker.broker.metrics().connections !== count) await turn();
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe('time limits', () => {
  it('closes a connection that says nothing, one stuck in a frame, and one that is idle', async () => {
    const clock = manualClock();
    const platform = { ...memoryPlatform(), clock, scheduler: clock };
    await using broker = await startTestBroker({
      platform,
      settings: { connectionsMaxIdleMs: 60_000 },
    });
    await using silent = await RawClient.connect(broker.port);
    await using stuck = await RawClient.connect(broker.port);
    await using idle = await RawClient.connect(broker.port);
    stuck.sendBytes(Buffer.from([0, 0]));
    await idle.request(ApiKey.apiVersions, 0, software);
    await connected(broker, 3);
    while (broker.broker.metrics().bytesIn < 2 + 17) await turn();

    await clock.advance(limits.firstByteMs);
    expect(silent.isClosed).toBe(false);
    await clock.advance(2 * limits.idleSweepMs);
    await silent.closed();
    expect(stuck.isClosed).toBe(false);
    await clock.advance(limits.partialFrameMs);
    await stuck.closed();
    expect(idle.isClosed).toBe(false);
    await clock.advance(60_000);
    await idle.closed();
    expect(broker.broker.metrics().connections).toBe(0);
  });
});

describe('numbers', () => {
  it('refuses connections beyond max.connections and serves those it has', async () => {
    await using broker = await startTestBroker({ settings: { maxConnections: 2 } });
    await using one = await RawClient.connect(broker.port);
    await using two = await RawClient.connect(broker.port);
    await one.request(ApiKey.apiVersions, 0, software);
    await using three = await RawClient.connect(broker.port);
    await three.closed();
    await two.request(ApiKey.apiVersions, 0, software);
    expect(broker.broker.metrics()).toMatchObject({ connections: 2, connectionsRefused: 1 });
  });
});

describe('a client that does not read', () => {
  it('stops being served when its answers pile up, and is served again when it reads', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    for (let index = 0; index < 4; index++) {
      await broker.produce('t', [{ value: 'x'.repeat(900_000) }]);
    }
    const socket = connect({ port: broker.port, host: '127.0.0.1' });
    socket.pause();
    const count = 60;
    for (let correlationId = 0; correlationId < count; correlationId++) {
      const header = { apiKey: ApiKey.fetch, apiVersion: 11, correlationId, clientId: 'x' };
      const body = fetchRequest('t', 0, { maxBytes: 4_000_000, partitionMaxBytes: 4_000_000 });
      socket.write(Buffer.concat(encodeRequest(header, body)));
    }
    await using other = await RawClient.connect(broker.port);
    let before = -1;
    for (let quiet = 0; quiet < 20;) {
      await other.request(ApiKey.apiVersions, 0, software);
      const now = broker.broker.metrics().requests.Fetch ?? 0;
      quiet = now === before && now > 0 ? quiet + 1 : 0;
      before = now;
    }
    expect(before).toBeLessThan(count / 2);
    let bytes = 0;
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > count * 3_600_000) resolve();
      });
      socket.resume();
    });
    socket.destroy();
    expect(broker.broker.metrics().requests.Fetch).toBe(count);
  });
});
