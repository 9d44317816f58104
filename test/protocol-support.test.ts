// The pages about the APIs served and about the clients are what the handlers and the clients' tests say, and nothing in the clients'
// recording is older than the broker.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiKey } from '@drave/protocol';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { clientsPage } from '../scripts/clients-page.ts';
import { protocolSupport } from '../scripts/protocol-support.ts';
import { clientNames } from './clients/matrix.js';
import { compareWithRecording, readRecording } from './clients/recording.js';

const root = join(import.meta.dirname, '..');
const pages = { 'protocol-support.md': protocolSupport(root), 'clients.md': clientsPage() };

describe.each(Object.entries(pages))('docs/reference/%s', (name, text) => {
  it('is fresh (npm run gen)', async () => {
    const page = join(root, 'docs', 'reference', name);
    const options = await resolveConfig(page);
    const expected = await format(text, { ...options, parser: 'markdown' });
    expect(readFileSync(page, 'utf8')).toBe(expected);
  });
});

describe("the clients' recording", () => {
  it('has every client of the matrix, and only versions that are served', () => {
    const recording = readRecording();
    expect(Object.keys(recording).toSorted()).toEqual([...clientNames].toSorted());
    const served = new Map<number, readonly number[]>();
    for (const row of pages['protocol-support.md'].matchAll(/^\| (\d+) \| \w+ \| ([\d-]+) \|/gm)) {
      const [min = 0, max = min] = (row[2] ?? '').split('-').map(Number);
      served.set(Number(row[1]), [min, max]);
    }
    for (const [client, keys] of Object.entries(recording)) {
      for (const [key, versions] of Object.entries(keys)) {
        const [min = 1, max = 0] = served.get(Number(key)) ?? [];
        const foreign = versions.filter((version) => version < min || version > max);
        expect(foreign, `${client}, API ${key}: record it anew`).toEqual([]);
      }
    }
  });

  it('refuses a run in which a client fetched in a version that it does not know', async () => {
    const [known = 0] = readRecording()['kafkajs']?.[ApiKey.fetch] ?? [];
    await compareWithRecording('kafkajs', new Map([[ApiKey.fetch, [known]]]));
    const older = compareWithRecording('kafkajs', new Map([[ApiKey.fetch, [known - 1]]]));
    await expect(older).rejects.toThrow(/record it anew/);
  });
});
