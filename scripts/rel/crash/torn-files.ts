// Files as a crash or a bad disk may leave them: the tail of every kind of file torn at every byte, or the file gone; the last batch torn
// for every codec; every bit of batch headers flipped; the journal, the only holder of what was acknowledged, torn at every byte.
// Protects: nothing but the batches is needed: whatever happens to the other files, all batches are there and what follows from
// them is right. Leaves out: what a crash leaves in the middle of an operation (workload.ts).

import { memoryDisk } from '@drave/platform';
import { type CompressionCodec, crc32c } from '@drave/protocol';
import { fullScene, plainScene, type Scene } from './scenes.ts';
import {
  appendEntry,
  createLog,
  diskOf,
  type Entry,
  type Facts,
  firstTimestamp,
  type Image,
  imageOf,
  judge,
  openLogs,
  platformOn,
  smallJournal,
  type State,
  type Tally,
} from './world.ts';

export const codecs: readonly CompressionCodec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const headerBits = 61 * 8;

/** `bytes` as they may be when only those before `from` reached the disk. */
export function tails(bytes: Buffer, from: number): Buffer[] {
  const kept = bytes.subarray(0, from);
  const rest = bytes.length - from;
  return [
    kept,
    Buffer.concat([kept, Buffer.alloc(rest)]),
    Buffer.concat([kept, Buffer.alloc(rest + 40, 0xa7)]),
  ];
}

export async function judgeImage(
  tally: Tally,
  family: string,
  image: Image,
  state: State,
): Promise<void> {
  if (tally.isSettled) return;
  await judge(tally, family, await diskOf(image), state);
}

/** `<topic>-<partition>` of a file in a partition's directory. */
export function keyOf(path: string): string | undefined {
  return /^\/data\/([^/]+)\//.exec(path)?.[1];
}

/** The same facts with `mayMiss` for one log. */
export function excused(
  scene: Scene,
  key: string | undefined,
  mayMiss: (offset: number) => boolean,
): ReadonlyMap<string, Facts> {
  const logs = new Map(scene.logs);
  const facts = key === undefined ? undefined : logs.get(key);
  if (key !== undefined && facts !== undefined) logs.set(key, { ...facts, mayMiss });
  return logs;
}

