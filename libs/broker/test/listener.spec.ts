// Where clients are told to find the broker.
import { describe, expect, it } from 'vitest';
import { manualClock, memoryPlatform, silentLogger, type SocketAddress } from '@drave/platform';
import { ApiKey } from '@drave/protocol';
import { createBroker } from '../src/index.js';
import { RawClient } from './raw-client.js';

async function told(options: { listen: SocketAddress; advertised?: SocketAddress }) {
  const broker = await createBroker({
    platform: memoryPlatform(),
    directory: '/d',
    insecureListen: true,
    ...options,
  });
  try {
    await using client = await RawClient.connect(broker.address.port);
    const { brokers } = await client.request(ApiKey.metadata, 1, { topics: [] });
    return { ...brokers[0], isOwnPort: brokers[0]?.port === broker.address.port };
  } finally {
    await broker.stop();
  }
}

describe('the advertised address', () => {
  it.each([
    ['the address listened on', { listen: { host: '127.0.0.1', port: 0 } }, '127.0.0.1'],
    [
      'the loopback address a client of localhost came in on',
      { listen: { host: 'localhost', port: 0 } },
      '127.0.0.1',
    ],
    ['the one a client came in on', { listen: { host: '0.0.0.0', port: 0 } }, '127.0.0.1'],
    [
      'the one that was asked for',
      { listen: { host: '127.0.0.1', port: 0 }, advertised: { host: 'kafka.local', port: 0 } },
      'kafka.local',
    ],
  ])('is %s', async (_, options, host) => {
    expect(await told(options)).toMatchObject({ nodeId: 1, host, isOwnPort: true });
  });

  it('keeps a port that was asked for', async () => {
    const options = {
      listen: { host: '127.0.0.1', port: 0 },
      advertised: { host: 'kafka.local', port: 19_092 },
    };
    expect(await told(options)).toMatchObject({ host: 'kafka.local', port: 19_092 });
  });
});

describe('several listeners', () => {
  it('each tell the address of their own', async () => {
    const broker = await createBroker({
      platform: memoryPlatform(),
      directory: '/d',
      listeners: [
        { host: '127.0.0.1', port: 0 },
        { host: '127.0.0.1', port: 0, advertised: { host: 'outside.example', port: 29_092 } },
      ],
    });
    try {
      const told: unknown[] = [];
      for (const { port } of broker.nodes[0]?.addresses ?? []) {
        await using client = await RawClient.connect(port);
        const { brokers } = await client.request(ApiKey.metadata, 1, { topics: [] });
        told.push({ host: brokers[0]?.host, port: brokers[0]?.port });
      }
      expect(told).toEqual([
        { host: '127.0.0.1', port: broker.address.port },
        { host: 'outside.example', port: 29_092 },
      ]);
    } finally {
      await broker.stop();
    }
  });

  it('are refused beyond loopback unless that is allowed, and leave the directory usable', async () => {
    const platform = memoryPlatform();
    const options = { platform, directory: '/d', listen: { host: '0.0.0.0', port: 0 } };
    await expect(createBroker(options)).rejects.toThrow(/without a password.*--insecure-listen/);
    const broker = await createBroker({ ...options, insecureListen: true });
    await broker.stop();
  });

  it('say every minute that they are open to everybody', async () => {
    const warnings: string[] = [];
    const clock = manualClock();
    const logger = { ...silentLogger, warn: (event: string) => void warnings.push(event) };
    const broker = await createBroker({
      platform: memoryPlatform({ clock, logger }),
      directory: '/d',
      flush: 'os',
      listen: { host: '0.0.0.0', port: 0 },
      insecureListen: true,
    });
    await clock.advance(120_000);
    expect(warnings).toEqual(['insecure-listener', 'insecure-listener', 'insecure-listener']);
    await broker.stop();
  });
});
