// What every Disk must do as long as nothing crashes. Leaves out: crash behaviour, which only a simulated disk can show.

import assert from 'node:assert/strict';
import type { Disk, DiskFile, OpenMode } from '../disk.js';
import { errorCode } from '../system-error.js';
import type { TestRunner } from './test-runner.js';

/** Runs `body` with a disk and an empty directory on it, then removes both. */
export type WithDisk = (body: (disk: Disk, directory: string) => Promise<void>) => Promise<void>;

/** Registers the suite; `name` tells the adapter. */
export function diskSuite(runner: TestRunner, name: string, withDisk: WithDisk): void {
  runner.describe(`Disk: ${name}`, () => {
    const test = (claim: string, body: (disk: Disk, directory: string) => Promise<void>): void => {
      runner.it(claim, () => withDisk(body));
    };
    openingTests(test);
    fileTests(test);
    namespaceTests(test);
    linkTests(test);
    lockTests(test);
  });
}

type Test = (claim: string, body: (disk: Disk, directory: string) => Promise<void>) => void;

function openingTests(test: Test): void {
  test('refuses to open a missing file unless it may create it', async (disk, directory) => {
    const path = `${directory}/missing`;
    for (const mode of ['read', 'read-write'] as const) {
      await rejects(disk.open(path, mode), 'ENOENT');
      assert.throws(() => disk.openSync(path, mode), hasCode('ENOENT'));
    }
    assert.equal(await disk.stat(path), undefined);
    await using(disk, path, 'create', async () => undefined);
    assert.equal((await disk.stat(path))?.kind, 'file');
  });

  test('keeps the content on create and refuses create-new', async (disk, directory) => {
    const path = `${directory}/file`;
    await using(disk, path, 'create-new', (file) => file.write([Buffer.from('kept')], 0));
    await using(disk, path, 'create', async (file) => assert.equal(file.sizeSync(), 4));
    await rejects(disk.open(path, 'create-new'), 'EEXIST');
    assert.equal((await disk.readFile(path)).toString(), 'kept');
  });

  test('refuses to write through a file opened for reading', async (disk, directory) => {
    const path = `${directory}/file`;
    await disk.writeFileAtomic(path, Buffer.from('abc'));
    await using(disk, path, 'read', async (file) => {
      await rejects(file.write([Buffer.from('x')], 0), 'EBADF');
    });
    assert.equal((await disk.readFile(path)).toString(), 'abc');
  });

  test('refuses every call on a closed file; closing twice is fine', async (disk, directory) => {
    const file = await disk.open(`${directory}/file`, 'create');
    await file.close();
    await file.close();
    await rejects(file.write([Buffer.from('x')], 0), 'EBADF');
    await rejects(file.sync(), 'EBADF');
    assert.throws(() => file.readSync(Buffer.alloc(1), 0, 1, 0), hasCode('EBADF'));
    assert.throws(() => file.sizeSync(), hasCode('EBADF'));
  });

  test('closes at once as it does later', async (disk, directory) => {
    const file = disk.openSync(`${directory}/file`, 'create');
    file.writeSync([Buffer.from('abc')], 0);
    file.closeSync();
    file.closeSync();
    await file.close();
    assert.throws(() => file.sizeSync(), hasCode('EBADF'));
    await rejects(file.write([Buffer.from('x')], 0), 'EBADF');
    assert.equal((await disk.readFile(`${directory}/file`)).toString(), 'abc');
  });
}

