// Crash enumeration in the memory disk: a log is written and acknowledged, then its files are left as a crash or a bad disk may leave
// them, and opened again. States: the last batch torn at every byte with three tails for every codec; every side file torn likewise;
// every bit of batch headers flipped; the n-th disk operation failing; power losses in random short workloads.
// Protects: a state is judged against what was written alone; damage excuses only the batches it may touch.
// `--every-byte`: all bytes and bits instead of every 16th; `--random N` power losses; `--seed N`. Leaves out: several partitions.

import { LogManager, logSettings, type PartitionLog } from '@drave/log';
import {
  type DiskOperation,
  memoryDisk,
  type MemoryDisk,
  nodePlatform,
  type Platform,
  SeededRandom,
  silentLogger,
} from '@drave/platform';
import { type CompressionCodec, forEachBatch, RecordBatchBuilder } from '@drave/protocol';
import { numberOption, type Proof } from './proof.ts';

const tp = { topic: 'numbers', partition: 0 };
const topicId = '5c1f8b1e-6a44-4a5e-9d0e-0d0f2d1f9a11';
const folder = '/data/numbers-0';
const codecs: readonly CompressionCodec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const operations: readonly DiskOperation[] = ['write', 'sync', 'rename', 'open', 'sync-directory'];
const headerBits = 61 * 8;

type Image = ReadonlyMap<string, Buffer>;
type Written = ReadonlyMap<number, string>;

/** What was counted, and the first wrong states in words. */
class Tally {
  states = 0;
  wrong = 0;
  lost = 0;
  served = 0;
  refused = 0;

  /** Counts one wrong state under `kind` and tells the first ones. */
  miss(kind: 'wrong' | 'lost' | 'served', state: string, detail: string): void {
    this[kind]++;
    if (this.wrong + this.lost + this.served <= 10) console.error(`${kind}: ${state}: ${detail}`);
  }
}

interface Case {
  readonly state: string;
  readonly image: Image;
  readonly written: Written;
  /** Offsets that the damage may have taken. */
  readonly mayMiss: (offset: number) => boolean;
  /** The directory may be refused: its identity is damaged. */
  readonly mayRefuse?: boolean;
}

export async function prove(options: readonly string[]): Promise<Proof> {
  const seed = numberOption(options, '--seed', 1);
  const step = options.includes('--every-byte') ? 1 : 16;
  const randoms = numberOption(options, '--random', step === 1 ? 90_000 : 500);
  const tally = new Tally();
  for (const codec of codecs) {
    await tornBatches(tally, codec, step);
    await flippedHeaders(tally, codec, step);
  }
  await tornSideFiles(tally, step);
  await failingOperations(tally, step);
  const random = new SeededRandom(seed);
  for (let at = 0; at < randoms; at++) await powerLoss(tally, random, at);
  const { states, wrong, lost, served, refused } = tally;
  return {
    figure: { states, wrong, lost, served, refused },
    bar: `wrong=0 lost=0 served=0${step === 1 ? ', at least 100,000 states' : ''}`,
    pass: wrong + lost + served === 0 && (step > 1 || states >= 100_000),
    seed,
  };
}

function platformOn(disk: MemoryDisk): Platform {
  return { ...nodePlatform(), disk, logger: silentLogger };
}

function open(disk: MemoryDisk): Promise<LogManager> {
  const maintenance = { scrubIntervalMs: 0, cleanerEnabled: false };
  const options = { directory: '/data', flush: 'group', nodeId: 1, maintenance } as const;
  return LogManager.open({ ...options, platform: platformOn(disk), tailCacheBytes: 0 });
}

function create(manager: LogManager, segmentBytes: number): PartitionLog {
  return manager.create(tp, { topicId, settings: logSettings({ segmentBytes }) });
}

async function append(log: PartitionLog, value: string, codec: CompressionCodec, sequence = -1) {
  const producer = sequence < 0 ? {} : { producerId: 7, producerEpoch: 0, baseSequence: sequence };
  const builder = new RecordBatchBuilder({ codec, ...producer });
  builder.append({ key: null, value: Buffer.from(value), timestamp: 1_700_000_000_000 });
  const leaderEpoch = Math.max(0, log.logEndOffset >> 1);
  const records = Buffer.from(builder.build());
  const appended = log.appendAsLeader(records, {
    leaderEpoch,
    nowMs: 1_700_000_000_000,
    origin: 'client',
  });
  await appended.written;
  return appended.baseOffset;
}

/** Every file of `disk`. */
async function imageOf(disk: MemoryDisk): Promise<Map<string, Buffer>> {
  const image = new Map<string, Buffer>();
  for (const directory of ['/data', folder]) {
    for (const name of await disk.list(directory)) {
      const path = `${directory}/${name}`;
      if (name === '.lock' || (await disk.stat(path))?.kind !== 'file') continue;
      image.set(path, await disk.readFile(path));
    }
  }
  return image;
}

