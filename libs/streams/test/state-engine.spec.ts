// One conformance suite for the state engines, and crash enumeration for the durable one: the disk is cut at every write
// call and by power loss, and the store must open to a commit that was really made.

import { memoryDisk, SeededRandom, type Disk, type MemoryDisk } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import { prefixEnd, type StateEngine } from '../src/state/engine.js';
import { HeaplogEngine } from '../src/state/heaplog-engine.js';
import { MemoryEngine } from '../src/state/memory-engine.js';

const buffer = (text: string): Buffer => Buffer.from(text);
const path = '/state/store.heaplog';

async function newDisk(seed = 1): Promise<MemoryDisk> {
  const disk = memoryDisk({ seed });
  await disk.makeDirectory('/state');
  await disk.syncDirectory('/');
  return disk;
}

function content(engine: StateEngine): Record<string, string> {
  return Object.fromEntries([...engine.range()].map(([k, v]) => [k.toString(), v.toString()]));
}

const engines: { name: string; open: () => Promise<StateEngine> }[] = [
  { name: 'memory', open: () => Promise.resolve(new MemoryEngine()) },
  { name: 'heaplog', open: async () => HeaplogEngine.open({ disk: await newDisk(), path }) },
];

describe.each(engines)('$name engine', ({ open }) => {
  it('reads its writes and counts', async () => {
    const engine = await open();
    engine.put(buffer('a'), buffer('1'));
    engine.put(buffer('a'), buffer('2'));
    engine.put(buffer(''), buffer(''));
    engine.delete(buffer('absent'));
    expect(engine.get(buffer('a'))?.toString()).toBe('2');
    expect(engine.get(buffer(''))?.length).toBe(0);
    expect(engine.get(buffer('b'))).toBeUndefined();
    expect(engine.count).toBe(2);
  });

  it('lists what changed since the commit, each key once', async () => {
    const engine = await open();
    engine.put(buffer('a'), buffer('1'));
    await engine.commit({ changelogOffset: 1, epoch: 1 });
    engine.put(buffer('b'), buffer('1'));
    engine.put(buffer('b'), buffer('2'));
    engine.delete(buffer('a'));
    const changes = [...engine.uncommitted()].map(({ key, value }) => `${key}=${value}`);
    expect(changes.sort()).toEqual(['a=null', 'b=2']);
    await engine.commit({ changelogOffset: 2, epoch: 1 });
    expect(engine.uncommittedCount).toBe(0);
    expect(engine.committed).toEqual({ changelogOffset: 2, epoch: 1 });
  });

  it('scans in key order while being changed, as a naive model does', async () => {
    const engine = await open();
    const random = new SeededRandom(7);
    const model = new Map<string, string>();
    for (let step = 0; step < 2000; step += 1) {
      const key = Buffer.from([random.nextInt(20), random.nextInt(256)]);
      const name = key.toString('hex');
      if (random.nextInt(3) === 0) {
        engine.delete(key);
        model.delete(name);
      } else {
        engine.put(key, buffer(`v${step}`));
        model.set(name, `v${step}`);
      }
      if (step % 50 !== 0) continue;
      const prefix = Buffer.from([random.nextInt(20)]);
      const found = [...engine.range(prefix, prefixEnd(prefix))].map(([k]) => k.toString('hex'));
      const hex = prefix.toString('hex');
      expect(found).toEqual([...model.keys()].filter((k) => k.startsWith(hex)).sort());
    }
    expect(engine.count).toBe(model.size);
  });
});

