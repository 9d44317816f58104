// Records that wait long do not hold the delay topic's log: they are copied to its end. The machine dies at each disk operation, at
// times the checkpoint is lost too; each record is still delivered once, not early, not when cancelled. Twins make one mistake each.
import { LogManager, type PartitionLog } from '@drave/log';
import {
  manualClock,
  memoryDisk,
  memoryPlatform,
  SeededRandom,
  type DiskOperation,
  type ManualClock,
  type MemoryDisk,
  type Platform,
} from '@drave/platform';
import { buildBatch, forEachBatch, forEachRecord, type KafkaRecord } from '@drave/protocol';
import { Partition } from '@drave/replication';
import { describe, expect, it } from 'vitest';
import { DelayCheckpointFile } from '../src/delay/delay-checkpoint.js';
import { DelayedPartition } from '../src/delay/delayed-partition.js';
import { deliverAtMs } from '../src/delay/deliver-at.js';
import { PendingOffsets } from '../src/delay/pending-offsets.js';

const farMs = 10_000_000;
const topicId = '5c1f8b1e-6a44-4a5e-9d0e-0d0f2d1f9a11';
/** Cuts the log at what was read; forgets where copies lie; takes a copy for a new record; parks nothing. */
type Twin = 'cuts-waiting' | 'forgets-places' | 'copies-are-new' | 'parks-nothing';

interface Life {
  readonly logs: LogManager;
  readonly source: Partition;
  readonly target: Partition;
  readonly delayed: DelayedPartition;
}

interface World {
  readonly clock: ManualClock;
  readonly twin: Twin | undefined;
  disk: MemoryDisk;
  /** Counts down with each operation that changes something; the machine dies at 0. */
  operationsLeft: number;
  isDead: boolean;
  operations: number;
}

interface Ledger {
  next: number;
  readonly confirmed: Map<number, { readonly offset: number; readonly dueMs: number }>;
  readonly cancelled: Set<number>;
  /** What became of these cancellations is not known. */
  readonly unsure: Set<number>;
  parked: number;
  early: number;
}

