// The data directory: identity, lock, refusals, clean and unclean starts.

import { writeFile } from 'node:fs/promises';
import { memoryDisk, NodeDisk } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import type { LogManager } from '../src/index.js';
import {
  append,
  batchOf,
  client,
  createLog,
  type LoggedEvent,
  memory,
  openManager,
  platformOn,
  recordingLogger,
  temporaryDirectory,
  topicId,
  tp,
  valuesOf,
} from './log-fixture.js';

async function refusal(opening: Promise<LogManager>): Promise<{ code: unknown; message: string }> {
  try {
    await opening;
  } catch (error) {
    return { code: (error as { code?: unknown }).code, message: (error as Error).message };
  }
  throw new Error('the directory was accepted');
}

describe('a data directory', () => {
  it('keeps its identity', async () => {
    const { platform } = memory();
    const first = await openManager(platform);
    const { clusterId, directoryId } = first;
    expect(clusterId).toMatch(/^[\w-]{22}$/);
    await first.close();
    const second = await openManager(platform, { clusterId });
    expect([second.clusterId, second.directoryId]).toEqual([clusterId, directoryId]);
    await second.close();
  });

  it('is refused to a second process while the first runs', async () => {
    const directory = await temporaryDirectory();
    const platform = platformOn(new NodeDisk());
    const first = await openManager(platform, { directory: directory.path });
    const { code, message } = await refusal(openManager(platform, { directory: directory.path }));
    expect(code).toBe('ERR_LOG_DIRECTORY_IN_USE');
    expect(message).toBe(
      `The data directory ${directory.path} is in use by another process (pid ${process.pid}); stop it or name another directory.`,
    );
    await first.close();
    await (await openManager(platform, { directory: directory.path })).close();
    await directory.remove();
  });

  it('is refused when it holds files of somebody else', async () => {
    const directory = await temporaryDirectory();
    await writeFile(`${directory.path}/holiday.jpg`, 'x');
    const platform = platformOn(new NodeDisk());
    const { code, message } = await refusal(openManager(platform, { directory: directory.path }));
    expect(code).toBe('ERR_LOG_DIRECTORY_FOREIGN');
    expect(message).toBe(
      `The data directory ${directory.path} holds other files (holiday.jpg) but no meta.properties: name an empty directory or one that Drave made.`,
    );
    expect(await new NodeDisk().list(directory.path)).toEqual(['holiday.jpg']);
    await directory.remove();
  });

  it('is refused when another program made it', async () => {
    const { platform, disk } = memory();
    await disk.makeDirectory('/data');
    await disk.writeFileAtomic(
      '/data/meta.properties',
      Buffer.from('#\nversion=1\ncluster.id=abc\nnode.id=1\n'),
    );
    expect((await refusal(openManager(platform))).code).toBe('ERR_LOG_DIRECTORY_FOREIGN');
  });

  it('is refused when its identity is damaged, of another node or of another cluster', async () => {
    const { platform, disk } = memory();
    await (await openManager(platform)).close();
    const other = await refusal(openManager(platform, { nodeId: 2 }));
    expect(other.code).toBe('ERR_LOG_DIRECTORY_IDENTITY');
    expect(other.message).toMatch(/belongs to node 1 of cluster .*, not to node 2;/);
    expect((await refusal(openManager(platform, { clusterId: 'x' }))).code).toBe(
      'ERR_LOG_DIRECTORY_IDENTITY',
    );
    disk.flipBit('/data/meta.properties', 30);
    expect((await refusal(openManager(platform))).message).toMatch(/is damaged/);
  });

  it('is refused when it is a file or cannot be listed', async () => {
    const { platform, disk } = memory();
    await disk.makeDirectory('/x');
    await disk.writeFileAtomic('/x/file', Buffer.from('x'));
    const file = await refusal(openManager(platform, { directory: '/x/file' }));
    expect(file.code).toBe('ERR_LOG_DIRECTORY_UNREADABLE');
    disk.fail({ operation: 'list', code: 'EACCES' });
    const unreadable = await refusal(openManager(platform, { directory: '/x' }));
    expect(unreadable).toEqual({
      code: 'ERR_LOG_DIRECTORY_UNREADABLE',
      message:
        'The data directory /x cannot be read and written (EACCES); check its path, owner and permissions.',
    });
  });
});

