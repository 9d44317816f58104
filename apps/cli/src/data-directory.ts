// The data directory of `--data`: the broker's folder, the stream state beside it, and nothing that is not ours.
// Protects: a mistyped path never fills a directory that holds something else.

import { join } from 'node:path';
import type { Disk } from '@drave/platform';
import { CommandError } from './output.js';

const ours: ReadonlySet<string> = new Set(['broker', 'processor', 'jobs', 'demo.json']);

/** The broker's own folder inside a data directory. */
export function brokerDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'broker');
}

/** Stream state, a folder per instance. */
export function processorDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'processor');
}

/** Background jobs: schedules, what waits, history. */
export function jobsDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'jobs');
}

/** Refuses a path that is a file, cannot be read, or holds other things and no broker of ours. */
export async function checkDataDirectory(disk: Disk, path: string): Promise<void> {
  const stat = await disk.stat(path);
  if (stat === undefined) return;
  if (stat.kind !== 'directory') {
    throw new CommandError(`${path} is a file; give --data a directory`);
  }
  const names = await disk.list(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(`the data directory ${path} cannot be read (${cause.code})`, { cause });
  });
  const foreign = names.filter((name) => !ours.has(name));
  if (foreign.length === 0) return;
  if ((await disk.stat(join(brokerDirectory(path), 'meta.properties'))) !== undefined) return;
  throw new CommandError(
    `${path} holds other files (${foreign.slice(0, 3).join(', ')}) and no data of Drave; give --data an empty directory or one that Drave made`,
  );
}
