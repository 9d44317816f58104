// The seed that decides which rows are damaged, remembered in the data directory (`demo.json`), because a replay that goes
// on after a kill must plan the same rows.

import { join } from 'node:path';
import type { Disk } from '@drave/platform';
import { CommandError } from '../output.js';

/** The remembered seed; `wanted` (or 1) when the directory is new. Another wish than the remembered one is refused. */
export async function demoSeed(
  disk: Disk,
  directory: string,
  wanted: number | undefined,
): Promise<number> {
  const path = join(directory, 'demo.json');
  const known = await disk.readFile(path).then(
    (bytes) => parse(bytes, path),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (known === undefined) {
    const seed = wanted ?? 1;
    await disk.makeDirectory(directory);
    await disk.writeFileAtomic(path, Buffer.from(`${JSON.stringify({ version: 1, seed })}\n`));
    return seed;
  }
  if (wanted !== undefined && wanted !== known) {
    throw new CommandError(
      `${directory} holds a demo with seed ${known}; leave out --seed, or choose another --data directory`,
    );
  }
  return known;
}

function parse(bytes: Buffer, path: string): number {
  try {
    const { version, seed } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    if (version === 1 && Number.isSafeInteger(seed)) return seed as number;
  } catch {
    // Falls through to the sentence below: a torn or foreign file says the same to the user.
  }
  throw new CommandError(
    `${path} is not a demo's file of this version; choose another --data directory`,
  );
}
