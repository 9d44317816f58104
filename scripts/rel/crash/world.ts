// What the crash and fault proofs of the log share: a log directory on a disk in memory, its files as an image that can be damaged, and
// the judgement of what a log shows after it was opened again.
// Protects: a state is judged by what was written alone, never by what the log says of itself; damage excuses only the batches it
// may touch. Leaves out: making the states (torn-files.ts, flips.ts, workload.ts).

import { LogManager, type LogManagerOptions, logSettings, type PartitionLog } from '@drave/log';
import {
  type Disk,
  type Logger,
  memoryDisk,
  type MemoryDisk,
  nodePlatform,
  type Platform,
  silentLogger,
} from '@drave/platform';
import { type CompressionCodec, forEachBatch, RecordBatchBuilder } from '@drave/protocol';
import type { Twin } from './twins.ts';

export const root = '/data';
export const firstTimestamp = 1_700_000_000_000;
export const topicId = '5c1f8b1e-6a44-4a5e-9d0e-0d0f2d1f9a11';

/** Paths of files with their bytes. */
export type Image = ReadonlyMap<string, Buffer>;

/** One batch of one record, as it was written. */
export interface Entry {
  readonly value: string;
  readonly epoch: number;
  readonly key: string;
  readonly timestamp: number;
  /** Of producer 7; −1: not idempotent. */
  readonly sequence: number;
}

/** What must hold for one log. */
export interface Facts {
  /** What was acknowledged and may not be missing, by offset. */
  readonly written: ReadonlyMap<number, Entry>;
  /** Offsets that the damage may have taken. */
  readonly mayMiss: (offset: number) => boolean;
  /** What else may stand at an offset: written and never acknowledged, or being cut off. */
  readonly possible?: ReadonlyMap<number, readonly Entry[]>;
  /** Acknowledged: nothing below it is there any more. */
  readonly startMin?: number;
  /** Acknowledged up to here, markers too. */
  readonly endMin?: number;
  /** What a log that holds all up to `endOffset` must tell of its transactions. */
  readonly transactions?: (endOffset: number) => TransactionFacts;
}

export interface TransactionFacts {
  readonly stableOffset: number;
  /** In the order of their markers; `lastOffset` is the marker's. */
  readonly aborted: readonly {
    readonly producerId: number;
    readonly firstOffset: number;
    readonly lastOffset: number;
  }[];
}

export interface State {
  readonly name: string;
  /** By `<topic>-<partition>`. */
  readonly logs: ReadonlyMap<string, Facts>;
  /** The directory may be refused: its identity is damaged. */
  readonly mayRefuse?: boolean;
  /** Logs whose identity is damaged. */
  readonly mayLack?: (key: string) => boolean;
  /** Whether damage that takes records has to be told in the log of events. */
  readonly isReported?: boolean;
}

/** What was counted, and the first wrong states in words. */
export class Tally {
  states = 0;
  wrong = 0;
  lost = 0;
  served = 0;
  refused = 0;
  readonly byFamily = new Map<string, number>();
  readonly twin: Twin | undefined;
  readonly #stopAt: number;

  /** `stopAt`: that many misses are enough to know (a broken twin). */
  constructor(twin?: Twin, stopAt = Number.POSITIVE_INFINITY) {
    this.twin = twin;
    this.#stopAt = stopAt;
  }

  get misses(): number {
    return this.wrong + this.lost + this.served;
  }

  /** True: going on tells nothing new. */
  get isSettled(): boolean {
    return this.misses >= this.#stopAt;
  }

  count(family: string): void {
    this.states++;
    this.byFamily.set(family, (this.byFamily.get(family) ?? 0) + 1);
  }

  /** Counts one wrong state under `kind` and tells the first ones. */
  miss(kind: 'wrong' | 'lost' | 'served', state: string, detail: string): void {
    this[kind]++;
    if (this.misses <= (this.twin ? 1 : 10)) console.error(`${kind}: ${state}: ${detail}`);
  }

  /** The disk as the product under proof sees it. */
  seen(disk: Disk): Disk {
    return this.twin ? this.twin.disk(disk) : disk;
  }
}

/** A platform on `disk`; timers of a second and more never fire, shorter ones at once. */
export function platformOn(disk: Disk, logger: Logger = silentLogger): Platform {
  const real = nodePlatform();
  const { scheduler } = real;
  const never = { cancel: () => undefined };
  const setTimer: typeof scheduler.setTimer = (delayMs, callback) =>
    delayMs >= 1000 ? never : scheduler.setTimer(Math.min(delayMs, 1), callback);
  return { ...real, disk, logger, scheduler: { ...scheduler, setTimer } };
}

export const smallJournal = {
  fromLogs: 1,
  atStart: true,
  partBytes: 3 * 4096,
  roundBytesMax: 4096,
  logBytesMax: 4096,
};

