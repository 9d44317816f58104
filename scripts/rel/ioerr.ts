// I/O errors: the n-th operation of each kind (write, sync, rename, open, read, truncate, remove, directory calls) fails with EIO or
// ENOSPC, once or from then on, for every n of a workload; a failed write may leave any beginning of its bytes.
// Protects: the first failed write or sync takes the directory out of service for good: no further sync, nothing acknowledged, the
// error says what to do; what is sound is read on; a crash afterwards costs nothing that was acknowledged.
// `--quick`: every 7th n; `--twin NAME`: with a mistake, to see the proof fail.

import { twinOption, type Twin } from './crash/twins.ts';
import { appendEntry, judge, root, Tally } from './crash/world.ts';
import { type FaultOutcome, faultOperations, type Step, withFault } from './crash/workload.ts';
import type { Proof } from './proof.ts';

const workloads: readonly (readonly Step[])[] = [
  ['append', 'append', 'scrub', 'reopen', 'append'],
  ['truncate', 'append', 'delete', 'append', 'retain', 'append'],
  ['append', 'compact', 'append', 'reopen', 'truncate', 'append'],
];

export async function prove(options: readonly string[]): Promise<Proof> {
  const twin = twinOption(options);
  const isQuick = options.includes('--quick');
  const { tally, failedDirectories } = await failures({ twin, step: isQuick ? 7 : 1 });
  const { states, wrong, lost, served } = tally;
  return {
    figure: { states, failedDirectories, wrong, lost, served },
    bar: 'wrong=0 lost=0 served=0',
    pass: tally.misses === 0 && failedDirectories > 50,
    seed: 'all',
  };
}

export async function failures(how: {
  readonly twin: Twin | undefined;
  readonly step: number;
}): Promise<{ tally: Tally; failedDirectories: number }> {
  const { twin, step } = how;
  const tally = new Tally(twin, twin === undefined ? Number.POSITIVE_INFINITY : 1);
  let failedDirectories = 0;
  for (const sequence of workloads) {
    for (const operation of faultOperations) {
      for (const code of ['EIO', 'ENOSPC'] as const) {
        for (const isLasting of [false, true]) {
          for (let nth = 1; !tally.isSettled; nth += step) {
            const outcome = await withFault(tally, sequence, { operation, nth, code, isLasting });
            if (outcome.hitCount === 0) break;
            const often = isLasting ? 'from then on' : 'once';
            const name = `${sequence.join(' ')}: ${operation} ${nth} fails ${often} with ${code}`;
            if (await outOfService(tally, name, outcome)) failedDirectories++;
            await afterCrash(tally, name, outcome);
          }
        }
      }
    }
  }
  return { tally, failedDirectories };
}

/** Holds a failed directory to its promises; false when it did not fail. */
async function outOfService(tally: Tally, name: string, outcome: FaultOutcome): Promise<boolean> {
  const { run, disk } = outcome;
  const { directoryFailure, logs } = run;
  if (run.acknowledgedAfterFailure > 0) tally.miss('wrong', name, 'acknowledged after the failure');
  if (run.failure !== undefined && !('code' in run.failure)) {
    tally.miss('wrong', name, `no code: ${String(run.failure)}`);
  }
  if (directoryFailure === undefined || logs === undefined) return false;
  if (
    !/takes no more writes; free or replace the disk and restart/.test(String(directoryFailure))
  ) {
    tally.miss('wrong', name, `does not say what to do: ${String(directoryFailure)}`);
  }
  await turns(); // what was under way ends
  const syncs = disk.faults.counts.get('sync');
  for (const log of logs.logs()) {
    const entry = { value: 'late', key: 'k', epoch: 99, timestamp: 0, sequence: -1 };
    const isTaken = await accepted(() => appendEntry(log, entry).written);
    if (isTaken) tally.miss('wrong', name, 'a failed directory took an append');
    const { logStartOffset, durableOffset } = log;
    if (logStartOffset >= durableOffset) continue;
    const request = { offset: logStartOffset, maxBytes: 1, boundOffset: durableOffset };
    const read = await log.read(request).then(
      ({ records }) => records.length,
      (error: unknown) => String(error),
    );
    // A log of which a step was cut short may be between two states; its bytes are told apart after the restart.
    const isServed = typeof read === 'number' || /KAFKA_STORAGE_ERROR/.test(read);
    if (!isServed) tally.miss('wrong', name, `reads ended: ${read}`);
  }
  await turns();
  if (disk.faults.counts.get('sync') !== syncs) tally.miss('wrong', name, 'synced after a failure');
  return true;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function accepted(append: () => Promise<void>): Promise<boolean> {
  try {
    await append();
    return true;
  } catch {
    return false;
  }
}

async function afterCrash(tally: Tally, name: string, { run, disk }: FaultOutcome): Promise<void> {
  disk.crash();
  if ((await disk.stat(root)) === undefined) return tally.count('never began');
  await judge(tally, 'I/O error', disk, run.state(name));
}
