// Restoring and rolling back a store from its changelog, record by record.

import { describe, expect, it } from 'vitest';
import { streamHeaders, type InputRecord } from '../src/record.js';
import { ChangelogReplay } from '../src/state/changelog-replay.js';
import { MemoryEngine } from '../src/state/memory-engine.js';

function change(offset: number, epoch: number, key: string, value: string | null): InputRecord {
  return {
    offset,
    timestamp: 0,
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: [{ key: streamHeaders.epoch, value: Buffer.from(String(epoch)) }],
  };
}

function fence(offset: number, epoch: number): InputRecord {
  const record = change(offset, epoch, 'fence', String(epoch));
  const mark = { key: streamHeaders.fence, value: Buffer.from('1') };
  return { ...record, headers: [...record.headers, mark] };
}

function content(engine: MemoryEngine): string[] {
  return [...engine.range()].map(([key, value]) => `${key}=${value}`);
}

function corrections(replay: ChangelogReplay): string[] {
  return [...replay.corrections()].map(({ key, value }) => `${key}=${value}`).sort();
}

describe('changelog replay', () => {
  it('applies up to the committed offset and undoes what lies behind it', () => {
    const engine = new MemoryEngine();
    const replay = new ChangelogReplay(engine, 3);
    replay.feed([change(0, 1, 'a', '1'), change(1, 1, 'b', '1'), change(2, 1, 'a', '2')]);
    replay.feed([change(3, 1, 'a', '3'), change(4, 1, 'new', '1'), change(5, 1, 'b', null)]);
    expect(content(engine)).toEqual(['a=2', 'b=1']);
    expect(corrections(replay)).toEqual(['a=2', 'b=1', 'new=null']);
    expect(replay.position).toBe(6);
  });

  it('with nothing committed, everything is undone', () => {
    const engine = new MemoryEngine();
    const replay = new ChangelogReplay(engine, 0);
    replay.feed([change(0, 1, 'a', '1')]);
    expect(engine.count).toBe(0);
    expect(corrections(replay)).toEqual(['a=null']);
  });

  it('with offsets set by hand, everything counts', () => {
    const engine = new MemoryEngine();
    const replay = new ChangelogReplay(engine, Number.POSITIVE_INFINITY);
    replay.feed([change(0, 1, 'a', '1'), change(1, 1, 'a', null), change(2, 1, 'b', '2')]);
    expect(content(engine)).toEqual(['b=2']);
    expect(corrections(replay)).toEqual([]);
  });

  it('ignores what an older owner wrote behind the fence of a newer one', () => {
    const engine = new MemoryEngine();
    const replay = new ChangelogReplay(engine, 100);
    replay.feed([change(0, 1, 'a', '1'), fence(1, 2), change(2, 1, 'a', 'zombie')]);
    replay.feed([change(3, 1, 'z', 'zombie'), change(4, 2, 'b', '1')]);
    expect(content(engine)).toEqual(['a=1', 'b=1']);
    expect(replay.maxEpoch).toBe(2);
  });

  it('goes on from the local commit and takes holes for normal', async () => {
    const engine = new MemoryEngine();
    engine.put(Buffer.from('a'), Buffer.from('local'));
    await engine.commit({ changelogOffset: 5, epoch: 3 });
    const replay = new ChangelogReplay(engine, 20);
    expect(replay.position).toBe(5);
    replay.feed([change(2, 1, 'a', 'old'), change(9, 3, 'b', '1'), change(15, 2, 'b', 'zombie')]);
    expect(content(engine)).toEqual(['a=local', 'b=1']);
    await replay.checkpoint();
    expect(engine.committed).toEqual({ changelogOffset: 16, epoch: 3 });
  });
});
