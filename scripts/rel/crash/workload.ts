// Short workloads over two logs and the journal, ended at any disk operation: by a failing operation, by a power loss, by a power loss in
// the recovery from one. Protects: every sequence of at most three steps is played, each ended at every one of its operations.
// Leaves out: faults within one call (the memory disk tears unsynced writes at bytes and sectors by its seed).

import { topicPartitionKey } from '@drave/contracts';
import type { LogManager, LogManagerOptions, PartitionLog } from '@drave/log';
import {
  type DiskOperation,
  memoryDisk,
  type MemoryDisk,
  type SeededRandom,
  silentLogger,
  systemError,
} from '@drave/platform';
import { History } from './history.ts';
import {
  appendEntry,
  createLog,
  judge,
  logOf,
  openLogs,
  platformOn,
  root,
  smallJournal,
  type State,
  type Tally,
} from './world.ts';

export type Step = 'append' | 'truncate' | 'delete' | 'retain' | 'compact' | 'reopen' | 'scrub';
export const steps: readonly Step[] = [
  'append',
  'truncate',
  'delete',
  'retain',
  'compact',
  'reopen',
  'scrub',
];
export const faultOperations: readonly DiskOperation[] = [
  'write',
  'sync',
  'rename',
  'open',
  'read',
  'truncate',
  'remove',
  'sync-directory',
  'make-directory',
  'list',
];
const keys = ['numbers-0', 'numbers-1'];
const segmentBytes = 400;

/** All sequences of one to `length` steps. */
export function sequences(length: number): Step[][] {
  let longest: Step[][] = [[]];
  const all: Step[][] = [];
  for (let at = 0; at < length; at++) {
    longest = longest.flatMap((before) => steps.map((step) => [...before, step]));
    all.push(...longest);
  }
  return all;
}

/** A run of a workload and what it owes. */
export class Run {
  readonly histories = new Map(keys.map((key) => [key, new History()]));
  /** The first error of an operation; after it nothing may be acknowledged. */
  failure: Error | undefined;
  /** Acknowledged although it was not durable when the directory failed. */
  acknowledgedAfterFailure = 0;
  /** Durable offsets at that moment. */
  readonly #durableAtFailure = new Map<string, number>();
  readonly #disk: MemoryDisk;
  readonly #tally: Tally;
  readonly #options: Partial<LogManagerOptions>;
  #logs: LogManager | undefined;

  constructor(disk: MemoryDisk, tally: Tally, options: Partial<LogManagerOptions> = {}) {
    this.#disk = disk;
    this.#tally = tally;
    this.#options = options;
  }

  /** Why the directory takes no more writes. */
  get directoryFailure(): Error | undefined {
    return this.#logs?.failure;
  }

  get logs(): LogManager | undefined {
    return this.#logs;
  }

  /** Never rejects; what fails is in `failure`. */
  async play(sequence: readonly Step[]): Promise<void> {
    try {
      this.#logs = await this.#open();
      for (const _ of keys) await this.#step('append');
      for (const step of sequence) await this.#step(step);
    } catch (error) {
      this.failure ??= asError(error);
    }
  }

  async close(): Promise<void> {
    await this.#logs?.close().catch((error: unknown) => void (this.failure ??= asError(error)));
  }

