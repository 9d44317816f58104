// Crash enumeration in the memory disk: logs are written and acknowledged, then their files are left as a crash or a bad disk may leave
// them, and opened again. States: every kind of file torn at every byte with three tails; every bit of batch headers flipped; every
// sequence of at most three operations (append, truncate, delete records, retention, compaction, reopen, scrub) ended by a power
// loss at each of its disk operations; the n-th operation of each kind failing; power losses in random workloads and recoveries, and in
// transactions, whose last stable offset and aborted ones must be told as the log holds them.
// Protects: a state is judged against what was written alone; damage excuses only the batches it may touch.
// `--quick`: a sample; `--twin NAME`: the product with a mistake, to see the proof fail; `--random N` power losses; `--seed N`.

import { SeededRandom } from '@drave/platform';
import {
  codecs,
  flippedHeaders,
  tornBatches,
  tornJournal,
  tornSideFiles,
} from './crash/torn-files.ts';
import { transactionLosses } from './crash/transactions.ts';
import { type Twin, twinOption } from './crash/twins.ts';
import { Tally } from './crash/world.ts';
import {
  failingOperations,
  operationsOf,
  powerLoss,
  randomLosses,
  type Step,
  sequences,
} from './crash/workload.ts';
import { numberOption, type Proof } from './proof.ts';

/** So many wrong states are enough to see a mistake. */
const twinStopAt = 1;
const statesMin = 100_000;
const busy: readonly Step[] = [
  'append',
  'scrub',
  'truncate',
  'append',
  'compact',
  'reopen',
  'delete',
  'append',
  'retain',
];

export async function prove(options: readonly string[]): Promise<Proof> {
  const seed = numberOption(options, '--seed', 1);
  const twin = twinOption(options);
  const isQuick = options.includes('--quick') || twin !== undefined;
  const randoms = numberOption(options, '--random', isQuick ? 400 : 20_000);
  const tally = await crashStates({ seed, twin, isQuick, randoms });
  const { states, wrong, lost, served, refused } = tally;
  return {
    figure: {
      ...(twin === undefined ? {} : { twin: twin.name }),
      states,
      wrong,
      lost,
      served,
      refused,
      ...Object.fromEntries([...tally.byFamily].sort(([one], [other]) => one.localeCompare(other))),
    },
    bar: `wrong=0 lost=0 served=0${isQuick ? '' : `, at least ${statesMin} states`}`,
    pass: tally.misses === 0 && (isQuick || states >= statesMin),
    seed,
  };
}

export async function crashStates(how: {
  readonly seed: number;
  readonly twin: Twin | undefined;
  readonly isQuick: boolean;
  readonly randoms: number;
}): Promise<Tally> {
  const { seed, twin, isQuick, randoms } = how;
  const tally = new Tally(twin, twin === undefined ? Number.POSITIVE_INFINITY : twinStopAt);
  const step = isQuick ? 16 : 1;
  await randomLosses(tally, new SeededRandom(seed), randoms);
  await failingOperations(tally, busy, isQuick ? 5 : 1);
  await tornJournal(tally, step);
  for (const codec of codecs) {
    await tornBatches(tally, codec, step);
    await flippedHeaders(tally, codec, step);
  }
  await tornSideFiles(tally, isQuick ? 61 : 2);
  await transactionLosses(tally, { seed, step: isQuick ? 3 : 1 });
  await endedSequences(tally, isQuick, seed);
  return tally;
}

/** A power loss at each operation of each sequence of at most three steps. */
async function endedSequences(tally: Tally, isQuick: boolean, seed: number): Promise<void> {
  for (const [index, sequence] of sequences(isQuick ? 1 : 3).entries()) {
    if (tally.isSettled) return;
    const every = sequence.length < 3 ? 1 : 3;
    const count = await operationsOf(tally, sequence);
    for (let stopAt = 1 + (index % every); stopAt <= count; stopAt += isQuick ? 9 : every) {
      if (tally.isSettled) return;
      await powerLoss(tally, sequence, { stopAt, seed: seed + stopAt });
    }
  }
}
