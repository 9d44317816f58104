// The machine dies at each disk operation of the job `snapshot`: what is listed afterwards is whole, the original has all its records,
// the next snapshot works. A disk that forgets to make its bytes durable shows that the proof can fail.
import { LogManager, logSettings } from '@drave/log';
import { memoryDisk, memoryPlatform, type Disk, type DiskOperation } from '@drave/platform';
import { buildBatch } from '@drave/protocol';
import { expect, it } from 'vitest';
import { Snapshots, type SnapshotsOptions } from '../src/jobs/snapshots.js';

const place = { topic: 't', partition: 0 };
const topicId = '5c1f8b1e-6a44-4a5e-9d0e-0d0f2d1f9a11';
const records = 12;

async function open(disk: Disk, directory: string): Promise<LogManager> {
  const platform = { ...memoryPlatform(), disk };
  return LogManager.open({ platform, directory, flush: 'group', nodeId: 1 });
}

function snapshotsOf(disk: Disk, logs: LogManager): Snapshots {
  const maintenance: Pick<LogManager, 'snapshot'> = {
    snapshot: (target, onProgress) => logs.snapshot(target, onProgress),
  };
  const broker = { clusterId: 'c', nodeId: 1, maintenance };
  const platform = { ...memoryPlatform(), disk };
  return new Snapshots({
    ...{ platform, directory: '/copies' },
    broker: broker as unknown as SnapshotsOptions['broker'],
  });
}

const job = { progress: async () => undefined, log: async () => undefined };

interface Outcome {
  readonly operations: number;
  readonly listed: number;
  /** Listed snapshots that do not open with all records. */
  readonly broken: number;
}

/** Lets the machine die at the `dieAt`th change of the disk by the second snapshot. */
async function run(seed: number, dieAt: number, isForgetful = false): Promise<Outcome> {
  let [operations, left] = [0, Infinity];
  const died = Promise.withResolvers<void>();
  const observe = (operation: DiskOperation): void => {
    if (operation === 'read' || operation === 'list') return;
    operations += 1;
    left -= 1;
    if (left !== 0) return;
    disk.crash();
    disk.retire();
    died.resolve();
    throw Object.assign(new Error('EIO: the power is off'), { code: 'EIO' });
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const disk = memoryDisk({ seed, observe, settle });
  const used: Disk = isForgetful ? forgetful(disk) : disk;
  const logs = await open(used, '/data');
  const log = logs.create(place, { topicId, settings: logSettings({ segmentBytes: 300 }) });
  for (let n = 0; n < records; n += 1) {
    const value = Buffer.from(`v${n}`);
    const batch = buildBatch([{ key: null, value, timestamp: 1 }]);
    await log.appendAsLeader(batch, { leaderEpoch: 0, nowMs: 1, origin: 'client' }).written;
  }
  const snapshots = snapshotsOf(used, logs);
  [operations, left] = [0, dieAt];
  await Promise.race([snapshots.create(job).catch(() => undefined), died.promise]);
  left = Infinity;
  if (Number.isFinite(dieAt)) disk.crash();
  else await logs.close();
  const counted = operations;
  const after = disk.successor();
  const again = await open(after, '/data');
  if (!isForgetful) expect(again.get(place)?.logEndOffset).toBe(records);
  const now = snapshotsOf(after, again);
  const listed = await now.list();
  let broken = 0;
  for (const { id } of listed) broken += Number(!(await isWhole(after, `/copies/${id}/broker`)));
  await now.create(job);
  expect((await after.list('/copies')).every((name) => !name.startsWith('.'))).toBe(true);
  return { operations: counted, listed: listed.length, broken };
}

async function isWhole(disk: Disk, directory: string): Promise<boolean> {
  try {
    const logs = await open(disk, directory);
    const end = logs.get(place)?.logEndOffset;
    await logs.close();
    return end === records;
  } catch {
    return false;
  }
}

/** As a disk that does not make the bytes of copies durable when it is told to. */
function forgetful(disk: Disk): Disk {
  return overlay(disk, {
    open: async (path, mode) => {
      const file = await disk.open(path, mode);
      return path.startsWith('/copies') ? overlay(file, { sync: async () => undefined }) : file;
    },
    syncDirectory: async () => undefined,
  });
}

function overlay<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get(whole, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name) as unknown;
      const member: unknown = Reflect.get(whole, name, whole);
      return typeof member === 'function' ? (member.bind(whole) as unknown) : member;
    },
  });
}

it('is whole or not there, whenever the machine dies', async () => {
  const { operations } = await run(1, Infinity);
  expect(operations).toBeGreaterThan(20);
  let listed = 0;
  // Each fourth, for time.
  for (let dieAt = 1; dieAt <= operations; dieAt += 4) {
    const outcome = await run(dieAt, dieAt);
    expect({ dieAt, ...outcome }).toMatchObject({ broken: 0 });
    listed += outcome.listed;
  }
  expect(listed).toBeGreaterThan(0);
}, 60_000);

it('would not be, were its bytes not made durable', async () => {
  let broken = 0;
  for (let seed = 1; seed <= 20 && broken === 0; seed += 1) {
    broken += (await run(seed, 1_000_000, true)).broken;
  }
  expect(broken).toBeGreaterThan(0);
}, 60_000);