function newWorld(seed: number, twin: Twin | undefined): World {
  const clock = manualClock({ startMs: 1_000_000 });
  const observe = (operation: DiskOperation): void => {
    if (operation === 'read' || operation === 'list') return;
    world.operations += 1;
    world.operationsLeft -= 1;
    if (world.operationsLeft !== 0) return;
    world.isDead = true;
    world.disk.crash();
    world.disk.retire();
    throw Object.assign(new Error('EIO: the power is off'), { code: 'EIO' });
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const disk = memoryDisk({ seed, observe, settle });
  const life = { operationsLeft: Infinity, isDead: false, operations: 0 };
  const world: World = { clock, twin, disk, ...life };
  return world;
}

async function open(world: World): Promise<Life> {
  const { clock, disk, twin } = world;
  const platform: Platform = { ...memoryPlatform({ clock }), disk };
  const options = { platform, directory: '/d', flush: 'group', nodeId: 1 } as const;
  const logs = await ticking(world, LogManager.open(options));
  const partition = (topic: string, id: string): Partition => {
    const log =
      logs.get({ topic, partition: 0 }) ?? logs.create({ topic, partition: 0 }, { topicId: id });
    return new Partition({ log, replicas: [1], leaderEpoch: 0 });
  };
  const source = partition('waiting', topicId);
  const target = partition('t', topicId.replace('5', '6'));
  const checkpoint = new DelayCheckpointFile(disk, '/delay', { topicId, partition: 0 });
  const delayed = new DelayedPartition({
    ...platform,
    source: mistaken(source, twin),
    target,
    checkpoint: twin === 'forgets-places' ? forgetful(checkpoint) : checkpoint,
    codecOf: (codec) => codec,
    roomy: { records: twin === 'parks-nothing' ? Infinity : 20, bytes: Infinity },
  });
  await ticking(world, delayed.start());
  return { logs, source, target, delayed };
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

function mistaken(source: Partition, twin: Twin | undefined): Partition {
  if (twin === 'cuts-waiting') {
    return overlay(source, {
      deleteRecordsBefore: () => source.deleteRecordsBefore(source.highWatermark),
    });
  }
  if (twin !== 'copies-are-new') return source;
  const read: PartitionLog['read'] = async (options) => {
    const result = await source.log.read(options);
    const records = Buffer.from(result.records);
    forEachBatch(records, (_batch, at) => void records.writeInt16BE(-1, at + 51));
    return { ...result, records };
  };
  return overlay(source, { log: overlay(source.log, { read }) });
}

function forgetful(file: DelayCheckpointFile): DelayCheckpointFile {
  return overlay(file, {
    write: async (written) => {
      const { due, offsets } = written.pending.dump();
      const pending = new PendingOffsets();
      for (const [index, offset] of offsets.entries()) pending.add(offset, due[index] ?? 0);
      await file.write({ ...written, pending });
    },
  });
}

async function turns(world: World, count = 25): Promise<void> {
  for (let turn = 0; turn < count && !world.isDead; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    await world.clock.advance(0);
  }
}

/** Waits until it is true or the machine is dead. */
async function until(world: World, isDone: () => boolean): Promise<void> {
  for (let round = 0; round < 4_000 && !isDone() && !world.isDead; round += 1)
    await turns(world, 1);
}

/** What waits for timers. */
async function ticking<Result>(world: World, work: Promise<Result>): Promise<Result> {
  let isDone = false;
  const watched = work.finally(() => (isDone = true));
  await until(world, () => isDone);
  return watched;
}

async function recordsOf({ log }: Partition): Promise<KafkaRecord[]> {
  const found: KafkaRecord[] = [];
  let offset = log.logStartOffset;
  while (offset < log.durableOffset) {
    const range = { offset, maxBytes: 1_000_000, boundOffset: log.durableOffset };
    const { records } = await log.read({ ...range, minOneBatch: true });
    const before = offset;
    forEachBatch(records, (batch) => {
      forEachRecord(batch, (record) => {
        if (record.offset >= before) found.push(record);
      });
      offset = batch.lastOffset + 1;
    });
    if (offset === before) break;
  }
  return found;
}

async function send(world: World, { source }: Life, ledger: Ledger, dueMs: number): Promise<void> {
  const number = ledger.next++;
  const headers = [{ key: 'drave-deliver-at', value: Buffer.from(String(dueMs)) }];
  const nowMs = world.clock.nowMs();
  const record = { key: null, value: Buffer.from(String(number)), headers, timestamp: nowMs };
  const { lastOffset } = source.append(buildBatch([record]), { nowMs, origin: 'client' });
  let isThere: boolean | undefined;
  source.whenCommitted(lastOffset, (error) => (isThere = error === undefined));
  await until(world, () => isThere !== undefined);
  if (isThere) ledger.confirmed.set(number, { offset: lastOffset, dueMs });
}

/** By a record, as any client may; the answer of the broker's own call comes the same way. */
async function cancel(world: World, life: Life, ledger: Ledger, number: number): Promise<void> {
  const offset = ledger.confirmed.get(number)?.offset ?? -1;
  if (!life.delayed.isPending(offset)) return;
  const nowMs = world.clock.nowMs();
  const headers = [{ key: 'drave-cancel', value: Buffer.from(String(offset)) }];
  const batch = buildBatch([{ key: null, value: null, headers, timestamp: nowMs }]);
  ledger.unsure.add(number);
  const { lastOffset } = life.source.append(batch, { nowMs, origin: 'client' });
  let isThere = false;
  life.source.whenCommitted(lastOffset, (error) => (isThere = error === undefined));
  await until(world, () => isThere);
  if (!isThere || world.isDead) return;
  life.delayed.cancel(offset, lastOffset);
  // Far ones only: not on its way.
  ledger.cancelled.add(number);
  ledger.unsure.delete(number);
}

async function live(
  world: World,
  ledger: Ledger,
  random: SeededRandom,
  dieAt = Infinity,
): Promise<void> {
  const life = await open(world);
  world.operations = 0;
  world.operationsLeft = dieAt;
  try {
    await act(world, life, ledger, random);
  } catch (error) {
    if (!world.isDead) throw error;
  }
  world.operationsLeft = Infinity;
  if (world.isDead) return end(life, world);
  await look(world, life, ledger);
  await life.delayed.stop();
  await life.logs.close();
}

async function act(world: World, life: Life, ledger: Ledger, random: SeededRandom): Promise<void> {
  const { clock } = world;
  for (let action = 0; action < 60 && !world.isDead; action += 1) {
    const isFar = action % 12 === 0;
    await send(world, life, ledger, clock.nowMs() + (isFar ? farMs : random.nextInt(1_500)));
    if (action % 20 === 10) {
      const far = [...ledger.confirmed].filter(([, { dueMs }]) => dueMs > clock.nowMs() + 60_000);
      const [number] = far[random.nextInt(Math.max(1, far.length))] ?? [];
      const open = number !== undefined && !ledger.unsure.has(number);
      if (open) await cancel(world, life, ledger, number);
    }
    if (action % 15 === 14) await clock.advance(31_000);
    await turns(world, 3);
  }
  await turns(world, 100);
}

async function look(world: World, { source, target }: Life, ledger: Ledger): Promise<void> {
  ledger.parked += (await recordsOf(source)).filter(({ headers }) =>
    headers.some(({ key }) => key === 'drave-parked'),
  ).length;
  for (const record of await recordsOf(target)) {
    if ((deliverAtMs(record) ?? 0) > world.clock.nowMs()) ledger.early += 1;
  }
}

/** What the dead process still tries reaches nothing. */
function end({ delayed }: Life, world: World): void {
  void delayed.stop().catch(() => undefined);
  world.disk = world.disk.successor();
  world.isDead = false;
}

interface Verdict {
  readonly lost: number;
  readonly twice: number;
  readonly early: number;
  readonly cancelledDelivered: number;
  readonly parked: number;
  readonly logHeld: number;
  readonly operations: number;
}

async function run(
  seed: number,
  options: { readonly dieAt?: number; readonly twin?: Twin; readonly losesCheckpoint?: boolean },
): Promise<Verdict> {
  const random = new SeededRandom(seed);
  const world = newWorld(seed, options.twin);
  const ledger: Ledger = {
    next: 0,
    confirmed: new Map(),
    cancelled: new Set(),
    unsure: new Set(),
    parked: 0,
    early: 0,
  };
  await live(world, ledger, random);
  await live(world, ledger, random, options.dieAt);
  const { operations } = world;
  if (options.losesCheckpoint) {
    const path = `/delay/${topicId}-0.delay`;
    await world.disk.remove(path).catch(() => undefined);
  }
  await live(world, ledger, random);
  const life = await open(world);
  await until(world, () => life.delayed.pendingCount > 0);
  await turns(world, 50);
  const logHeld = life.source.logEndOffset - life.source.logStartOffset;
  await look(world, life, ledger);
  await world.clock.advance(2 * farMs);
  await until(world, () => life.delayed.pendingCount === 0);
  await turns(world, 50);
  const times = new Map<number, number>();
  for (const { value } of await recordsOf(life.target)) {
    const number = Number(value?.toString());
    times.set(number, (times.get(number) ?? 0) + 1);
  }
  await life.delayed.stop();
  const count = (isOne: (number: number) => boolean): number =>
    Array.from({ length: ledger.next }, (_, number) => number).filter(isOne).length;
  const isWanted = (number: number): boolean =>
    ledger.confirmed.has(number) && !ledger.cancelled.has(number) && !ledger.unsure.has(number);
  return {
    lost: count((number) => isWanted(number) && !times.has(number)),
    twice: count((number) => (times.get(number) ?? 0) > 1),
    early: ledger.early,
    cancelledDelivered: count((number) => ledger.cancelled.has(number) && times.has(number)),
    parked: ledger.parked,
    logHeld,
    operations,
  };
}

const flawless = { lost: 0, twice: 0, early: 0, cancelledDelivered: 0 };

describe('records that wait long', () => {
  it('are parked, so that the log is cut', async () => {
    const verdict = await run(1, {});
    expect(verdict).toMatchObject(flawless);
    expect(verdict.parked).toBeGreaterThan(5);
    const twin = await run(1, { twin: 'parks-nothing' });
    expect(twin).toMatchObject({ ...flawless, parked: 0 });
    expect(verdict.logHeld).toBeLessThan(twin.logHeld / 2);
  });

  it('are delivered once whenever the machine dies', async () => {
    const { operations } = await run(2, {});
    expect(operations).toBeGreaterThan(50);
    // Some of them, for time.
    const step = Math.max(1, Math.floor(operations / 14));
    for (let dieAt = 1, turn = 0; dieAt <= operations; dieAt += step, turn += 1) {
      const losesCheckpoint = turn % 2 === 1;
      const verdict = await run(2, { dieAt, losesCheckpoint });
      expect({ dieAt, losesCheckpoint, ...verdict }).toMatchObject(flawless);
    }
  }, 120_000);

  it.each(['cuts-waiting', 'forgets-places', 'copies-are-new'] as const)(
    'go wrong when the broker %s',
    async (twin) => {
      const { lost, twice } = await run(3, { twin });
      expect(lost + twice).toBeGreaterThan(0);
    },
  );
});
