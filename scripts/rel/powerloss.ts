// Power loss under load: a broker on an XFS of its own whose power fails at random moments (shutdown ioctl, with the file system's journal
// and without it), a mount, a restart, a full read; cycle by cycle, while the same producers go on. Protects: `flush=group` loses
// nothing acknowledged, `flush=os` says how much it lost and serves no damage.
// `--cycles N` (default 20), `--seed N`, `--flush group|os`: os is the broken twin, it must be seen losing.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '@drave/platform';
import { BrokerProcess } from './load/broker-process.ts';
import { platform, Writers } from './load/lanes.ts';
import { progress } from './load/progress.ts';
import {
  add,
  type Findings,
  isFlawless,
  isWorthwhile,
  noFindings,
  readBack,
} from './load/read-back.ts';
import { XfsVolume } from './load/xfs-volume.ts';
import { numberOption, type Proof } from './proof.ts';

const bars = {
  group: 'lost=0 duplicated=0 reordered=0 misplaced=0 damaged=0 unreadable=0',
  os: 'lost>0 damaged=0 unreadable=0',
};

export async function prove(options: readonly string[]): Promise<Proof> {
  const cycles = numberOption(options, '--cycles', 20);
  const seed = numberOption(options, '--seed', 1);
  const flush = options.includes('os') ? 'os' : 'group';
  const volume = await XfsVolume.make();
  if (typeof volume === 'string') {
    console.error(`skipped: powerloss needs root, xfsprogs and loop devices: ${volume}`);
    return { figure: { skipped: volume, cycles: 0 }, bar: bars[flush], pass: true, seed };
  }
  const figure = await losePower(volume, { cycles, seed, flush }).finally(() => volume.remove());
  const { found } = figure;
  return {
    figure: { cycles, flush, ...found, failedSends: figure.failedSends, journal: figure.journal },
    bar: bars[flush],
    pass: flush === 'group' ? isFlawless(found) && isWorthwhile(found, cycles) : isLossSeen(found),
    seed,
  };
}

async function losePower(
  volume: XfsVolume,
  { cycles, seed, flush }: { readonly cycles: number; readonly seed: number; flush: string },
): Promise<{ found: Findings; failedSends: number; journal: string }> {
  const directory = join(volume.mountPoint, 'data');
  const broker = new BrokerProcess(directory, flush);
  try {
    await broker.start();
    const writers = await Writers.make(broker.address);
    await volume.settle(); // with flush=os even the topics would be lost
    writers.start();
    const found = noFindings();
    const random = new SeededRandom(seed);
    for (let cycle = 1; cycle <= cycles; cycle++) {
      await progress(writers);
      await platform.scheduler.sleep(random.nextInt(500));
      await volume.shutDown({ keepsJournal: random.nextInt(2) === 0 });
      await platform.scheduler.sleep(random.nextInt(50)); // for acknowledgements that must not come
      await broker.kill();
      await volume.unmount();
      await volume.mount();
      await broker.start();
      add(found, await readBack(broker.address, writers.lanes));
      const { acknowledged } = writers;
      process.stderr.write(
        `\r${cycle}/${cycles}: ${acknowledged} acknowledged, ${found.lost} lost`,
      );
    }
    await writers.stop();
    process.stderr.write('\n');
    add(found, await readBack(broker.address, writers.lanes));
    const journal = existsSync(join(directory, 'journal.0')) ? 'used' : 'never used';
    return { found, failedSends: writers.failures, journal };
  } finally {
    await broker.kill();
  }
}

function isLossSeen({ lost, damaged, unreadable }: Findings): boolean {
  return lost > 0 && damaged + unreadable === 0;
}
