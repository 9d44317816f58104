// What a crash may take from a memory disk, and what it may not: checked against a naive model on random histories.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryDisk, type DiskOperation, type MemoryDisk } from '@drave/platform';

async function withFile(seed: number): Promise<MemoryDisk> {
  const disk = memoryDisk({ seed });
  const file = await disk.open('/file', 'create');
  await file.write([Buffer.from('durable')], 0);
  await file.sync();
  await disk.syncDirectory('/');
  await file.close();
  return disk;
}

/** Outcomes of one story under many seeds. */
async function outcomes(story: (disk: MemoryDisk) => Promise<string>): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let seed = 0; seed < 80; seed += 1) seen.add(await story(await withFile(seed)));
  return seen;
}

async function text(disk: MemoryDisk, path: string): Promise<string> {
  return (await disk.stat(path)) === undefined ? '-' : (await disk.readFile(path)).toString();
}

describe('a crash and bytes', () => {
  it('keeps synced bytes, and each unsynced write whole, torn or not at all', async () => {
    const seen = await outcomes(async (disk) => {
      const file = await disk.open('/file', 'read-write');
      await file.write([Buffer.from('NEW')], 7);
      disk.crash();
      return text(disk, '/file');
    });
    expect([...seen].sort()).toEqual(['durable', 'durableN', 'durableNE', 'durableNEW']);
  });

  it('treats each unsynced write for itself: a later one may live without an earlier one', async () => {
    const seen = await outcomes(async (disk) => {
      const file = await disk.open('/file', 'read-write');
      await file.write([Buffer.from('A')], 0);
      await file.write([Buffer.from('B')], 1);
      await file.truncate(3);
      disk.crash();
      return (await text(disk, '/file')).slice(0, 4);
    });
    expect(seen.has('dBra')).toBe(true);
    expect(seen.has('Aura')).toBe(true);
    expect(seen.has('ABr')).toBe(true);
    expect(seen.has('dur')).toBe(true);
  });

  it('keeps what was written before a sync began, not what came while it ran', async () => {
    const seen = await outcomes(async (disk) => {
      const file = await disk.open('/file', 'read-write');
      file.writeSync([Buffer.from('1')], 7);
      const sync = file.sync();
      file.writeSync([Buffer.from('2')], 8);
      await sync;
      disk.crash();
      return text(disk, '/file');
    });
    expect([...seen].sort()).toEqual(['durable1', 'durable12']);
  });

  it('loses for good what a failed sync had to save, also when a later sync succeeds', async () => {
    const seen = await outcomes(async (disk) => {
      const file = await disk.open('/file', 'read-write');
      await file.write([Buffer.from('lost')], 7);
      const fault = disk.fail({ operation: 'sync', code: 'EIO' });
      await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
      expect(fault.hitCount).toBe(1);
      await file.sync();
      disk.crash();
      return text(disk, '/file');
    });
    expect([...seen]).toEqual(['durable']);
  });

  it('never loses what the model calls durable, for any history', async () => {
    const step = fc.oneof(
      fc.record({ at: fc.nat(40), text: fc.string({ minLength: 1, maxLength: 12 }) }),
      fc.constant('sync' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(), async (steps, seed) => {
        const disk = memoryDisk({ seed });
        const file = await disk.open('/file', 'create');
        await disk.syncDirectory('/');
        const now = Buffer.alloc(200);
        let durable = Buffer.alloc(200);
        const isOpen = Buffer.alloc(200); // 1: written since the last sync
        for (const one of steps) {
          if (one === 'sync') {
            await file.sync();
            durable = Buffer.from(now);
            isOpen.fill(0);
            continue;
          }
          const bytes = Buffer.from(one.text);
          await file.write([bytes], one.at);
          now.set(bytes, one.at);
          isOpen.fill(1, one.at, one.at + bytes.byteLength);
        }
        disk.crash();
        const after = Buffer.alloc(200);
        after.set(await disk.readFile('/file'));
        for (let index = 0; index < 200; index += 1) {
          if (isOpen[index] === 0) expect(after[index]).toBe(durable[index]);
        }
      }),
    );
  });
});

