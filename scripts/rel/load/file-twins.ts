// Broken twins for the proofs with real processes: after a crash the files are changed to what a broker with a mistake would have left.
// A proof that stays green with one is no proof. Protects: the changed files are sound by every checksum.
// Leaves out: mistakes in memory (torn.ts, ioerr.ts have twins of their own).

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '@drave/protocol';

interface FileTwin {
  readonly name: string;
  /** What the broker did, as a clause. */
  readonly mistake: string;
  /** What a reading must count. */
  readonly finding: 'lost' | 'duplicated' | 'reordered' | 'damaged';
  /** The last batches of a log, in order; what is there instead. */
  readonly instead: (batches: readonly Buffer[]) => readonly Buffer[];
}

const batchesMin = 3;

/** The batch at another offset: the base offset is outside its checksum. */
function moved(batch: Buffer, baseOffset: bigint): Buffer {
  const copy = Buffer.from(batch);
  copy.writeBigInt64BE(baseOffset, 0);
  return copy;
}

function endOf(batch: Buffer): bigint {
  return batch.readBigInt64BE(0) + BigInt(batch.readInt32BE(23)) + 1n;
}

export const fileTwins: readonly FileTwin[] = [
  {
    name: 'ack-before-write',
    mistake: 'acknowledges before it writes',
    finding: 'lost',
    instead: (batches) => batches.slice(0, -2),
  },
  {
    name: 'append-twice',
    mistake: 'appends a batch again that is there',
    finding: 'duplicated',
    instead: (batches) => {
      const last = batches.at(-1);
      return last ? [...batches, moved(last, endOf(last))] : batches;
    },
  },
  {
    name: 'swapped',
    mistake: 'appends batches in the wrong order',
    finding: 'reordered',
    instead: (batches) => {
      const [last, before] = [batches.at(-1), batches.at(-2)];
      if (last === undefined || before === undefined) return batches;
      const first = moved(last, before.readBigInt64BE(0));
      return [...batches.slice(0, -2), first, moved(before, endOf(first))];
    },
  },
  {
    name: 'other-bytes',
    mistake: 'stores other bytes than it was sent',
    finding: 'damaged',
    instead: ([first, ...others]) => {
      const copy = Buffer.from(first ?? '');
      const at = copy.length - 5;
      copy[at] = (copy[at] ?? 0) ^ 1;
      copy.writeUInt32BE(crc32c(copy, 21), 17);
      return [copy, ...others];
    },
  },
];

/** The twin that `--twin NAME` asks for; undefined without the option. An unknown name ends the process with the known ones. */
export function fileTwinOption(options: readonly string[]): FileTwin | undefined {
  const index = options.indexOf('--twin');
  if (index < 0) return undefined;
  const twin = fileTwins.find(({ name }) => name === options[index + 1]);
  if (twin !== undefined) return twin;
  console.error(`--twin takes one of: ${fileTwins.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

/** Makes the mistake in each log of topic `log`, and takes the journal away that would repair it. */
export function makeMistake(directory: string, twin: FileTwin): void {
  for (const name of readdirSync(directory)) {
    if (/^journal\.\d$/.test(name)) rmSync(join(directory, name));
    if (!/^log-\d+$/.test(name)) continue;
    const folder = join(directory, name);
    const segments = readdirSync(folder).filter((file) => file.endsWith('.log'));
    const active = join(folder, segments.sort().at(-1) ?? '');
    if (segments.length === 0 || !statSync(active).isFile()) continue;
    const batches = wholeBatches(readFileSync(active));
    if (batches.length >= batchesMin) writeFileSync(active, Buffer.concat(twin.instead(batches)));
  }
}

function wholeBatches(bytes: Buffer): Buffer[] {
  const batches: Buffer[] = [];
  for (let at = 0; at + 61 <= bytes.length;) {
    const end = at + 12 + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    batches.push(bytes.subarray(at, end));
    at = end;
  }
  return batches;
}
