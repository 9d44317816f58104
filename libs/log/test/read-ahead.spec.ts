// Reads begun ahead: used for the very bytes they were begun for, never across a truncation, bounded, and given back.

import { manualClock, SlabPool } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import type { LogManager, PartitionLog } from '../src/index.js';
import { OpenFiles } from '../src/open-files.js';
import { ReadAhead } from '../src/read-ahead.js';
import { Segment } from '../src/segment.js';
import { append, createLog, memory, openManager } from './log-fixture.js';

const batchBytes = 400_000;
const maxBytes = 512 * 1024;

async function logWith(letters: string): Promise<{ manager: LogManager; log: PartitionLog }> {
  const manager = await openManager(memory().platform, { tailCacheBytes: 0 });
  const log = createLog(manager);
  for (const letter of letters) await append(log, { values: [letter.repeat(batchBytes)] });
  return { manager, log };
}

/** The letter of the one batch read at `offset`; its memory goes back. */
async function letterAt(log: PartitionLog, offset: number, slabs: SlabPool): Promise<string> {
  const request = { offset, maxBytes, boundOffset: log.logEndOffset, slabs };
  const { records, slab, nextOffset } = await log.read(request);
  expect(nextOffset).toBe(offset + 1);
  const letter = String.fromCharCode(records.at(-2) ?? 0);
  slab?.release();
  return letter;
}

function pool(): SlabPool {
  return new SlabPool({ slabBytes: 1024 * 1024, slabsMax: 8, poison: true });
}

describe('reading on', () => {
  it('finds the next bytes read already', async () => {
    const slabs = pool();
    const { manager, log } = await logWith('abcdef');
    const seen: string[] = [];
    const held: number[] = [];
    for (let offset = 0; offset < 6; offset++) {
      seen.push(await letterAt(log, offset, slabs));
      held.push(slabs.takenCount);
    }
    expect(seen.join('')).toBe('abcdef');
    // One ahead while a whole read is left behind; at the end nothing more is begun.
    expect(held).toEqual([1, 1, 1, 1, 0, 0]);
    await manager.close();
  });

  it('never hands out what was cut off meanwhile', async () => {
    const slabs = pool();
    const { manager, log } = await logWith('abcd');
    expect(await letterAt(log, 0, slabs)).toBe('a');
    await log.truncateTo(1);
    for (const letter of 'xyz') await append(log, { values: [letter.repeat(batchBytes)] });
    expect(await letterAt(log, 1, slabs)).toBe('x');
    await manager.close();
    expect(slabs.takenCount).toBe(0);
  });

  it('gives its memory back when the log directory closes', async () => {
    const slabs = pool();
    const { manager, log } = await logWith('abcd');
    await letterAt(log, 0, slabs);
    expect(slabs.takenCount).toBe(1);
    await manager.close();
    expect(slabs.takenCount).toBe(0);
  });
});

describe('ReadAhead', () => {
  it('holds few reads at once and drops what nobody asks for', async () => {
    const { disk } = memory();
    await disk.makeDirectory('/d');
    const files = new OpenFiles(disk, 2, () => undefined);
    const segment = new Segment({ disk, files, directory: '/d', baseOffset: 0, sizeBytes: 0 });
    const clock = manualClock();
    const ahead = new ReadAhead(clock, files);
    const slabs = pool();
    const at = (position: number) => ({ segment, position, length: 1000, version: 1 });
    for (let position = 0; position < 10; position++) ahead.begin(at(position), slabs);
    expect(slabs.takenCount).toBe(4);
    expect(ahead.take(at(7))).toBeUndefined();
    const taken = ahead.take(at(1));
    expect(await taken?.count).toBe(0);
    taken?.slab.release();
    expect(ahead.take({ ...at(2), version: 2 })).toBeUndefined();
    await Promise.resolve();
    await clock.advance(1000);
    expect(slabs.takenCount).toBe(0);
    await ahead.close();
    await files.closeAll();
  });
});