async function diskOf(image: Image): Promise<MemoryDisk> {
  const disk = memoryDisk();
  await disk.makeDirectory(folder);
  for (const [path, bytes] of image) {
    const file = await disk.open(path, 'create');
    await file.write([bytes], 0);
    await file.sync();
    await file.close();
  }
  for (const directory of ['/', '/data', folder]) await disk.syncDirectory(directory);
  return disk;
}

/** A log with `count` acknowledged batches; `isClean`: closed, else its process ended. */
async function written(
  codec: CompressionCodec,
  shape: { readonly count: number; readonly segmentBytes: number; readonly isClean: boolean },
): Promise<{ image: Map<string, Buffer>; values: Map<number, string> }> {
  const disk = memoryDisk();
  const manager = await open(disk);
  const log = create(manager, shape.segmentBytes);
  const values = new Map<number, string>();
  for (let at = 0; at < shape.count; at++) {
    const value = `${at}:${'abcdefghij'.repeat(12)}`;
    values.set(await append(log, value, codec, at), value);
  }
  await log.scrub();
  if (shape.isClean) await manager.close();
  else disk.crash();
  return { image: await imageOf(disk), values };
}

async function judge(tally: Tally, which: Case): Promise<void> {
  tally.states++;
  const disk = await diskOf(which.image);
  let manager: LogManager;
  try {
    manager = await open(disk);
  } catch (error) {
    tally.refused++;
    if (which.mayRefuse !== true) tally.miss('wrong', which.state, `refused: ${String(error)}`);
    return;
  }
  const log = manager.get(tp);
  if (log === undefined) {
    if (!which.mayMiss(0)) tally.miss('lost', which.state, 'the log is gone');
  } else {
    await compare(tally, which, log);
  }
  await manager.close().catch((error: unknown) => {
    tally.miss('wrong', which.state, `close: ${String(error)}`);
  });
}

/** Reads offset by offset: what comes must be what was written, what does not come must be excused. */
async function compare(tally: Tally, which: Case, log: PartitionLog): Promise<void> {
  const { state } = which;
  const seen = new Map<number, string>();
  for (let offset = log.logStartOffset; offset < log.logEndOffset; offset++) {
    try {
      const bound = log.logEndOffset;
      const { records } = await log.read({ offset, maxBytes: 1, boundOffset: bound });
      forEachBatch(records, (batch) => {
        if (!batch.crcIsValid()) tally.miss('served', state, `bad checksum at ${offset}`);
        else for (const record of batch.records()) seen.set(record.offset, String(record.value));
      });
    } catch (error) {
      if (!/CORRUPT_MESSAGE|KAFKA_STORAGE_ERROR/.test(String(error))) {
        tally.miss('wrong', state, `offset ${offset}: ${String(error)}`);
      }
    }
  }
  for (const [offset, value] of seen) {
    if (which.written.get(offset) !== value) tally.miss('served', state, `offset ${offset}`);
  }
  for (const offset of which.written.keys()) {
    if (!seen.has(offset) && !which.mayMiss(offset)) tally.miss('lost', state, `offset ${offset}`);
  }
}

/** `bytes` as they may be when only those before `from` reached the disk. */
function tails(bytes: Buffer, from: number): Buffer[] {
  const kept = bytes.subarray(0, from);
  const rest = bytes.length - from;
  return [
    kept,
    Buffer.concat([kept, Buffer.alloc(rest)]),
    Buffer.concat([kept, Buffer.alloc(rest + 40, 0xa7)]),
  ];
}

function lastLog(image: Image): string {
  return (
    [...image.keys()]
      .filter((path) => path.endsWith('.log'))
      .sort()
      .at(-1) ?? ''
  );
}

async function tornBatches(tally: Tally, codec: CompressionCodec, step: number): Promise<void> {
  const shape = { count: 3, segmentBytes: 1_000_000, isClean: false };
  const { image, values } = await written(codec, shape);
  const path = lastLog(image);
  const bytes = image.get(path) ?? Buffer.alloc(0);
  for (let from = 0; from < bytes.length; from += step) {
    const batch = batchAt(bytes, from);
    for (const [index, tail] of tails(bytes, from).entries()) {
      const torn = new Map(image).set(path, tail);
      const state = `${codec} torn at ${from}, tail ${index}`;
      const mayMiss = (offset: number): boolean => offset >= batch;
      await judge(tally, { state, image: torn, written: values, mayMiss });
    }
  }
}

/** The number of the batch that holds byte `position`. */
function batchAt(bytes: Buffer, position: number): number {
  let batch = 0;
  for (let end = 12 + bytes.readInt32BE(8); end <= position; batch++) {
    end += 12 + bytes.readInt32BE(end + 8);
  }
  return batch;
}

