// How far a log is compacted: `cleaner-checkpoint` in its directory, only where it ever was. Protects: a log is taken for compacted no
// further than it is, and gaps between offsets are accepted no further than a cleaning may have got. A damaged file reads as:
// clean everything again, gaps possible up to the active segment. Leaves out: when it is written (log-cleaner.ts); what segments tell
// where it is missing (compaction-gaps.ts).
//
//   sealed checkpoint of three lines: cleaned-below <offset> | gaps-below <offset> | horizon-ms <ms, -1 for none>

import { type Disk, errorCode } from '@drave/platform';
import { decodeCheckpoint, encodeCheckpoint } from './sealed-text.js';

export interface CleanerCheckpoint {
  /** Below it each key's last record (of that part) is the only one. */
  readonly cleanedBelow: number;
  /** Batches that begin below it may follow a gap. */
  readonly gapsBelow: number;
  /** The earliest delete horizon in the cleaned part, -1 for none. */
  readonly horizonMs: number;
}

export const neverCleaned: CleanerCheckpoint = Object.freeze({
  cleanedBelow: 0,
  gapsBelow: 0,
  horizonMs: -1,
});

/** Of a log that was compacted, nobody knows how far; `activeBase` as in `readCleanerCheckpoint`. */
export function unknownCleaning(activeBase: number): CleanerCheckpoint {
  return { cleanedBelow: 0, gapsBelow: activeBase, horizonMs: -1 };
}

const fileName = 'cleaner-checkpoint';
const names = ['cleaned-below', 'gaps-below', 'horizon-ms'];

/** Durable when it settles. */
export function writeCleanerCheckpoint(
  disk: Disk,
  directory: string,
  checkpoint: CleanerCheckpoint,
): Promise<void> {
  const { cleanedBelow, gapsBelow, horizonMs } = checkpoint;
  const values = [cleanedBelow, gapsBelow, horizonMs];
  const content = encodeCheckpoint(names.map((name, at) => `${name} ${values[at]}`));
  return disk.writeFileAtomic(`${directory}/${fileName}`, content);
}

/**
 * `activeBase`: base offset of the log's last segment, which compaction never touches. Throws the disk's errors: without knowing of
 * gaps a recovery would take them for damage.
 */
export function readCleanerCheckpoint(
  disk: Disk,
  directory: string,
  activeBase: number,
): CleanerCheckpoint {
  const content = readIfThere(disk, `${directory}/${fileName}`);
  if (content === undefined) return neverCleaned;
  const lines = decodeCheckpoint(content);
  const values = names.map((name) => {
    const line = lines?.find((candidate) => candidate.startsWith(`${name} `));
    return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
  });
  const [cleanedBelow = 0, gapsBelow = 0, horizonMs = -1] = values;
  if (values.some((value) => !Number.isSafeInteger(value))) {
    return unknownCleaning(activeBase);
  }
  return { cleanedBelow, gapsBelow, horizonMs };
}

function readIfThere(disk: Disk, path: string): Buffer | undefined {
  let file;
  try {
    file = disk.openSync(path, 'read');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.allocUnsafe(file.sizeSync());
    return bytes.subarray(0, file.readSync(bytes, 0, bytes.length, 0));
  } finally {
    file.close().catch(() => undefined); // only read from: a failed close loses nothing
  }
}