export async function tornBatches(
  tally: Tally,
  codec: CompressionCodec,
  step: number,
): Promise<void> {
  const scene = await plainScene({ codec, count: 3, segmentBytes: 1_000_000, isClean: false });
  const path = [...scene.image.keys()].find((name) => name.endsWith('.log')) ?? '';
  const bytes = scene.image.get(path) ?? Buffer.alloc(0);
  for (let from = 0; from < bytes.length; from += step) {
    const batch = batchAt(bytes, from);
    for (const [index, tail] of tails(bytes, from).entries()) {
      const image = new Map(scene.image).set(path, tail);
      const name = `${codec} torn at ${from}, tail ${index}`;
      const logs = excused(scene, keyOf(path), (offset) => offset >= batch);
      await judgeImage(tally, 'torn batch', image, { name, logs });
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

/** Sealed and growing segments, after a clean stop and after a killed process. */
export async function flippedHeaders(
  tally: Tally,
  codec: CompressionCodec,
  step: number,
): Promise<void> {
  for (const isClean of [true, false]) {
    const scene = await plainScene({ codec, count: 6, segmentBytes: 450, isClean });
    const { image } = scene;
    const paths = [...image.keys()].filter((path) => path.endsWith('.log')).sort();
    for (const [index, path] of paths.entries()) {
      const base = baseOf(path);
      const end = index + 1 < paths.length ? baseOf(paths[index + 1] ?? '') : 6;
      const bytes = image.get(path) ?? Buffer.alloc(0);
      for (let bit = 0; bit < Math.min(headerBits, bytes.length * 8); bit += step) {
        // In the growing segment of a killed process nothing else knows the leader epoch.
        if (!isClean && index === paths.length - 1 && bit >= 96 && bit < 128) continue;
        const name = `${codec} ${scene.name} ${path} bit ${bit}`;
        // After a crash a log ends where it is not sound from the recovery point on.
        const mayMiss = (at: number): boolean => at >= base && (at < end || !isClean);
        const flipped = new Map(image).set(path, withBitFlipped(bytes, bit));
        const logs = excused(scene, keyOf(path), mayMiss);
        await judgeImage(tally, 'flipped header', flipped, { name, logs, isReported: true });
      }
    }
  }
}

export function baseOf(path: string): number {
  return Number(/(\d+)\.\w+$/.exec(path)?.[1]);
}

export function withBitFlipped(bytes: Buffer, bit: number): Buffer {
  const damaged = Buffer.from(bytes);
  damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return damaged;
}

/** Every file but the segments, of every kind. */
export async function tornSideFiles(tally: Tally, step: number): Promise<void> {
  const large = { count: 70, valueBytes: 5000, segmentBytes: 300_000 };
  const scenes = [
    { scene: await fullScene(true), step },
    { scene: await fullScene(false), step },
    { scene: await plainScene({ ...large, isClean: true }), step: step * 7, only: /index$/ },
  ];
  for (const { scene, step: every, only = /./ } of scenes) {
    for (const [path, bytes] of scene.image) {
      if (path.endsWith('.log') || !only.test(path)) continue;
      const gone = new Map(scene.image);
      gone.delete(path);
      await judgeImage(tally, family(path), gone, sideState(scene, path, 'missing'));
      if (path.endsWith('/cleaner-checkpoint')) await otherCheckpoints(tally, scene, path);
      for (const from of cuts(bytes, every)) {
        for (const [index, tail] of tails(bytes, from).entries()) {
          const image = new Map(scene.image).set(path, tail);
          const how = `torn at ${from}, tail ${index}`;
          await judgeImage(tally, family(path), image, sideState(scene, path, how));
        }
      }
    }
  }
}

/** How far a log is compacted is not what its checkpoint says, and its segments may have no seals either: still all is there. */
async function otherCheckpoints(tally: Tally, scene: Scene, path: string): Promise<void> {
  const directory = path.slice(0, path.lastIndexOf('/'));
  const seals = [...scene.image.keys()].filter(
    (name) => name.startsWith(directory) && name.endsWith('.seal'),
  );
  const contents: readonly (readonly [string, string | undefined])[] = [
    ['missing', undefined],
    ['of no compaction', checkpointText(0, 0)],
    ['of an earlier one', checkpointText(1, 1)],
    ['of a later one', checkpointText(1000, 1000)],
  ];
  for (const [how, text] of contents) {
    for (const without of [[], ...seals.map((seal) => [seal]), seals]) {
      const image = new Map(scene.image);
      if (text === undefined) image.delete(path);
      else image.set(path, Buffer.from(text));
      for (const seal of without) image.delete(seal);
      const seeming = `${how}, ${without.length} of ${seals.length} seals missing`;
      await judgeImage(tally, family(path), image, sideState(scene, path, seeming));
    }
  }
}

function checkpointText(cleanedBelow: number, gapsBelow: number): string {
  const body = `0\n3\ncleaned-below ${cleanedBelow}\ngaps-below ${gapsBelow}\nhorizon-ms -1\n`;
  return `${body}crc32c ${crc32c(Buffer.from(body)).toString(16).padStart(8, '0')}\n`;
}

/** Where to tear: of large empty tails the first bytes stand for all. */
function* cuts(bytes: Buffer, step: number): Generator<number> {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  for (let from = 0; from < Math.min(bytes.length, end + 32); from += step) yield from;
}

export function family(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return `torn ${name.replace(/^\d{20}/, '').replace(/\.\d$/, '')}`;
}

export function sideState(scene: Scene, path: string, how: string): State {
  const key = keyOf(path);
  let logs = scene.logs;
  if (path.endsWith('/partition.metadata')) logs = excused(scene, key, () => true);
  // Where the log begins is written nowhere else; what lies before it in the same segment is undamaged and may be read.
  if (path.endsWith('/log-start-offset-checkpoint')) logs = withoutStarts(scene.logs);
  return {
    name: `${scene.name}: ${path} ${how}`,
    logs,
    mayRefuse: path.endsWith('/meta.properties'),
  };
}

function withoutStarts(logs: ReadonlyMap<string, Facts>): ReadonlyMap<string, Facts> {
  return new Map([...logs].map(([key, facts]) => [key, { ...facts, startMin: 0 }]));
}

/** None of the segments' bytes since the last sync reached the disk: the journal alone has them, and its last record is torn. */
export async function tornJournal(tally: Tally, step: number): Promise<void> {
  const disk = memoryDisk();
  const logs = await openLogs(platformOn(disk), {
    journal: { ...smallJournal, partBytes: 20_480 },
  });
  const keys = ['numbers-0', 'numbers-1', 'numbers-2'];
  const opened = keys.map((key) => ({ key, log: createLog(logs, key) }));
  const written = new Map(keys.map((key) => [key, new Map<number, Entry>()]));
  const images: Map<string, Buffer>[] = [];
  for (let round = 0; round < 4; round++) {
    const sent = opened.map(({ key, log }) => {
      const value = `${round}:${key}`.padEnd(90, 'x');
      const timestamp = firstTimestamp + round;
      const entry = { value, key, epoch: round, timestamp, sequence: round };
      const appended = appendEntry(log, entry);
      written.get(key)?.set(appended.baseOffset, entry);
      return appended.written;
    });
    await Promise.all(sent);
    images.push(await imageOf(disk));
  }
  disk.endProcess();
  const [synced = new Map<string, Buffer>()] = images; // the first round synced the segments to name them
  const last = images.at(-1) ?? synced;
  const base = new Map(last);
  for (const [path, bytes] of synced) if (path.endsWith('.log')) base.set(path, bytes);
  for (const [round, before] of images.entries()) {
    if (round === 0) continue;
    const from = images[round - 1] ?? synced;
    for (const [path, bytes] of before) {
      const old = from.get(path);
      if (!/journal\.\d$/.test(path) || old === undefined || old.equals(bytes)) continue;
      const facts = [...written].map(([key, entries]): [string, Facts] => [
        key,
        { written: entries, mayMiss: (offset) => offset >= round },
      ]);
      const first = firstDifference(old, bytes);
      for (const at of cuts(bytes, step)) {
        if (at < first) continue;
        for (const [index, tail] of tails(bytes, at).entries()) {
          const name = `journal alone, round ${round} torn at ${at}, tail ${index}`;
          const image = new Map(base).set(path, tail);
          await judgeImage(tally, 'journal alone', image, { name, logs: new Map(facts) });
        }
      }
    }
  }
  const name = 'journal alone, whole';
  const facts = [...written].map(([key, entries]): [string, Facts] => [
    key,
    { written: entries, mayMiss: () => false },
  ]);
  await judgeImage(tally, 'journal alone', base, { name, logs: new Map(facts) });
}

function firstDifference(one: Buffer, other: Buffer): number {
  let at = 0;
  while (at < other.length && one[at] === other[at]) at++;
  return at;
}