function fileTests(test: Test): void {
  test('writes chunks one after another and reads them back anywhere', async (disk, directory) => {
    await using(disk, `${directory}/file`, 'create', async (file) => {
      await file.write([Buffer.from('abc'), Buffer.alloc(0), Buffer.from('defg')], 2);
      file.writeSync([Buffer.from('XY'), Buffer.from('Z')], 0);
      assert.equal(file.sizeSync(), 9);
      const target = Buffer.alloc(12, '.');
      assert.equal(await file.read(target, 1, 10, 0), 9);
      assert.equal(target.toString(), '.XYZbcdefg..');
      assert.equal(file.readSync(target, 0, 2, 7), 2);
      assert.equal(target.toString(), 'fgYZbcdefg..');
      assert.equal(file.readSync(target, 0, 2, 9), 0);
      assert.equal(await file.read(target, 0, 2, 100), 0);
    });
  });

  test('writes more chunks at once than one system call takes', async (disk, directory) => {
    const chunks = Array.from({ length: 3000 }, (_, index) =>
      Buffer.from([index & 0xff, index >> 8]),
    );
    const expected = Buffer.concat(chunks);
    await using(disk, `${directory}/file`, 'create', async (file) => {
      await file.write(chunks, 0);
      file.writeSync(chunks, expected.byteLength);
    });
    const content = await disk.readFile(`${directory}/file`);
    assert.ok(content.equals(Buffer.concat([expected, expected])));
  });

  test('fills a gap before a write with zeros', async (disk, directory) => {
    await using(disk, `${directory}/file`, 'create', (file) => file.write([Buffer.of(7)], 3));
    assert.deepEqual([...(await disk.readFile(`${directory}/file`))], [0, 0, 0, 7]);
  });

  test('truncates, and extends with zeros', async (disk, directory) => {
    await using(disk, `${directory}/file`, 'create', async (file) => {
      await file.write([Buffer.from('abcdef')], 0);
      await file.truncate(2);
      await file.truncate(4);
      await file.sync();
    });
    assert.equal((await disk.readFile(`${directory}/file`)).toString(), 'ab\0\0');
  });

  test('runs overlapping calls on one file', async (disk, directory) => {
    await using(disk, `${directory}/file`, 'create', async (file) => {
      const writes = Array.from({ length: 32 }, (_, index) =>
        file.write([Buffer.of(index)], index),
      );
      await Promise.all([...writes, file.sync(), file.sync()]);
      const target = Buffer.alloc(32);
      assert.equal(await file.read(target, 0, 32, 0), 32);
      assert.deepEqual([...target], [...Array(32).keys()]);
    });
  });
}

function linkTests(test: Test): void {
  test('gives a file a second name for the same bytes', async (disk, directory) => {
    const [first, second] = [`${directory}/first`, `${directory}/below/second`];
    await disk.makeDirectory(`${directory}/below`);
    await disk.writeFileAtomic(first, Buffer.from('abc'));
    await disk.link(first, second);
    await using(disk, second, 'read-write', (file) => file.write([Buffer.from('X')], 1));
    assert.equal((await disk.readFile(first)).toString(), 'aXc');
    await disk.remove(first);
    assert.equal((await disk.readFile(second)).toString(), 'aXc');
    assert.deepEqual(await disk.list(directory), ['below']);
  });

  test('replaces one name of a file and leaves the other', async (disk, directory) => {
    const [first, second] = [`${directory}/first`, `${directory}/second`];
    await disk.writeFileAtomic(first, Buffer.from('old'));
    await disk.link(first, second);
    await disk.writeFileAtomic(first, Buffer.from('new'));
    assert.equal((await disk.readFile(second)).toString(), 'old');
    assert.equal((await disk.readFile(first)).toString(), 'new');
  });

  test('links neither over a name, nor what is not there, nor directories', async (disk, directory) => {
    const [first, second] = [`${directory}/first`, `${directory}/second`];
    await disk.writeFileAtomic(first, Buffer.from('1'));
    await disk.writeFileAtomic(second, Buffer.from('2'));
    await rejects(disk.link(first, second), 'EEXIST');
    await rejects(disk.link(`${directory}/missing`, `${directory}/third`), 'ENOENT');
    await rejects(disk.link(first, `${directory}/missing/third`), 'ENOENT');
    await rejects(disk.link(directory, `${directory}/third`), 'EPERM');
    assert.equal((await disk.readFile(second)).toString(), '2');
  });
}