describe('heaplog', () => {
  it('survives a clean close', async () => {
    const disk = await newDisk();
    const first = await HeaplogEngine.open({ disk, path });
    first.put(buffer('a'), buffer('1'));
    await first.commit({ changelogOffset: 5, epoch: 2 });
    first.put(buffer('b'), buffer('lost'));
    await first.close();
    const second = await HeaplogEngine.open({ disk, path });
    expect(content(second)).toEqual({ a: '1' });
    expect(second.committed).toEqual({ changelogOffset: 5, epoch: 2 });
  });

  it('keeps the file within twice the live bytes', async () => {
    const disk = await newDisk();
    const engine = await HeaplogEngine.open({ disk, path });
    const value = Buffer.alloc(100_000, 1);
    for (let round = 1; round <= 60; round += 1) {
      engine.put(buffer(`k${round % 3}`), value);
      await engine.commit({ changelogOffset: round, epoch: 1 });
      const { fileBytes, liveBytes } = engine.sizes;
      expect(fileBytes).toBeLessThanOrEqual(2 * liveBytes + (1 << 20) + 101_000);
    }
    await engine.close();
    const again = await HeaplogEngine.open({ disk, path });
    expect(again.count).toBe(3);
    expect(again.committed?.changelogOffset).toBe(60);
  });

  it('treats a foreign file as an empty store', async () => {
    const disk = await newDisk();
    await disk.writeFileAtomic(path, buffer('not a heaplog, but long enough'));
    const engine = await HeaplogEngine.open({ disk, path });
    expect(engine.committed).toBeUndefined();
    engine.put(buffer('a'), buffer('1'));
    await engine.commit({ changelogOffset: 1, epoch: 1 });
    await engine.close();
    expect(content(await HeaplogEngine.open({ disk, path }))).toEqual({ a: '1' });
  });

  it('cut at every byte, it opens to the last commit that is whole', async () => {
    const disk = await newDisk();
    const states = await writeCommits(disk, 4);
    const whole = await disk.readFile(path);
    for (let length = 0; length <= whole.length; length += 1) {
      const cut = await newDisk();
      await cut.writeFileAtomic(path, whole.subarray(0, length));
      const engine = await HeaplogEngine.open({ disk: cut, path });
      const offset = engine.committed?.changelogOffset ?? 0;
      expect(content(engine)).toEqual(states[offset]);
      expect(length === whole.length ? offset : 4).toBe(4);
      engine.put(buffer('after'), buffer('x'));
      await engine.commit({ changelogOffset: 9, epoch: 1 });
      await engine.close();
      const again = await HeaplogEngine.open({ disk: cut, path });
      expect(content(again)).toEqual({ ...states[offset], after: 'x' });
    }
  });

  it('a flipped bit takes its commit and those after it, never more', async () => {
    const disk = await newDisk();
    const states = await writeCommits(disk, 4);
    const whole = await disk.readFile(path);
    for (let position = 0; position < whole.length; position += 1) {
      const damaged = Buffer.from(whole);
      damaged[position] = (damaged[position] ?? 0) ^ 4;
      const other = await newDisk();
      await other.writeFileAtomic(path, damaged);
      const engine = await HeaplogEngine.open({ disk: other, path });
      const offset = engine.committed?.changelogOffset ?? 0;
      expect(content(engine)).toEqual(states[offset]);
      expect(offset).toBeLessThan(4);
    }
  });

  it('failing and losing power at every disk call leaves a state that was committed', async () => {
    let hits = 0;
    for (const operation of [
      'open',
      'write',
      'truncate',
      'sync',
      'rename',
      'sync-directory',
    ] as const) {
      for (let nth = 1; nth <= 24; nth += 1) {
        const disk = await newDisk(nth);
        const fault = disk.fail({ operation, nth, code: 'EIO' });
        const states = await writeLargeCommits(disk);
        hits += fault.hitCount;
        fault.remove();
        disk.crash();
        const again = await HeaplogEngine.open({ disk, path });
        expect(content(again)).toEqual(states[again.committed?.changelogOffset ?? 0]);
      }
    }
    expect(hits).toBeGreaterThan(20);
  });
});

/** Enough for two rewrites; stops at the first disk error. The states by changelog offset. */
async function writeLargeCommits(disk: Disk): Promise<Record<string, string>[]> {
  const states: Record<string, string>[] = [{}];
  const model: Record<string, string> = {};
  try {
    const engine = await HeaplogEngine.open({ disk, path });
    for (let round = 1; round <= 14; round += 1) {
      model[`k${round % 2}`] = String(round).repeat(150_000);
      states[round] = { ...model };
      engine.put(buffer(`k${round % 2}`), buffer(model[`k${round % 2}`] ?? ''));
      await engine.commit({ changelogOffset: round, epoch: 1 });
    }
  } catch {
    // the injected fault; what was written before it counts
  }
  return states;
}

/** One entry more per commit, one replaced; the states by changelog offset. */
async function writeCommits(disk: Disk, count: number): Promise<Record<string, string>[]> {
  const engine = await HeaplogEngine.open({ disk, path });
  const states: Record<string, string>[] = [{}];
  const model: Record<string, string> = {};
  for (let round = 1; round <= count; round += 1) {
    for (const key of ['hot', `k${round}`]) {
      model[key] = `v${round}`;
      engine.put(buffer(key), buffer(`v${round}`));
    }
    states.push({ ...model });
    await engine.commit({ changelogOffset: round, epoch: 1 });
  }
  await engine.close();
  return states;
}
