// The state directory of one instance: its lock and its lasting name.
// Protects: two processes never share state files; a restarted instance comes back under its old name, so the group takes
// it for the same member and a kill costs neither a session timeout nor a rebalance (static membership, KIP-345).
// Layout: `.lock`, `instance-id`, `<task>/<store>.heaplog`. Leaves out: removing state of tasks that moved away.

import { errorCode, type Disk, type DiskLock, type Platform } from '@drave/platform';

/** Rejects with code ELOCKED and a sentence that says what to do. */
export async function lockState(
  { disk }: Platform,
  directory: string | undefined,
): Promise<DiskLock | undefined> {
  if (directory === undefined) return undefined;
  await makeDirectories(disk, directory, 2);
  try {
    return await disk.lock(directory);
  } catch (cause) {
    if (errorCode(cause) !== 'ELOCKED') throw cause;
    const why = cause instanceof Error ? cause.message : '';
    const message = `state directory ${directory} is in use (${why}); give each instance its own stateDirectory`;
    throw Object.assign(new Error(message, { cause }), { code: 'ELOCKED' });
  }
}

/** Makes `directory` with its parents; the last `levels` names survive a power loss. */
export async function makeDirectories(
  disk: Disk,
  directory: string,
  levels: number,
): Promise<void> {
  await disk.makeDirectory(directory);
  let path = directory;
  for (let level = 0; level < levels && path.includes('/'); level += 1) {
    path = path.slice(0, path.lastIndexOf('/'));
    await disk.syncDirectory(path === '' ? '/' : path);
  }
}

/** The name kept in the directory, made at the first start; undefined without a directory. */
export async function instanceIdOf(
  { disk, random }: Platform,
  directory: string | undefined,
): Promise<string | undefined> {
  if (directory === undefined) return undefined;
  const path = `${directory}/instance-id`;
  if (await disk.stat(path)) {
    const known = (await disk.readFile(path)).toString('utf8').trim();
    if (/^[a-zA-Z0-9._-]{1,100}$/.test(known)) return known;
  }
  const fresh = random.uuid();
  await disk.writeFileAtomic(path, Buffer.from(fresh));
  return fresh;
}
