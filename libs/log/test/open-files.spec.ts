// Which files stay open: within the bound, pinned ones always, and some of those that take turns; on a real disk.

import { nodePlatform } from '@drave/platform';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OpenFiles } from '../src/open-files.js';

const { disk } = nodePlatform();
let directory: string;
let errors: unknown[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drave-open-files-'));
  errors = [];
});

afterEach(() => {
  rmSync(directory, { recursive: true });
  expect(errors).toEqual([]);
});

function opened(capacity: number): OpenFiles {
  return new OpenFiles(disk, capacity, (error) => errors.push(error));
}

/** How many of the uses had to open the file, once each of `count` files was used so many times in turn. */
function turns(files: OpenFiles, names: { from: number; count: number }, rounds: number): number {
  const before = files.opens;
  for (let round = 0; round < rounds; round++) {
    for (let at = names.from; at < names.from + names.count; at++) {
      files.unpin(files.pin(`${directory}/${at}`, 'create'));
    }
  }
  return files.opens - before;
}

describe('OpenFiles', () => {
  test('a turn over more files than may be open finds most of the places kept', async () => {
    const files = opened(80);
    turns(files, { from: 0, count: 200 }, 1);
    expect(turns(files, { from: 0, count: 200 }, 10)).toBe(10 * (200 - 70));
    expect(files.openCount).toBe(80);
    await files.closeAll();
  });

  test('files that are used no more give their places up to a new turn', async () => {
    const files = opened(80);
    turns(files, { from: 0, count: 80 }, 3);
    turns(files, { from: 1000, count: 60 }, 30);
    expect(turns(files, { from: 1000, count: 60 }, 10)).toBe(0);
    await files.closeAll();
  });

  test('of a few files used besides a long turn each stays open', async () => {
    const files = opened(80);
    turns(files, { from: 0, count: 200 }, 2);
    let misses = 0;
    for (let round = 0; round < 20; round++) {
      const before = turns(files, { from: 1000, count: 1 }, 1);
      if (round > 1) misses += before;
      turns(files, { from: 0, count: 40 }, 1);
      turns(files, { from: 500 + round * 20, count: 8 }, 1);
    }
    expect(misses).toBe(0);
    await files.closeAll();
  });

  test('pinned files outlast the bound and are closed once nobody needs them', async () => {
    const files = opened(2);
    const pins = [0, 1, 2, 3].map((at) => files.pin(`${directory}/${at}`, 'create'));
    expect(files.openCount).toBe(4);
    for (const { file } of pins) file.writeSync([Buffer.from('x')], 0);
    for (const pin of pins) files.unpin(pin);
    files.unpin(files.pin(`${directory}/4`, 'create'));
    expect(files.openCount).toBe(2);
    expect(pins.filter(({ file }) => isClosed(() => file.sizeSync()))).toHaveLength(3);
    await files.closeAll();
    expect(files.openCount).toBe(0);
  });

  test('a renamed file is found, evicted and forgotten by its new name', async () => {
    const files = opened(1);
    files.unpin(files.pin(`${directory}/a`, 'create'));
    await disk.rename(`${directory}/a`, `${directory}/b`);
    files.renamed(`${directory}/a`, `${directory}/b`);
    const before = files.opens;
    const pinned = files.pin(`${directory}/b`);
    expect(files.opens).toBe(before);
    files.forget(`${directory}/b`);
    expect(pinned.file.sizeSync()).toBe(0);
    files.unpin(pinned);
    await files.closed();
    expect(isClosed(() => pinned.file.sizeSync())).toBe(true);
  });
});

function isClosed(use: () => unknown): boolean {
  try {
    use();
    return false;
  } catch {
    return true;
  }
}
