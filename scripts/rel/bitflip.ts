// Bit rot: of a stopped data directory with every kind of file bits are inverted, one at a time; the directory is opened and read.
// Protects: damage is told, costs no more than its segment, is never served; what follows from other files is right all the same.
// A sample runs on the real disk. `--all-bits` instead of every third, `--quick`: a sample; `--twin NAME`: with a mistake, to see the proof fail; `--seed N`.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Disk, NodeDisk, SeededRandom } from '@drave/platform';
import { fullScene, type Scene } from './crash/scenes.ts';
import {
  baseOf,
  excused,
  judgeImage,
  keyOf,
  sideState,
  withBitFlipped,
} from './crash/torn-files.ts';
import { type Twin, twinOption } from './crash/twins.ts';
import { judge, root, type State, Tally } from './crash/world.ts';
import { numberOption, type Proof } from './proof.ts';

const statesMin = 50_000;
const realFlips = 300;

export async function prove(options: readonly string[]): Promise<Proof> {
  const seed = numberOption(options, '--seed', 1);
  const twin = twinOption(options);
  const isQuick = options.includes('--quick') || twin !== undefined;
  const step = options.includes('--all-bits') ? 1 : isQuick ? (twin?.flips ? 1 : 61) : 3;
  const tally = await flippedBits({ seed, twin, step });
  const { states, wrong, lost, served, refused } = tally;
  return {
    figure: { states, wrong, lost, served, refused },
    bar: `wrong=0 lost=0 served=0${isQuick ? '' : `, at least ${statesMin} states`}`,
    pass: tally.misses === 0 && (isQuick || states >= statesMin),
    seed,
  };
}

export async function flippedBits(how: {
  readonly seed: number;
  readonly twin: Twin | undefined;
  /** Every so many bits. */
  readonly step: number;
}): Promise<Tally> {
  const { seed, twin, step } = how;
  const tally = new Tally(twin, twin === undefined ? Number.POSITIVE_INFINITY : 1);
  const scene = await fullScene(true);
  for (const [path, bytes] of scene.image) {
    if (twin?.flips?.test(path) === false) continue;
    for (let bit = 0; bit < usedBytes(bytes) * 8 && !tally.isSettled; bit += step) {
      const image = new Map(scene.image).set(path, withBitFlipped(bytes, bit));
      await judgeImage(tally, 'flipped bit', image, flippedState(scene, path, bit));
    }
  }
  if (twin === undefined)
    await onRealDisk(tally, scene, { seed, count: step > 3 ? 20 : realFlips });
  return tally;
}

/** Without the zeros of a preallocated file's end but for some. */
function usedBytes(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return Math.min(bytes.length, end + 16);
}

function flippedState(scene: Scene, path: string, bit: number): State {
  const how = `bit ${bit} inverted`;
  if (!path.endsWith('.log')) return sideState(scene, path, how);
  const key = keyOf(path);
  const base = baseOf(path);
  const bases = [...scene.image.keys()]
    .filter((other) => keyOf(other) === key && other.endsWith('.log'))
    .map(baseOf);
  const end = Math.min(...bases.filter((other) => other > base), Number.POSITIVE_INFINITY);
  const logs = excused(scene, key, (offset) => offset >= base && offset < end);
  return { name: `${scene.name}: ${path} ${how}`, logs, isReported: true };
}

async function onRealDisk(
  tally: Tally,
  scene: Scene,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<void> {
  const random = new SeededRandom(seed);
  const paths = [...scene.image.keys()];
  for (let at = 0; at < count; at++) {
    const path = paths[random.nextInt(paths.length)] ?? '';
    const bytes = scene.image.get(path) ?? Buffer.alloc(0);
    const bit = random.nextInt(Math.max(1, usedBytes(bytes) * 8));
    const folder = await mkdtemp(join(tmpdir(), 'drave-bitflip-'));
    try {
      for (const [name, content] of new Map(scene.image).set(path, withBitFlipped(bytes, bit))) {
        await mkdir(dirname(folder + name), { recursive: true });
        await writeFile(folder + name, content);
      }
      await judge(tally, 'flipped bit, real disk', below(folder), flippedState(scene, path, bit));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** The real disk with `/data` in `folder`. */
function below(folder: string): Disk {
  const disk = new NodeDisk();
  const inside = (path: unknown): unknown =>
    typeof path === 'string' && path.startsWith(root) ? folder + path : path;
  return new Proxy<Disk>(disk, {
    get: (_, name: keyof Disk) => {
      const call = disk[name] as (...values: unknown[]) => unknown;
      return (...values: unknown[]) => call.apply(disk, values.map(inside));
    },
  });
}