describe('a crash and names', () => {
  it('may lose a created file until the directory is synced', async () => {
    const create = async (disk: MemoryDisk): Promise<void> => {
      const file = await disk.open('/new', 'create');
      await file.write([Buffer.from('x')], 0);
      await file.sync();
    };
    const unsynced = await outcomes(async (disk) => {
      await create(disk);
      disk.crash();
      return text(disk, '/new');
    });
    expect([...unsynced].sort()).toEqual(['-', 'x']);
    const synced = await outcomes(async (disk) => {
      await create(disk);
      await disk.syncDirectory('/');
      disk.crash();
      return text(disk, '/new');
    });
    expect([...synced]).toEqual(['x']);
  });

  it('renames in both directories or in none, and undoes unsynced removals', async () => {
    const seen = await outcomes(async (disk) => {
      await disk.makeDirectory('/sub');
      await disk.syncDirectory('/');
      await disk.rename('/file', '/sub/file');
      disk.crash();
      return `${await text(disk, '/file')} ${await text(disk, '/sub/file')}`;
    });
    expect([...seen].sort()).toEqual(['- durable', 'durable -']);
    const removed = await outcomes(async (disk) => {
      await disk.remove('/file');
      disk.crash();
      return text(disk, '/file');
    });
    expect([...removed].sort()).toEqual(['-', 'durable']);
  });

  it('replaces a whole file: the old or the new content, at any moment', async () => {
    for (const operation of operationsOfReplace) {
      const seen = await outcomes(async (disk) => {
        disk.fail({ operation, code: 'EIO', nth: 1 });
        await disk.writeFileAtomic('/file', Buffer.from('replaced')).catch(() => undefined);
        disk.crash();
        return text(disk, '/file');
      });
      for (const content of seen) expect(['durable', 'replaced']).toContain(content);
    }
  });

  it('frees locks and ends open files and pending calls', async () => {
    const disk = await withFile(1);
    await disk.lock('/');
    const file = await disk.open('/file', 'read-write');
    let isSettled = false;
    void disk.stat('/file').then(() => (isSettled = true));
    disk.crash();
    expect(() => file.writeSync([Buffer.from('x')], 0)).toThrow(/EIO/);
    await expect(disk.lock('/')).resolves.toBeDefined();
    expect(isSettled).toBe(false);
  });
});

const operationsOfReplace: readonly DiskOperation[] = [
  'open',
  'write',
  'sync',
  'rename',
  'sync-directory',
  'remove',
];

describe('faults and space', () => {
  it('fails the nth operation of a kind, on a path, once or from then on', async () => {
    const disk = await withFile(1);
    const once = disk.fail({ operation: 'open', nth: 2, code: 'EMFILE', pathPart: 'file' });
    const lasting = disk.fail({ operation: 'rename', code: 'EIO', isLasting: true });
    await disk.open('/other', 'create');
    await disk.open('/file', 'read');
    await expect(disk.open('/file', 'read')).rejects.toMatchObject({ code: 'EMFILE' });
    await disk.open('/file', 'read');
    for (let index = 0; index < 2; index += 1) {
      await expect(disk.rename('/file', '/x')).rejects.toMatchObject({ code: 'EIO' });
    }
    lasting.remove();
    await disk.rename('/file', '/x');
    expect([once.hitCount, lasting.hitCount]).toEqual([1, 2]);
  });

  it('refuses what does not fit and takes it again after a removal', async () => {
    const disk = memoryDisk({ capacityBytes: 100 });
    const file = await disk.open('/a', 'create');
    await file.write([Buffer.alloc(80)], 0);
    await expect(file.write([Buffer.alloc(30)], 80)).rejects.toMatchObject({ code: 'ENOSPC' });
    await file.write([Buffer.alloc(80, 1)], 0); // overwriting needs no room
    expect(await disk.freeBytes('/')).toBe(20);
    await disk.remove('/a');
    expect(await disk.freeBytes('/')).toBe(100);
    await disk.writeFileAtomic('/b', Buffer.alloc(90));
    expect(await disk.freeBytes('/')).toBe(10);
  });

  it('flips a bit for good', async () => {
    const disk = await withFile(1);
    disk.flipBit('/file', 0, 1);
    disk.crash();
    expect(await text(disk, '/file')).toBe('furable');
  });
});
