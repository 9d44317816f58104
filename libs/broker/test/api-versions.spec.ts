// ApiVersions: derived from the registrations, with the oddities old clients need.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey, decodeResponse } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { RawClient } from './raw-client.js';

const software = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };

describe('ApiVersions', () => {
  it('advertises Produce and JoinGroup from 0 and every other API as it serves it', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const { errorCode, apiKeys } = await client.request(ApiKey.apiVersions, 4, software);
    expect(errorCode).toBe(0);
    const ranges = Object.fromEntries(
      apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]]),
    );
    expect(ranges).toEqual({
      0: [0, 11],
      1: [4, 17],
      2: [1, 7],
      3: [0, 12],
      8: [2, 9],
      9: [1, 9],
      10: [0, 4],
      11: [0, 9],
      12: [0, 4],
      13: [0, 5],
      14: [0, 5],
      15: [0, 5],
      16: [0, 5],
      17: [0, 1],
      18: [0, 4],
      19: [2, 7],
      20: [1, 6],
      21: [0, 2],
      22: [0, 5],
      23: [2, 4],
      29: [1, 3],
      30: [1, 3],
      31: [1, 3],
      32: [1, 4],
      33: [0, 2],
      35: [1, 4],
      36: [0, 2],
      37: [0, 3],
      42: [0, 2],
      43: [0, 2],
      44: [0, 1],
      45: [0, 0],
      46: [0, 0],
      47: [0, 0],
      48: [0, 1],
      49: [0, 1],
      50: [0, 0],
      51: [0, 0],
      60: [0, 2],
      61: [0, 0],
      68: [0, 1],
      69: [0, 1],
    });
  });

  it.each([3, 4])('version %d tells that consumer groups are switched on', async (version) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const answer = await client.request(ApiKey.apiVersions, version, software);
    expect(answer).toMatchObject({
      finalizedFeaturesEpoch: 0,
      finalizedFeatures: [{ name: 'group.version', minVersionLevel: 1, maxVersionLevel: 1 }],
      supportedFeatures:
        version === 3 ? [] : [{ name: 'group.version', minVersion: 0, maxVersion: 1 }],
    });
  });

  it.each([0, 1, 2, 3, 4])('answers version %d', async (version) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const { apiKeys } = await client.request(ApiKey.apiVersions, version, software);
    expect(apiKeys.length).toBeGreaterThan(10);
  });

  it('answers a version it does not know in version 0, without reading the body', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const request = Buffer.alloc(4 + 8 + 3);
    request.writeInt32BE(11, 0);
    request.writeInt16BE(ApiKey.apiVersions, 4);
    request.writeInt16BE(99, 6);
    request.writeInt32BE(4711, 8);
    request.fill(0xff, 12);
    client.sendBytes(request);
    const frame = await client.frame();
    if (!frame) throw new Error('closed');
    const { correlationId, body } = decodeResponse(ApiKey.apiVersions, 0, frame);
    expect(correlationId).toBe(4711);
    expect(body.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
    expect(body.apiKeys).toContainEqual({ apiKey: 18, minVersion: 0, maxVersion: 4 });
  });

  it('refuses a software name with strange characters, and keeps the connection', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const strange = { clientSoftwareName: '-x-', clientSoftwareVersion: '1' };
    const refused = await client.request(ApiKey.apiVersions, 3, strange);
    expect(refused.errorCode).toBe(ErrorCode.INVALID_REQUEST);
    const again = await client.request(ApiKey.apiVersions, 3, software);
    expect(again.errorCode).toBe(0);
  });
});
