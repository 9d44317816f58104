// One process per data directory, by the file `.lock`: {pid, started, id}. It appears whole (link of a finished file).
//
// A lock whose process is dead is taken over without a race: whoever creates `.lock.after.<id>` (id of the dead lock;
// ids are never reused) alone may replace it, and renames that file to `.lock`. Should this one die half-way, its
// file is the next link of the same chain. After creating its link a process checks that `.lock` is still the one
// the chain began with; if not, the chain is history and it starts again.
//
// On a full disk the content is the target of a symbolic link, `pid:hash of started:id`, as short as file systems keep in the inode: it
// appears whole too and needs no block. Versions that do not know it take the directory for one that changes hands all the time.
//
// Leaves out: processes on other machines or in other pid namespaces; file systems without hard links.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import type { DiskLock } from '../disk.js';
import { errorCode, systemError } from '../system-error.js';

interface Holder {
  readonly pid: number;
  /** Boot id and start time of the process or their hash, '' where the system does not tell: a reused pid is not the holder. */
  readonly started: string;
  readonly id: string;
}

const attemptsMax = 100;

/** Puts the lock under a name that is free; false: it is not. */
type Place = (target: string) => Promise<boolean>;

/** See `Disk.lock`. `write`: how the file of the lock gets its content. */
export async function lockDirectory(
  directory: string,
  write: (path: string, text: string) => Promise<void> = fs.writeFile,
): Promise<DiskLock> {
  const lockPath = path.join(directory, '.lock');
  const self: Holder = {
    pid: process.pid,
    started: (await processStart(process.pid)) ?? '',
    id: randomBytes(9).toString('base64url'),
  };
  const draft = `${lockPath}.${self.id}`;
  try {
    const place = await placing(draft, self, write);
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      if (await tryLock(lockPath, place)) {
        return { release: () => releaseLock(lockPath, self) };
      }
    }
  } finally {
    await fs.rm(draft, { force: true });
  }
  throw systemError('ELOCKED', `${directory} changes hands all the time; try again`, {
    path: lockPath,
  });
}

/** True: `.lock` is ours. False: something moved, look again. Throws ELOCKED when a living process holds it. */
async function tryLock(lockPath: string, place: Place): Promise<boolean> {
  const head = await readHolder(lockPath);
  if (head === undefined) return place(lockPath);
  const passed: string[] = [];
  let tail = head;
  for (;;) {
    const next = `${lockPath}.after.${tail.id}`;
    const holder = await readHolder(next);
    if (holder === undefined) break;
    passed.push(next);
    tail = holder;
  }
  if (await isAlive(tail)) throw lockedError(lockPath, tail);
  const claim = `${lockPath}.after.${tail.id}`;
  if (!(await place(claim))) return false;
  if ((await readHolder(lockPath))?.id !== head.id) {
    await fs.rm(claim, { force: true });
    return false;
  }
  await fs.rename(claim, lockPath);
  for (const stale of passed) await fs.rm(stale, { force: true });
  return true;
}

async function releaseLock(lockPath: string, self: Holder): Promise<void> {
  const holder = await readHolder(lockPath);
  if (holder?.id === self.id) await fs.rm(lockPath, { force: true });
}

/** Writes the draft; where there is no room for it, links without one are placed. */
async function placing(
  draft: string,
  self: Holder,
  write: (path: string, text: string) => Promise<void>,
): Promise<Place> {
  try {
    await write(draft, `${JSON.stringify(self)}\n`);
    return (target) => isPlaced(fs.link(draft, target));
  } catch (full) {
    if (!['ENOSPC', 'EDQUOT'].includes(errorCode(full) ?? '')) throw full;
    const text = `${self.pid}:${self.started === '' ? '' : hashOf(self.started)}:${self.id}`;
    return (target) =>
      isPlaced(fs.symlink(text, target)).catch(() => {
        throw full; // no links like that here, or no room for a name either
      });
  }
}

async function isPlaced(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function hashOf(started: string): string {
  return createHash('sha256').update(started).digest('hex').slice(0, 12);
}

/** undefined: no such file. Content that a power cut has torn stands for a dead holder. */
async function readHolder(filePath: string): Promise<Holder | undefined> {
  const link = await fs.readlink(filePath).catch(() => undefined); // EINVAL: a file, ENOENT: nothing
  if (link !== undefined) return linkedHolder(link);
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(filePath);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const text = await handle.readFile('utf8');
    return parseHolder(text) ?? { pid: 0, started: '', id: `torn-${(await handle.stat()).ino}` };
  } finally {
    await handle.close();
  }
}

/** Links that nobody of us made stand for a dead holder. */
function linkedHolder(target: string): Holder {
  const [, pid, started = '', id = ''] = /^(\d+):([\da-f]*):([\w-]+)$/.exec(target) ?? [];
  if (pid === undefined) return { pid: 0, started, id: `link-${hashOf(target)}` };
  return { pid: Number(pid), started, id };
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, started, id } = JSON.parse(text) as Partial<Holder>;
    const isWhole = typeof pid === 'number' && typeof started === 'string';
    return isWhole && id !== undefined && /^[\w-]+$/.test(id) ? { pid, started, id } : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.pid <= 0) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false; // EPERM: alive, of another user
  }
  if (holder.started === '') return true;
  const started = await processStart(holder.pid);
  if (started === undefined) return false;
  return holder.started === started || holder.started === hashOf(started);
}

/** Boot id and start tick of a running process on Linux; undefined elsewhere, for the dead and for zombies. */
async function processStart(pid: number): Promise<string | undefined> {
  try {
    const boot = await fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    if (state === 'Z' || state === 'X') return undefined;
    return `${boot.trim()}:${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}

function lockedError(lockPath: string, holder: Holder): Error {
  const directory = path.dirname(lockPath);
  const what = `${directory} is in use by process ${holder.pid}; stop it or choose another directory`;
  return Object.assign(systemError('ELOCKED', what, { path: lockPath }), {
    holderPid: holder.pid,
  });
}
