// The lock of a data directory between real processes: the living are respected, the dead are taken over, by one alone.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeDisk } from '@drave/platform';
import { lockDirectory } from '../src/node/directory-lock.js';

const disk = new NodeDisk();
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drave-lock-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A process that does nothing until it is killed. */
async function startProcess(): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['-e', "process.stdout.write('up'); process.stdin.resume()"],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function writeLock(pid: number | undefined, started = ''): void {
  const holder = { pid, started, id: 'an-older-lock' };
  writeFileSync(join(directory, '.lock'), JSON.stringify(holder));
}

describe('the directory lock', () => {
  it('respects a living holder and names it', async () => {
    const child = await startProcess();
    try {
      writeLock(child.pid);
      const lock = disk.lock(directory);
      await expect(lock).rejects.toThrow(`is in use by process ${child.pid}; stop it`);
    } finally {
      await kill(child);
    }
  });

  it('takes over from a dead holder', async () => {
    const child = await startProcess();
    writeLock(child.pid);
    await kill(child);
    const lock = await disk.lock(directory);
    expect(JSON.parse(readFileSync(join(directory, '.lock'), 'utf8'))).toMatchObject({
      pid: process.pid,
    });
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')(
    'takes over when another process has the number of the dead holder (start times differ; Linux only)',
    async () => {
      writeLock(process.pid, 'another boot:1');
      const lock = await disk.lock(directory);
      await lock.release();
    },
  );

  it('takes over what a power cut has torn', async () => {
    writeFileSync(join(directory, '.lock'), '{"pid":');
    await (await disk.lock(directory)).release();
    writeFileSync(join(directory, '.lock'), '');
    await (await disk.lock(directory)).release();
  });

  it('goes on where a process died in the middle of taking over', async () => {
    const child = await startProcess();
    writeLock(child.pid);
    const half = { pid: child.pid, started: '', id: 'half' };
    writeFileSync(join(directory, '.lock.after.an-older-lock'), JSON.stringify(half));
    await kill(child);
    const lock = await disk.lock(directory);
    await expect(disk.lock(directory)).rejects.toMatchObject({ code: 'ELOCKED' });
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('lets exactly one of many racers take over a dead lock, again and again', async () => {
    for (let round = 0; round < 30; round += 1) {
      writeFileSync(
        join(directory, '.lock'),
        JSON.stringify({ pid: 2 ** 22 + 1, started: '', id: `dead-${round}` }),
      );
      const racers = Array.from({ length: 8 }, () => new NodeDisk().lock(directory));
      const results = await Promise.allSettled(racers);
      const held = results.filter((result) => result.status === 'fulfilled');
      expect(held.length).toBe(1);
      for (const { value } of held) await value.release();
      expect(readdirSync(directory)).toEqual([]);
    }
  });
});

describe('the directory lock on a full disk', () => {
  /** The name gets in, its content does not. */
  const write = (path: string): Promise<void> => {
    writeFileSync(path, '');
    return Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
  };

  it('is a link that keeps others out, on a full disk or not', async () => {
    const lock = await lockDirectory(directory, write);
    expect(readdirSync(directory)).toEqual(['.lock']);
    expect(readlinkSync(join(directory, '.lock')).length).toBeLessThan(60);
    for (const other of [() => lockDirectory(directory, write), () => disk.lock(directory)]) {
      await expect(other()).rejects.toMatchObject({ code: 'ELOCKED', holderPid: process.pid });
    }
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([`${2 ** 22 + 1}::dead`, `${process.pid}:0123456789ab:reused`, 'somewhere else'])(
    'takes over from %s, a link of the dead',
    async (target) => {
      for (const writing of [write, undefined]) {
        symlinkSync(target, join(directory, '.lock'));
        await (await lockDirectory(directory, writing)).release();
        expect(readdirSync(directory)).toEqual([]);
      }
    },
  );

  it('respects a living holder', async () => {
    const child = await startProcess();
    try {
      symlinkSync(`${child.pid}::alive`, join(directory, '.lock'));
      await expect(disk.lock(directory)).rejects.toThrow(`is in use by process ${child.pid}`);
      rmSync(join(directory, '.lock'));
      writeLock(child.pid);
      await expect(lockDirectory(directory, write)).rejects.toMatchObject({ code: 'ELOCKED' });
    } finally {
      await kill(child);
    }
  });

  it('has one winner among racers with room and without', async () => {
    for (let round = 0; round < 30; round += 1) {
      const dead = { pid: 2 ** 22 + 1, started: '', id: `dead-${round}` };
      if (round % 3 === 0) symlinkSync(`${dead.pid}::${dead.id}`, join(directory, '.lock'));
      if (round % 3 === 1) writeFileSync(join(directory, '.lock'), JSON.stringify(dead));
      const racers = Array.from({ length: 8 }, (_, index) =>
        lockDirectory(directory, index % 2 === 0 ? write : undefined),
      );
      const results = await Promise.allSettled(racers);
      const held = results.filter((result) => result.status === 'fulfilled');
      expect(held.length).toBe(1);
      for (const { value } of held) await value.release();
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  it('says what is full where no link can be made either', async () => {
    rmSync(directory, { recursive: true });
    const failing = (): Promise<void> =>
      Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
    await expect(lockDirectory(directory, failing)).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});
