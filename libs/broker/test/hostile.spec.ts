// A fixed part of the hostile corpus (`npm run rel -- hostile` has all of it): every one answered or closed, and a client that
// behaves is served before, between and after.
import { describe, expect, it } from 'vitest';
import { ApiKey } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { attack } from './hostile/attack.ts';
import { namedCases } from './hostile/corpus.ts';
import { cuts, validRequests } from './hostile/valid-requests.ts';
import { RawClient } from './raw-client.js';

const everyNamed = 9;
const everyCut = 97;

describe('hostile input', () => {
  it('is answered or closed, case by case', async () => {
    await using broker = await startTestBroker({ topics: { hostile: 1 } });
    await broker.createTopic('hostile-compacted', 1, { 'cleanup.policy': 'compact' });
    await using witness = await RawClient.connect(broker.port);
    const ask = { clientSoftwareName: '', clientSoftwareVersion: '' };
    const { apiKeys } = await witness.request(ApiKey.apiVersions, 0, ask);
    const cutCases = validRequests(apiKeys).flatMap((valid) => [...cuts(valid)]);
    const cases = [
      ...[...namedCases(apiKeys)].filter((_, index) => index % everyNamed === 0),
      ...cutCases.filter((_, index) => index % everyCut === 0),
    ];
    expect(cases.length).toBeGreaterThan(500);
    const wrong: string[] = [];
    for (const one of cases) {
      const fault = await attack(one, { port: broker.port });
      if (fault) wrong.push(`${one.family}: ${one.name}: ${fault}`);
    }
    expect(wrong).toEqual([]);
    expect((await witness.request(ApiKey.apiVersions, 0, ask)).errorCode).toBe(0);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