export function openLogs(
  platform: Platform,
  options: Partial<LogManagerOptions> = {},
): Promise<LogManager> {
  const maintenance = { scrubIntervalMs: 0, cleanerEnabled: false };
  const defaults = { directory: root, flush: 'group', nodeId: 1, maintenance } as const;
  return LogManager.open({ ...defaults, platform, tailCacheBytes: 0, reserveBytes: 0, ...options });
}

export function createLog(
  logs: LogManager,
  key: string,
  settings: Parameters<typeof logSettings>[0] = {},
): PartitionLog {
  const hyphen = key.lastIndexOf('-');
  const topicPartition = { topic: key.slice(0, hyphen), partition: Number(key.slice(hyphen + 1)) };
  return logs.create(topicPartition, { topicId, settings: logSettings(settings) });
}

export function logOf(logs: LogManager, key: string): PartitionLog | undefined {
  const hyphen = key.lastIndexOf('-');
  return logs.get({ topic: key.slice(0, hyphen), partition: Number(key.slice(hyphen + 1)) });
}

export function batchOf(entry: Entry, codec: CompressionCodec = 'none'): Buffer {
  const { sequence } = entry;
  const producer = sequence < 0 ? {} : { producerId: 7, producerEpoch: 0, baseSequence: sequence };
  const builder = new RecordBatchBuilder({ codec, ...producer });
  const { key, value, timestamp } = entry;
  builder.append({ key: Buffer.from(key), value: Buffer.from(value), timestamp });
  return Buffer.from(builder.build());
}

/** Appends; `written` settles when it is acknowledged. */
export function appendEntry(
  log: PartitionLog,
  entry: Entry,
  codec: CompressionCodec = 'none',
): { baseOffset: number; duplicate: boolean; written: Promise<void> } {
  return log.appendAsLeader(batchOf(entry, codec), {
    leaderEpoch: entry.epoch,
    nowMs: firstTimestamp,
    origin: 'client',
  });
}

/** Every file below `directory`, but the lock. */
export async function imageOf(disk: Disk, directory = root): Promise<Map<string, Buffer>> {
  const image = new Map<string, Buffer>();
  for (const name of await disk.list(directory)) {
    const path = `${directory}/${name}`;
    if (name === '.lock') continue;
    if ((await disk.stat(path))?.kind === 'file') image.set(path, await disk.readFile(path));
    else for (const [inner, bytes] of await imageOf(disk, path)) image.set(inner, bytes);
  }
  return image;
}

/** A disk that holds the image durably. */
export async function diskOf(image: Image): Promise<MemoryDisk> {
  const disk = memoryDisk();
  const folders = new Set([root]);
  for (const path of image.keys()) folders.add(path.slice(0, path.lastIndexOf('/')));
  for (const folder of folders) await disk.makeDirectory(folder);
  for (const [path, bytes] of image) {
    const file = await disk.open(path, 'create');
    await file.write([bytes], 0);
    await file.sync();
    await file.close();
  }
  for (const folder of ['/', ...folders]) await disk.syncDirectory(folder);
  return disk;
}

/** Opens what `disk` holds and judges it. */
export async function judge(tally: Tally, family: string, disk: Disk, state: State): Promise<void> {
  tally.count(family);
  const events: string[] = [];
  const platform = platformOn(tally.seen(disk), listening(events));
  let logs: LogManager;
  try {
    logs = await openLogs(platform);
  } catch (error) {
    tally.refused++;
    if (state.mayRefuse !== true) tally.miss('wrong', state.name, `refused: ${String(error)}`);
    return;
  }
  let missing = 0;
  for (const [key, facts] of state.logs) {
    const log = logOf(logs, key);
    if (log !== undefined) {
      missing += await compare(tally, `${state.name}, ${key}`, { facts, log });
    } else if ([...facts.written.keys()].some((offset) => !facts.mayMiss(offset))) {
      if (state.mayLack?.(key) !== true) tally.miss('lost', state.name, `the log ${key} is gone`);
    }
  }
  if (state.isReported === true && missing > 0 && events.length === 0) {
    tally.miss('wrong', state.name, 'damage that nobody is told of');
  }
  await logs.close().catch((error: unknown) => {
    tally.miss('wrong', state.name, `close: ${String(error)}`);
  });
}

/** Collects the warnings and errors. */
function listening(events: string[]): Logger {
  const hear = (event: string): void => void events.push(event);
  return { ...silentLogger, warn: hear, error: hear };
}

interface Subject {
  readonly facts: Facts;
  readonly log: PartitionLog;
}