describe('a start after a clean stop', () => {
  it('opens no segment file until one is touched', async () => {
    const { platform } = memory();
    const first = await openManager(platform);
    for (let partition = 0; partition < 20; partition++) {
      const log = first.create({ topic: 'flights', partition }, { topicId });
      await append(log, {
        values: [`v${partition}`],
        producerId: 5,
        producerEpoch: 0,
        baseSequence: 0,
      });
    }
    await first.close();
    const second = await openManager(platform);
    expect(second.cleanStart).toBe(true);
    expect([...second.logs()].map((log) => log.logEndOffset)).toEqual(Array(20).fill(1));
    expect(second.openFiles.opens).toBe(0);
    const log = second.get(tp);
    if (!log) throw new Error('log');
    expect(log.topicId).toBe(topicId);
    expect(await valuesOf(log)).toEqual(['0:v0']);
    expect(second.openFiles.opens).toBe(1);
    await second.close();
    const third = await openManager(platform);
    expect([third.cleanStart, third.openFiles.opens]).toEqual([true, 0]);
    await third.close();
  });

  it('goes on appending where it stopped, segments included', async () => {
    const { platform } = memory();
    for (let round = 0; round < 4; round++) {
      const manager = await openManager(platform);
      const log = createLog(manager, { segmentBytes: 256 });
      for (let count = 0; count < 3; count++) await append(log, { values: [`${round}.${count}`] });
      await manager.close();
    }
    const manager = await openManager(platform);
    const log = createLog(manager);
    expect((await valuesOf(log)).map((text) => text.split(':')[1])).toEqual(
      [0, 1, 2, 3].flatMap((round) => [0, 1, 2].map((count) => `${round}.${count}`)),
    );
    await manager.close();
  });

  it('recovers when the process died after it', async () => {
    const { platform, disk } = memory();
    await append(createLog(await openManager(platform)), { values: ['a'] });
    disk.crash();
    const manager = await openManager(platform);
    expect(manager.cleanStart).toBe(false);
    await append(createLog(manager), { values: ['b'] });
    await manager.close();
    await openManager(platform); // takes the marker away
    disk.crash();
    const last = await openManager(platform);
    expect(last.cleanStart).toBe(false);
    expect(await valuesOf(createLog(last))).toEqual(['0:a', '1:b']);
    await last.close();
  });

  it('does not trust a damaged marker', async () => {
    const { platform, disk } = memory();
    const first = await openManager(platform);
    await append(createLog(first), { values: ['a'] });
    await first.close();
    disk.flipBit('/data/.clean-shutdown', 60);
    const second = await openManager(platform);
    expect(second.cleanStart).toBe(false);
    expect(await valuesOf(createLog(second))).toEqual(['0:a']);
    await second.close();
  });

  it('takes a file that changed meanwhile for a failure of the disk', async () => {
    const { platform, disk } = memory();
    const first = await openManager(platform);
    await append(createLog(first));
    await first.close();
    const file = await disk.open(`/data/flights-0/${'0'.repeat(20)}.log`, 'read-write');
    await file.truncate(10);
    const second = await openManager(platform);
    const log = createLog(second);
    await expect(log.read({ offset: 0, maxBytes: 1, boundOffset: 1 })).rejects.toThrow(
      /KAFKA_STORAGE_ERROR/,
    );
    await expect(second.close()).rejects.toThrow();
  });
});

describe('the directory of a partition', () => {
  it('is set aside when its metadata never became durable', async () => {
    const events: LoggedEvent[] = [];
    const disk = memoryDisk();
    const platform = platformOn(disk, recordingLogger(events));
    await (await openManager(platform)).close();
    await disk.remove('/data/.clean-shutdown');
    await disk.makeDirectory('/data/flights-0');
    await disk.makeDirectory('/data/flights-1');
    await disk.writeFileAtomic(`/data/flights-0/${'0'.repeat(20)}.log`, batchOf());
    const manager = await openManager(platform);
    expect(manager.get(tp)).toBeUndefined();
    expect(events.filter((event) => event.event === 'log-stray')).toHaveLength(1);
    const names = await disk.list('/data');
    expect(names.filter((name) => name.endsWith('-stray'))).toHaveLength(1);
    expect(names).not.toContain('flights-1');
    await append(createLog(manager));
    await manager.close();
  });

  it('belongs to one topic id', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager);
    expect(createLog(manager)).toBe(log);
    expect(() => manager.create(tp, { topicId: 'another' })).toThrow(/belongs to topic id/);
    await append(log);
    await manager.close();
    expect(() => log.appendAsLeader(batchOf(), client)).toThrow(/NOT_LEADER_OR_FOLLOWER/);
  });
});
