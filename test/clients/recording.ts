// Which APIs and versions each client asks for, as seen by a broker that only this client was let at: recorded-requests.json, from which
// docs/reference/protocol-support.md is written. To bring it up to date:
// `DRAVE_RECORD_CLIENTS=1 npx vitest run --no-file-parallelism test/clients`, then `npm run gen`.
// Protects: a run whose Produce, Fetch or Metadata versions are not in the recording fails; APIs that a client uses now and then (a
// heartbeat in time) are added when it is recorded.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiKey } from '@drave/protocol';
import { format, resolveConfig } from 'prettier';

/** Client → API key → versions, ascending. */
export type Recording = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

export const recordingFile = join(import.meta.dirname, 'recorded-requests.json');
/** Every whole run of every client sends these. */
const always: readonly number[] = [ApiKey.produce, ApiKey.fetch, ApiKey.metadata];

export function readRecording(): Recording {
  return JSON.parse(readFileSync(recordingFile, 'utf8')) as Recording;
}

/** Compares what a broker counted for a client with the recording; adds it instead when the environment asks for that. */
export async function compareWithRecording(
  client: string,
  seen: ReadonlyMap<number, readonly number[]>,
): Promise<void> {
  const recording = readRecording();
  const known = recording[client] ?? {};
  if (process.env['DRAVE_RECORD_CLIENTS'] !== undefined) {
    const entries = new Map(Object.entries(known));
    for (const [key, versions] of seen) {
      const all = new Set([...(known[key] ?? []), ...versions]);
      entries.set(
        String(key),
        [...all].sort((a, b) => a - b),
      );
    }
    const ordered = [...entries].sort(([a], [b]) => Number(a) - Number(b));
    const all = Object.entries({ ...recording, [client]: Object.fromEntries(ordered) });
    all.sort(([a], [b]) => (a < b ? -1 : 1));
    const options = await resolveConfig(recordingFile);
    const text = JSON.stringify(Object.fromEntries(all));
    writeFileSync(recordingFile, await format(text, { ...options, parser: 'json' }));
    return;
  }
  for (const key of always) {
    for (const version of seen.get(key) ?? []) {
      if (known[key]?.includes(version)) continue;
      throw new Error(
        `${client} asks for version ${version} of API ${key}, which ${recordingFile} does not know: record it anew (see recording.ts)`,
      );
    }
  }
}