/** Sealed and growing segments, after a clean stop and after a crash. */
async function flippedHeaders(tally: Tally, codec: CompressionCodec, step: number): Promise<void> {
  for (const isClean of [true, false]) {
    const { image, values } = await written(codec, { count: 6, segmentBytes: 450, isClean });
    const sealed = [...image.keys()].filter((path) => image.has(path.replace('.log', '.seal')));
    for (const path of sealed.filter((name) => name.endsWith('.log'))) {
      const bytes = image.get(path) ?? Buffer.alloc(0);
      const base = Number(/(\d+)\.log$/.exec(path)?.[1]);
      const next = sealed.map((name) => Number(/(\d+)\.log$/.exec(name)?.[1] ?? Number.NaN));
      const end = Math.min(...next.filter((other) => other > base), values.size);
      for (let bit = 0; bit < Math.min(headerBits, bytes.length * 8); bit += step) {
        const damaged = Buffer.from(bytes);
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const state = `${codec} ${isClean ? 'clean' : 'crashed'} ${path} bit ${bit}`;
        const mayMiss = (at: number): boolean => at >= base && (at < end || !isClean);
        const flipped = new Map(image).set(path, damaged);
        await judge(tally, { state, image: flipped, written: values, mayMiss });
      }
    }
  }
}

/** Nothing but the batches is needed: whatever happens to the other files, all is there. */
async function tornSideFiles(tally: Tally, step: number): Promise<void> {
  for (const isClean of [true, false]) {
    const { image, values } = await written('none', { count: 8, segmentBytes: 450, isClean });
    for (const [path, bytes] of image) {
      if (path.endsWith('.log')) continue;
      const isIdentity = path.endsWith('meta.properties');
      const mayMiss = (): boolean => path.endsWith('partition.metadata');
      for (let from = 0; from < bytes.length; from += step) {
        for (const [index, tail] of tails(bytes, from).entries()) {
          const torn = new Map(image).set(path, tail);
          const state = `${path} torn at ${from}, tail ${index}, clean ${isClean}`;
          const facts = { state, image: torn, written: values, mayMiss };
          await judge(tally, { ...facts, mayRefuse: isIdentity });
        }
      }
      const gone = new Map(image);
      gone.delete(path);
      const state = `${path} missing`;
      await judge(tally, { state, image: gone, written: values, mayMiss, mayRefuse: isIdentity });
    }
  }
}

/** Appends until something fails; nothing may be acknowledged afterwards. */
async function workload(tally: Tally, disk: MemoryDisk, state: string): Promise<Written> {
  const values = new Map<number, string>();
  let hasFailed = false;
  try {
    const manager = await open(disk);
    const log = create(manager, 450);
    for (let at = 0; at < 10; at++) {
      try {
        const value = `${at}:value`;
        values.set(await append(log, value, 'none', at), value);
        if (hasFailed) tally.miss('wrong', state, 'acknowledged after a failure');
      } catch {
        hasFailed = true;
      }
    }
    await manager.close();
  } catch {
    // Refused or failed as a whole: what was acknowledged before counts.
  }
  return values;
}

async function failingOperations(tally: Tally, step: number): Promise<void> {
  for (const operation of operations) {
    for (const code of ['EIO', 'ENOSPC'] as const) {
      for (let nth = 1; nth < 500; nth += step === 1 ? 1 : 3) {
        const disk = memoryDisk({ seed: nth });
        const fault = disk.fail({ operation, nth, code });
        const state = `${operation} ${nth} fails with ${code}`;
        const values = await workload(tally, disk, state);
        if (fault.hitCount === 0) break;
        fault.remove();
        disk.crash();
        await reopen(tally, { disk, values, state });
      }
    }
  }
}

/** A power loss at a random disk operation of a workload; the seed decides what of the unsynced bytes and names is left. */
async function powerLoss(tally: Tally, random: SeededRandom, at: number): Promise<void> {
  const stopAt = 1 + random.nextInt(150);
  let count = 0;
  const disk = memoryDisk({
    seed: at,
    observe: () => {
      count++;
      if (count === stopAt) disk.fail({ operation: 'write', code: 'EIO', isLasting: true });
      if (count === stopAt) disk.fail({ operation: 'sync', code: 'EIO', isLasting: true });
      if (count === stopAt) disk.fail({ operation: 'rename', code: 'EIO', isLasting: true });
      if (count === stopAt)
        disk.fail({ operation: 'sync-directory', code: 'EIO', isLasting: true });
    },
  });
  const state = `power loss ${at} at operation ${stopAt}`;
  const values = await workload(tally, disk, state);
  disk.crash();
  await reopen(tally, { disk, values, state });
}

/** The disk as it is, with whole and unacknowledged batches allowed behind the acknowledged ones. */
async function reopen(
  tally: Tally,
  left: { readonly disk: MemoryDisk; readonly values: Written; readonly state: string },
): Promise<void> {
  const { values, state } = left;
  if ((await left.disk.stat('/data')) === undefined) return void tally.states++;
  const hasLog = (await left.disk.stat(folder)) !== undefined;
  if (!hasLog) {
    tally.states++;
    if (values.size > 0) tally.miss('lost', state, 'the partition is gone');
    return;
  }
  // An append that failed may have been written: its value is known too.
  const all = new Map(values);
  for (let at = 0; at < 10; at++) if (!all.has(at)) all.set(at, `${at}:value`);
  const mayMiss = (offset: number): boolean => !values.has(offset);
  await judge(tally, { state, image: await imageOf(left.disk), written: all, mayMiss });
}