/** Reads offset by offset: what comes must be what was written, what does not come must be excused. Settles with how much is missing. */
async function compare(tally: Tally, state: string, { facts, log }: Subject): Promise<number> {
  const seen = await readAll(tally, state, log);
  if (log.logStartOffset < (facts.startMin ?? 0)) {
    tally.miss('served', state, `begins at ${log.logStartOffset}, deleted below ${facts.startMin}`);
  }
  for (const [offset, found] of seen) {
    const allowed = [facts.written.get(offset), ...(facts.possible?.get(offset) ?? [])];
    const isOurs = allowed.some(
      (entry) => entry?.value === found.value && entry.epoch === found.epoch,
    );
    if (!isOurs) tally.miss('served', state, `offset ${offset} is ${JSON.stringify(found)}`);
  }
  let missing = 0;
  for (const offset of facts.written.keys()) {
    if (seen.has(offset)) continue;
    missing++;
    if (!facts.mayMiss(offset)) tally.miss('lost', state, `offset ${offset}`);
  }
  if (missing === 0) {
    await compareTransactions(tally, state, { facts, log });
    await compareDerived(tally, state, { facts, log });
  }
  return missing;
}

/** Unless markers may be damaged: where committed data ends, and the aborted transactions from every offset on. */
async function compareTransactions(
  tally: Tally,
  state: string,
  { facts, log }: Subject,
): Promise<void> {
  const { transactions, endMin = 0, mayMiss } = facts;
  const { logEndOffset: end } = log;
  if (transactions === undefined) return;
  for (let offset = 0; offset < Math.max(end, endMin); offset++) if (mayMiss(offset)) return;
  if (end < endMin) tally.miss('lost', state, `ends at ${end}, acknowledged up to ${endMin}`);
  const { stableOffset, aborted } = transactions(end);
  if (log.lastStableOffset !== stableOffset) {
    const detail = `stable up to ${log.lastStableOffset}, not ${stableOffset}`;
    return tally.miss('wrong', state, detail);
  }
  for (let from = 0; from < stableOffset; from++) {
    const expected = aborted
      .filter(({ firstOffset, lastOffset }) => firstOffset < stableOffset && lastOffset >= from)
      .map(({ producerId, firstOffset }) => `${producerId}@${firstOffset}`);
    const told = await log.abortedTransactions(from, stableOffset).catch((error: unknown) => {
      tally.miss('wrong', state, `aborted from ${from} on: ${String(error)}`);
    });
    if (told === undefined) return;
    const found = told.map(({ producerId, firstOffset }) => `${producerId}@${firstOffset}`);
    if (found.sort().join() === expected.sort().join()) continue;
    const detail = `aborted from ${from} on: ${found.join()}, not ${expected.join()}`;
    return tally.miss('wrong', state, detail);
  }
}

interface Found {
  readonly value: string;
  readonly epoch: number;
}

async function readAll(
  tally: Tally,
  state: string,
  log: PartitionLog,
): Promise<Map<number, Found>> {
  const seen = new Map<number, Found>();
  for (let offset = log.logStartOffset; offset < log.logEndOffset; offset++) {
    try {
      const bound = log.logEndOffset;
      const { records } = await log.read({ offset, maxBytes: 1, boundOffset: bound });
      forEachBatch(records, (batch) => {
        if (!batch.crcIsValid()) {
          tally.miss('served', state, `bad checksum at ${offset}`);
          return;
        }
        if (batch.isControl) return;
        const epoch = batch.partitionLeaderEpoch;
        for (const record of batch.records()) {
          if (record.offset >= offset) {
            seen.set(record.offset, { value: String(record.value), epoch });
          }
        }
      });
    } catch (error) {
      if (!/CORRUPT_MESSAGE|KAFKA_STORAGE_ERROR/.test(String(error))) {
        tally.miss('wrong', state, `offset ${offset}: ${String(error)}`);
      }
    }
  }
  return seen;
}

/** Where nothing is missing, what follows from the batches must be right too: epochs, times, producers. */
async function compareDerived(tally: Tally, state: string, { facts, log }: Subject): Promise<void> {
  const entries = [...facts.written].sort(([one], [other]) => one - other);
  const [lastOffset, last] = entries.at(-1) ?? [];
  if (last === undefined || lastOffset === undefined) return;
  const isWhole = facts.possible === undefined || log.logEndOffset === lastOffset + 1;
  if (isWhole && log.latestLeaderEpoch !== last.epoch) {
    tally.miss('wrong', state, `epoch ${log.latestLeaderEpoch}, not ${last.epoch}`);
  }
  if (facts.possible === undefined) {
    for (const [offset, { timestamp }] of entries) {
      const found = await log.offsetForTimestamp(timestamp);
      if (found?.offset === offset) continue;
      tally.miss('wrong', state, `time ${timestamp} is at ${found?.offset}, not ${offset}`);
      break;
    }
  }
  if (last.sequence < 0 || !isWhole) return;
  try {
    const again = appendEntry(log, last);
    if (again.duplicate && again.baseOffset === lastOffset) return;
    tally.miss('wrong', state, `the batch at ${lastOffset} was stored twice`);
  } catch (error) {
    tally.miss('wrong', state, `sending ${lastOffset} again: ${String(error)}`);
  }
}
