// Where clients are told to find the broker.
import { describe, expect, it } from 'vitest';
import { memoryPlatform, type SocketAddress } from '@drave/platform';
import { ApiKey } from '@drave/protocol';
import { createBroker } from '../src/index.js';
import { RawClient } from './raw-client.js';

async function told(options: { listen: SocketAddress; advertised?: SocketAddress }) {
  const broker = await createBroker({ platform: memoryPlatform(), directory: '/d', ...options });
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
    ['the name listened on', { listen: { host: 'localhost', port: 0 } }, 'localhost'],
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