  #open(): Promise<LogManager> {
    const error = (event: string): void => {
      if (event !== 'log-directory-failed') return;
      for (const key of keys) {
        const log = this.#logs && logOf(this.#logs, key);
        this.#durableAtFailure.set(key, log?.durableOffset ?? 0);
      }
    };
    const platform = platformOn(this.#tally.seen(this.#disk), { ...silentLogger, error });
    return openLogs(platform, { journal: smallJournal, ...this.#options });
  }

  async #step(step: Step): Promise<void> {
    if (step === 'reopen') {
      await this.#logs?.close();
      this.#logs = await this.#open();
      return;
    }
    for (const [key, history] of this.histories) {
      if (this.#logs === undefined) return;
      const cleanupPolicy = step === 'compact' ? (['compact'] as const) : (['delete'] as const);
      const settings = { segmentBytes, cleanupPolicy, retentionBytes: 500, fileDeleteDelayMs: 0 };
      await this.#onLog(step, createLog(this.#logs, key, settings), history);
    }
  }

  async #onLog(step: Step, log: PartitionLog, history: History): Promise<void> {
    const { logStartOffset: start, logEndOffset: end } = log;
    switch (step) {
      case 'append':
        return this.#append(log, history);
      case 'truncate': {
        const to = Math.max(start, end - 2);
        history.cutting(to);
        await log.truncateTo(to);
        return history.cut(to);
      }
      case 'delete': {
        const to = Math.min(end, start + 2);
        history.dropping(to);
        await log.deleteRecordsBefore(to);
        return history.dropped(to);
      }
      case 'retain':
        history.dropping(end);
        await log.applyRetention({ nowMs: 0, boundOffset: log.durableOffset });
        return history.dropped(log.logStartOffset);
      case 'compact':
        history.compacting();
        await log.compact({ nowMs: 0, boundOffset: log.durableOffset, dedupeBufferBytes: 10_000 });
        return;
      default:
        await log.scrub();
    }
  }

  async #append(log: PartitionLog, history: History): Promise<void> {
    const sent: Promise<void>[] = [];
    for (let count = 0; count < 3; count++) {
      const offset = log.logEndOffset;
      const entry = history.sending(offset);
      const { baseOffset, written } = appendEntry(log, entry);
      const heard = written.then(() => {
        history.acknowledged(baseOffset, entry);
        const durable = this.#durableAtFailure.get(topicPartitionKey(log.topicPartition));
        if (durable !== undefined && baseOffset >= durable) this.acknowledgedAfterFailure++;
      });
      heard.catch(() => undefined); // awaited below, unless something else fails first
      sent.push(heard);
      if (count > 0) await heard; // the first two leave together
    }
    await Promise.all(sent);
  }

  /** What the directory must show when it is opened again. */
  state(name: string): State {
    const logs = new Map([...this.histories].map(([key, { facts }]) => [key, facts]));
    return { name, logs };
  }
}

/** A disk whose machine loses power at its `stopAt`-th operation: no later one has an effect. */
export class FailingPower {
  count = 0;
  readonly disk: MemoryDisk;
  readonly off: Promise<void>;
  stopAt: number;
  #cut: () => void;

