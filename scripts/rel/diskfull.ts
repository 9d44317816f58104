// A disk that fills up, for real: a small tmpfs is mounted, filled by clients until they are refused, some of the reserve taken by
// somebody else, given back; cycle by cycle. Protects: clients are refused before the disk is full, reads and the coordinator's
// records go on, the directory stays in service, writing resumes by itself, every acknowledged record is read back.
// Without root (or where mounting is not allowed) the same is done on a disk in memory of the same size. `--cycles N`, `--memory`: not for real.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LogManager, type PartitionLog } from '@drave/log';
import { type Disk, memoryDisk, NodeDisk, nodePlatform, silentLogger } from '@drave/platform';
import { RecordBatchBuilder } from '@drave/protocol';
import { createLog, openLogs } from './crash/world.ts';
import { numberOption, type Proof } from './proof.ts';

const capacityBytes = 8 * 1024 * 1024;
const batchBytes = 64 * 1024;
const patienceMs = 5000;
const fillerBytes = 256 * 1024;

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
  const figure = { disk: small.kind, cycles: 0, refusals: 0, acknowledged: 0, lost: 0, slow: 0 };
  try {
    const platform = { ...nodePlatform(), disk: small.disk, logger: silentLogger };
    const settings = { directory: small.directory, reserveBytes: -1 };
    let logs = await openLogs(platform, settings);
    for (; figure.cycles < cycles; figure.cycles++) {
      const log = createLog(logs, 'numbers-0', { segmentBytes: 1024 * 1024, fileDeleteDelayMs: 0 });
      await cycle(small, { logs, log }, figure);
      await logs.close();
      logs = await openLogs(platform, settings);
      const again = createLog(logs, 'numbers-0', { segmentBytes: 1024 * 1024 });
      if (again.logEndOffset !== log.logEndOffset) figure.lost++;
      await readWhole(again, figure);
    }
    await logs.close();
  } finally {
    small.remove();
  }
  const { refusals, lost, slow } = figure;
  return {
    figure,
    bar: `lost=0, refused before it is full, writing again within ${patienceMs} ms`,
    pass: lost === 0 && slow === 0 && refusals >= cycles,
    seed: 'none',
  };
}

type Figure = { refusals: number; acknowledged: number; lost: number; slow: number };

async function cycle(
  small: SmallDisk,
  { logs, log }: { readonly logs: LogManager; readonly log: PartitionLog },
  figure: Figure,
): Promise<void> {
  const before = figure.acknowledged;
  while (await appended(log, 'client')) figure.acknowledged++;
  figure.refusals++;
  await small.fill();
  if (await appended(log, 'client')) figure.lost++; // it must be refused still
  await readWhole(log, figure);
  await small.free();
  if (!(await appended(log, 'coordinator'))) figure.lost++;
  await log.deleteRecordsBefore(log.logEndOffset);
  const giveUpMs = performance.now() + patienceMs;
  while (logs.isShortOfSpace && performance.now() < giveUpMs) {
    await appended(log, 'client');
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (logs.isShortOfSpace || !(await appended(log, 'client'))) figure.slow++;
  if (logs.failure !== undefined || figure.acknowledged === before) figure.lost++;
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
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const request = { offset, maxBytes: 1, boundOffset: log.logEndOffset };
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
    fill: () => writeFile(filler, Buffer.alloc(fillerBytes)),
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
    fill: async () => disk.setCapacity(capacityBytes - fillerBytes),
    free: async () => disk.setCapacity(capacityBytes),
    remove: () => undefined,
  };
}
