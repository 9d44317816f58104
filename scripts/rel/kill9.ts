// Kill −9 under load: producers with acks=all, idempotent and not, write numbered records to topics that keep all, are cut by retention or
// compacted, while the broker process is killed at random moments and started again on the same directory. Every few cycles and in the
// end all is read: each acknowledged record is there once, in order, where it was said to be.
// `--cycles N` (default 200), `--seed N`, `--flush group|os`, `--twin NAME`: with a mistake, to see the proof fail.
// Protects: the schedule comes from the seed, its timing does not, so a failure names the data directory, which is kept.

import { makeTemporaryDirectory, SeededRandom } from '@drave/platform';
import { BrokerProcess } from './load/broker-process.ts';
import { fileTwinOption, makeMistake } from './load/file-twins.ts';
import { platform, Writers } from './load/lanes.ts';
import { progress } from './load/progress.ts';
import { add, isFlawless, isWorthwhile, noFindings, readBack } from './load/read-back.ts';
import { numberOption, type Proof } from './proof.ts';

const cyclesPerReading = 20;
const sleepMsMax = 400;
/** So that every log has several batches to make a mistake with. */
const recordsPerMistake = 15_000;

/** The directory is removed only after a pass. */
export async function prove(options: readonly string[]): Promise<Proof> {
  const cycles = numberOption(options, '--cycles', 200);
  const seed = numberOption(options, '--seed', 1);
  const flush = options.includes('os') ? 'os' : 'group';
  const twin = fileTwinOption(options);
  const random = new SeededRandom(seed);
  const directory = makeTemporaryDirectory('drave-kill9-');
  const broker = new BrokerProcess(directory, flush);
  const found = noFindings();
  await broker.start();
  const writers = await Writers.make(broker.address);
  writers.start();
  for (let cycle = 1; cycle <= cycles; cycle++) {
    await progress(writers, twin && recordsPerMistake);
    await platform.scheduler.sleep(random.nextInt(sleepMsMax));
    await broker.kill();
    if (twin) makeMistake(directory, twin);
    await broker.start();
    if (cycle % cyclesPerReading === 0) add(found, await readBack(broker.address, writers.lanes));
    process.stderr.write(`\rcycle ${cycle}/${cycles}: ${writers.acknowledged} acknowledged`);
  }
  await writers.stop();
  process.stderr.write('\n');
  add(found, await readBack(broker.address, writers.lanes));
  await broker.stop();
  const pass = isFlawless(found) && isWorthwhile(found, cycles);
  if (pass || twin) await platform.disk.remove(directory);
  else console.error(`the data directory is kept: ${directory}`);
  return {
    figure: { cycles, flush, ...found, failedSends: writers.failures },
    bar: 'lost=0 duplicated=0 reordered=0 misplaced=0 damaged=0 unreadable=0',
    pass,
    seed,
  };
}