  constructor(seed: number, stopAt: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.off = promise;
    this.#cut = resolve;
    this.stopAt = stopAt;
    this.disk = memoryDisk({ seed, observe: (operation) => this.#observe(operation) });
  }

  #observe(operation: DiskOperation): void {
    this.count++;
    if (this.count < this.stopAt) return;
    if (this.count === this.stopAt) {
      this.disk.retire();
      this.#cut();
      if (operation === 'sync' || operation === 'sync-directory') return; // the power goes just after it
    }
    throw systemError('EIO', 'no power');
  }
}

/** Disk operations of the workload when nothing fails. */
export async function operationsOf(tally: Tally, sequence: readonly Step[]): Promise<number> {
  const power = new FailingPower(1, Number.POSITIVE_INFINITY);
  const run = new Run(power.disk, tally);
  await run.play(sequence);
  await run.close();
  if (run.failure !== undefined) tally.miss('wrong', sequence.join(' '), String(run.failure));
  return power.count;
}

/** The power goes at operation `stopAt` of the workload, `again`: and once more in the recovery. */
export async function powerLoss(
  tally: Tally,
  sequence: readonly Step[],
  at: { readonly stopAt: number; readonly seed: number; readonly again?: number },
): Promise<void> {
  const name = `${sequence.join(' ')}: power loss at ${at.stopAt}, seed ${at.seed}${at.again === undefined ? '' : `, again ${at.again}`}`;
  const power = new FailingPower(at.seed, at.stopAt);
  const run = new Run(power.disk, tally);
  await Promise.race([run.play(sequence).then(() => run.close()), power.off]);
  let disk = await dead(power.disk, power);
  if (at.again !== undefined) {
    power.count = 0;
    power.stopAt = at.again;
    const recovery = openLogs(platformOn(tally.seen(disk))).catch(() => undefined);
    await Promise.race([recovery, breathing(power)]);
    disk = await dead(disk, power);
  }
  await reopen(tally, 'power loss', disk, run.state(name));
}

/** Settles a good while after the power went: `off` settled long ago, what the recovery can do it has done. */
async function breathing(power: FailingPower): Promise<void> {
  for (let turn = 0; turn < 2000 && power.count < power.stopAt; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

export async function dead(disk: MemoryDisk, power: FailingPower): Promise<MemoryDisk> {
  power.stopAt = Number.POSITIVE_INFINITY;
  disk.crash();
  return disk.successor();
}

/** Judges what is left; a first start that got nowhere left nothing to judge. */
export async function reopen(
  tally: Tally,
  family: string,
  disk: MemoryDisk,
  state: State,
): Promise<void> {
  if ((await disk.stat(root)) === undefined) return tally.count(family);
  await judge(tally, family, disk, state);
}

export interface Fault {
  readonly operation: DiskOperation;
  readonly nth: number;
  readonly code: 'EIO' | 'ENOSPC';
  readonly isLasting: boolean;
}

/** What became of a workload under a fault. */
export interface FaultOutcome {
  readonly run: Run;
  readonly disk: MemoryDisk;
  readonly hitCount: number;
}

/** Plays the workload while one operation fails; the logs are still open. */
export async function withFault(
  tally: Tally,
  sequence: readonly Step[],
  fault: Fault,
): Promise<FaultOutcome> {
  const disk = memoryDisk({ seed: fault.nth });
  const struck = disk.fail(fault);
  const run = new Run(disk, tally);
  const played = run.play(sequence);
  // Others fill the disk and make room again: who waits for that goes on.
  if (fault.code === 'ENOSPC' && fault.isLasting) {
    let isOver = false;
    const over = played.then(() => void (isOver = true));
    while (!isOver && struck.hitCount < 4) {
      await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 1))]);
    }
    struck.remove();
  }
  await played;
  const { hitCount } = struck;
  struck.remove();
  return { run, disk, hitCount };
}

/** The n-th operation of each kind fails; then the power goes, and what is left is judged. */
export async function failingOperations(
  tally: Tally,
  sequence: readonly Step[],
  step: number,
): Promise<void> {
  for (const operation of faultOperations) {
    for (const code of ['EIO', 'ENOSPC'] as const) {
      for (let nth = 1; nth < 5000 && !tally.isSettled; nth += step) {
        const fault = { operation, nth, code, isLasting: nth % 2 === 0 };
        const { run, disk, hitCount } = await withFault(tally, sequence, fault);
        if (hitCount === 0) break;
        const name = `${sequence.join(' ')}: ${operation} ${nth} fails with ${code}`;
        if (run.acknowledgedAfterFailure > 0) {
          tally.miss('wrong', name, 'acknowledged after the directory failed');
        }
        if (run.failure !== undefined && !('code' in run.failure)) {
          tally.miss('wrong', name, `no code: ${String(run.failure)}`);
        }
        disk.crash();
        await reopen(tally, `failing ${operation}`, disk, run.state(name));
      }
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Random sequences, longer than those that are enumerated. */
export async function randomLosses(
  tally: Tally,
  random: SeededRandom,
  count: number,
): Promise<void> {
  for (let at = 0; at < count && !tally.isSettled; at++) {
    const length = 1 + random.nextInt(6);
    const sequence = Array.from(
      { length },
      () => steps[random.nextInt(steps.length)] ?? ('append' as const),
    );
    const stopAt = 1 + random.nextInt(60 * (length + 2));
    const again = random.chance(0.3) ? 1 + random.nextInt(80) : undefined;
    await powerLoss(tally, sequence, {
      stopAt,
      seed: random.nextInt(2 ** 31),
      ...(again === undefined ? {} : { again }),
    });
  }
}