function namespaceTests(test: Test): void {
  test('replaces a file as a whole and leaves no temporary name', async (disk, directory) => {
    const path = `${directory}/file`;
    await disk.writeFileAtomic(path, Buffer.from('a long first content'));
    await Promise.all([
      disk.writeFileAtomic(path, Buffer.from('second')),
      disk.writeFileAtomic(path, Buffer.from('second')),
    ]);
    assert.equal((await disk.readFile(path)).toString(), 'second');
    assert.deepEqual(await disk.list(directory), ['file']);
  });

  test('makes parents, lists sorted names and tells files from directories', async (disk, directory) => {
    await disk.makeDirectory(`${directory}/b/c`);
    await disk.makeDirectory(`${directory}/b/c`);
    await disk.writeFileAtomic(`${directory}/a`, Buffer.from('12345'));
    await disk.syncDirectory(directory);
    assert.deepEqual(await disk.list(directory), ['a', 'b']);
    assert.equal((await disk.stat(`${directory}/b/c`))?.kind, 'directory');
    const stat = await disk.stat(`${directory}/a`);
    assert.equal(stat?.kind, 'file');
    assert.equal(stat.sizeBytes, 5);
    assert.ok(Number.isInteger(stat.modifiedMs));
    await rejects(disk.list(`${directory}/nothing`), 'ENOENT');
  });

  test('renames over an existing file; an open file stays readable', async (disk, directory) => {
    await disk.writeFileAtomic(`${directory}/old`, Buffer.from('old'));
    await disk.writeFileAtomic(`${directory}/new`, Buffer.from('new'));
    await using(disk, `${directory}/old`, 'read', async (file) => {
      await disk.rename(`${directory}/new`, `${directory}/old`);
      const target = Buffer.alloc(3);
      assert.equal(file.readSync(target, 0, 3, 0), 3);
      assert.equal(target.toString(), 'old');
    });
    assert.deepEqual(await disk.list(directory), ['old']);
    assert.equal((await disk.readFile(`${directory}/old`)).toString(), 'new');
    await rejects(disk.rename(`${directory}/nothing`, `${directory}/x`), 'ENOENT');
  });

  test('removes files, whole directories, and what is not there', async (disk, directory) => {
    await disk.makeDirectory(`${directory}/tree/deep`);
    await disk.writeFileAtomic(`${directory}/tree/deep/file`, Buffer.from('x'));
    await using(disk, `${directory}/tree/deep/file`, 'read', async (file) => {
      await disk.remove(`${directory}/tree`);
      assert.equal(file.readSync(Buffer.alloc(1), 0, 1, 0), 1);
    });
    await disk.remove(`${directory}/tree`);
    assert.deepEqual(await disk.list(directory), []);
  });

  test('knows how much room is left', async (disk, directory) => {
    assert.ok((await disk.freeBytes(directory)) > 0);
    assert.ok((await disk.totalBytes(directory)) >= (await disk.freeBytes(directory)));
  });
}

function lockTests(test: Test): void {
  test('gives a directory to one holder at a time', async (disk, directory) => {
    const held = await disk.lock(directory);
    await assert.rejects(disk.lock(directory), (error: Error & { holderPid?: number }) => {
      assert.equal(errorCode(error), 'ELOCKED');
      assert.equal(error.holderPid, process.pid);
      return true;
    });
    await held.release();
    await held.release();
    const again = await disk.lock(directory);
    await held.release(); // an old hold does not free a new one
    await rejects(disk.lock(directory), 'ELOCKED');
    await again.release();
    assert.deepEqual(await disk.list(directory), []);
  });

  test('gives a contested directory to exactly one', async (disk, directory) => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => disk.lock(directory)));
    const held = results.filter((result) => result.status === 'fulfilled');
    assert.equal(held.length, 1);
    for (const { value } of held) await value.release();
  });
}

async function using(
  disk: Disk,
  path: string,
  mode: OpenMode,
  body: (file: DiskFile) => Promise<void>,
): Promise<void> {
  const file = await disk.open(path, mode);
  try {
    await body(file);
  } finally {
    await file.close();
  }
}

function rejects(promise: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(promise, hasCode(code));
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.equal(errorCode(error), code);
    return true;
  };
}
