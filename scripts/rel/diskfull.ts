// A disk that fills up, for real: a small tmpfs is mounted, filled by clients until they are refused, then by somebody else to the last
// byte, given back; cycle by cycle. Protects: clients are refused before the disk is full, the coordinator's records have the reserve, on the
// full disk they wait, reads go on, a start opens for reading, segments are sealed later, the directory stays in service, writing resumes by itself, every acknowledged
// record is read back. Without root (or where mounting is not allowed) the same is done on a disk in memory of the same size.
// `--cycles N`, `--memory`: not for real, `--twin NAME`: with a mistake, to see the proof fail.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LogManager, type PartitionLog } from '@drave/log';
import { type Disk, memoryDisk, NodeDisk, nodePlatform, silentLogger } from '@drave/platform';
import { RecordBatchBuilder } from '@drave/protocol';
import { twinOption } from './crash/twins.ts';
import { createLog, openLogs } from './crash/world.ts';
import { numberOption, type Proof } from './proof.ts';

const capacityBytes = 8 * 1024 * 1024;
const batchBytes = 64 * 1024;
const patienceMs = 5000;
/** A mistake need not be waited for. */
const twinPatienceMs = 500;

/** A small disk: how it is filled by somebody else, and given back. */
interface SmallDisk {
  readonly kind: string;
  readonly disk: Disk;
  readonly directory: string;
  fill(): Promise<void>;
  free(): Promise<void>;
  remove(): void;
}

export async function prove(options: readonly string[]): Promise<Proof> {
  const cycles = numberOption(options, '--cycles', 5);
  const small = (options.includes('--memory') ? undefined : mounted()) ?? inMemory();
  const twin = twinOption(options);
  const limitMs = twin ? twinPatienceMs : patienceMs;
  const figure = { disk: small.kind, cycles: 0, refusals: 0, acknowledged: 0, lost: 0, slow: 0 };
  try {
    const disk = twin ? twin.disk(small.disk) : small.disk;
    const platform = { ...nodePlatform(), disk, logger: silentLogger };
    const settings = { directory: small.directory, reserveBytes: twin?.reserveBytes ?? -1 };
    let logs = await openLogs(platform, settings);
    for (; figure.cycles < cycles && isWell(figure); figure.cycles++) {
      const log = createLog(logs, 'numbers-0', { segmentBytes: 256 * 1024, fileDeleteDelayMs: 0 });
      await cycle(small, { logs, log, limitMs }, figure);
      if (!isWell(figure)) break;
      await logs.close().catch(() => figure.lost++);
      // Nor does a start need room to let it be read.
      await small.fill();
      logs = await openLogs(platform, settings);
      const again = createLog(logs, 'numbers-0', { segmentBytes: 256 * 1024 });
      if (again.logEndOffset !== log.logEndOffset) figure.lost++;
      await readWhole(again, figure);
      await small.free();
      if (!(await isWriting(logs, again))) figure.slow++;
    }
    await logs.close().catch(() => figure.lost++);
  } finally {
    small.remove();
  }
  const { refusals } = figure;
  return {
    figure,
    bar: `lost=0, refused before it is full, writing again within ${patienceMs} ms`,
    pass: isWell(figure) && refusals >= cycles,
    seed: 'none',
  };
}

type Figure = { refusals: number; acknowledged: number; lost: number; slow: number };

function isWell({ lost, slow }: Figure): boolean {
  return lost === 0 && slow === 0;
}

async function cycle(
  small: SmallDisk,
  {
    logs,
    log,
    limitMs,
  }: { readonly logs: LogManager; readonly log: PartitionLog; readonly limitMs: number },
  figure: Figure,
): Promise<void> {
  const before = figure.acknowledged;
  while (await inTime(appended(log, 'client'), limitMs)) figure.acknowledged++;
  figure.refusals++;
  // The reserve is for it.
  if (!(await inTime(appended(log, 'coordinator'), limitMs))) {
    figure.lost++;
    return;
  }
  await small.fill();
  const waiting: Promise<boolean>[] = [];
  // More than a segment, less than the reserve.
  for (let count = 0; count < 6; count++) waiting.push(appended(log, 'coordinator'));
  if (await inTime(appended(log, 'client'), limitMs)) figure.lost++; // it must be refused still
  await readWhole(log, figure);
  await small.free();
  for (const isDone of await Promise.all(waiting.map((done) => inTime(done, limitMs))))
    if (!isDone) figure.lost++;
  await readWhole(log, figure);
  await log.deleteRecordsBefore(log.durableOffset).catch(() => figure.lost++);
  if (!(await isWriting(logs, log, limitMs))) figure.slow++;
  if (logs.failure !== undefined || figure.acknowledged === before) figure.lost++;
}

/** Whether clients can write again soon. */
async function isWriting(
  logs: LogManager,
  log: PartitionLog,
  limitMs = patienceMs,
): Promise<boolean> {
  const giveUpMs = performance.now() + patienceMs;
  while (logs.isShortOfSpace && performance.now() < giveUpMs) {
    await appended(log, 'client');
    await new Promise((resolve) => setImmediate(resolve));
  }
  return !logs.isShortOfSpace && (await inTime(appended(log, 'client'), limitMs));
}

/** False as well when it takes too long. */
async function inTime(work: Promise<boolean>, limitMs = patienceMs): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), limitMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** False: refused. */
async function appended(log: PartitionLog, origin: 'client' | 'coordinator'): Promise<boolean> {
  const builder = new RecordBatchBuilder({});
  builder.append({ key: Buffer.from('k'), value: Buffer.alloc(batchBytes, 1), timestamp: 0 });
  const records = Buffer.from(builder.build());
  try {
    await log.appendAsLeader(records, { leaderEpoch: 0, nowMs: 0, origin }).written;
    return true;
  } catch {
    return false;
  }
}

async function readWhole(log: PartitionLog, figure: Figure): Promise<void> {
  for (let offset = log.logStartOffset; offset < log.durableOffset;) {
    const request = { offset, maxBytes: 1, boundOffset: log.durableOffset };
    const { nextOffset } = await log.read(request).catch(() => ({ nextOffset: offset }));
    if (nextOffset === offset) {
      figure.lost++;
      return;
    }
    offset = nextOffset;
  }
}

/** undefined where nothing can be mounted. */
function mounted(): SmallDisk | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'drave-diskfull-'));
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${capacityBytes}`, 'tmpfs', directory];
    execFileSync('mount', options, { stdio: 'ignore' });
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
  const filler = join(directory, '.filler');
  return {
    kind: 'tmpfs',
    disk: new NodeDisk(),
    directory: join(directory, 'data'),
    fill: () => fillUp(filler),
    free: () => rm(filler, { force: true }),
    remove: () => {
      execFileSync('umount', ['-l', directory]);
      rmSync(directory, { recursive: true });
    },
  };
}

function inMemory(): SmallDisk {
  const disk = memoryDisk({ capacityBytes });
  return {
    kind: 'memory',
    disk,
    directory: '/data',
    fill: async () => {
      const file = await disk.open('/filler', 'create');
      await file.write([Buffer.alloc(await disk.freeBytes('/'))], 0);
      await file.close();
    },
    free: () => disk.remove('/filler'),
    remove: () => undefined,
  };
}

/** Writes until nothing more is taken. */
async function fillUp(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let sizeBytes = capacityBytes; sizeBytes >= 1; sizeBytes = Math.floor(sizeBytes / 2)) {
      await file.appendFile(Buffer.alloc(sizeBytes)).catch(() => undefined);
    }
  } finally {
    await file.close();
  }
}
