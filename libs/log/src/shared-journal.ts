// One journal for all logs of a data directory: what a commit round wrote to many segment files is written once more, here, and
// made durable by one fdatasync; the segments are synced in the background before their part of the journal is recycled.
// Protects: for each log, everything between what is synced in its segments and its durable offset is in the journal, without a
// gap; parts are used and recycled in the order of their epochs; a failed write or sync takes the directory out of service.
// Back-pressure: while no part has room, rounds are synced directly, which also ends the work of the background.
// Leaves out: replaying (journal-replay.ts). Source: performance design, section 4; format: docs/design/log-format.md.

import { assert, type Platform } from '@drave/platform';
import type { DirectoryHealth } from './data-directory.js';
import { type DiskRoom, isDiskFull } from './disk-room.js';
import type { DiskReserve } from './disk-reserve.js';
import { JournalCosts } from './journal-costs.js';
import {
  blockBytes,
  entryBytes,
  type LogName,
  partPath,
  recordHeaderBytes,
  RecordWriter,
} from './journal-format.js';
import { JournalPart } from './journal-part.js';
import type { WriteRun } from './write-run.js';

/** What a turn has for the journal before the segments get it. */
export interface LeadingRuns {
  /** Takes what fits into a record of `maxBytes`, entries included. Called once, when the record is made. */
  take(maxBytes: number): readonly LeadingRun[];
  /**
   * Writes the segments, while the journal is synced; settles when no write is under way, undefined: at once. `isJournaled`: false when
   * there was no room, so that it is like any write. Never throws or rejects.
   */
  write(isJournaled: boolean): Promise<void> | undefined;
}

export interface LeadingRun {
  readonly log: JournaledLog;
  readonly run: WriteRun;
}

/** A log as the journal sees it. */
export interface JournaledLog {
  readonly name: LogName;
  /** Of the entries for what was written and is not durable; 0: nothing; Infinity: only a sync can make it durable. */
  readonly journalBytes: number;
  /** Hands over what `journalBytes` counts, in order. */
  takeRuns(): readonly WriteRun[];
  /** What ends at or below `endOffset` is durable once it is written. */
  journaled(endOffset: number): void;
  /** Syncs the segments; never rejects. */
  syncWritten(): Promise<void>;
}

export interface JournalSettings {
  /** False: every round syncs its segments. */
  readonly isEnabled: boolean;
  /** The files are made at the start; otherwise when a round first wants them. */
  readonly atStart: boolean;
  /** Bytes of each of the two files. */
  readonly partBytes: number;
  /** Rounds with fewer logs are synced directly; undefined: whichever was measured to be cheaper. */
  readonly fromLogs: number | undefined;
  /** A log with more bytes in a round is synced directly: writing them twice would cost more than its fdatasync. */
  readonly logBytesMax: number;
  /** Bytes of one record; what does not fit is synced directly. */
  readonly roundBytesMax: number;
  /** A turn over many logs goes to the journal before their segments are written, unless a round is under way. */
  readonly leads: boolean;
}

export const journalDefaults: JournalSettings = Object.freeze({
  isEnabled: true,
  atStart: false,
  partBytes: 64 * 1024 * 1024,
  fromLogs: undefined,
  logBytesMax: 256 * 1024,
  roundBytesMax: 8 * 1024 * 1024,
  leads: true,
});

/** How long after the disk had no room for its files they are tried again. */
const retryMs = 60_000;
/** fdatasync calls of the background at once; the thread pool has four threads. */
const parallelDrains = 2;

export interface JournalFigures {
  /** Records written, and their bytes. */
  rounds: number;
  /** Of the records, those that were made before the segments were written. */
  led: number;
  bytes: number;
  /** Rounds that were synced directly because that is cheaper, or the journal not there yet. */
  synced: number;
  /** Rounds that found no room and were synced directly. */
  refused: number;
  /** Parts made free again. */
  recycled: number;
}

export interface SharedJournalOptions {
  readonly platform: Platform;
  readonly directory: string;
  readonly health: DirectoryHealth;
  readonly reserve: DiskReserve;
  readonly room: DiskRoom;
  readonly settings: JournalSettings;
}

type Part = JournalPart<JournaledLog>;

export class SharedJournal {
  readonly figures: JournalFigures = {
    rounds: 0,
    led: 0,
    bytes: 0,
    synced: 0,
    refused: 0,
    recycled: 0,
  };
  readonly costs: JournalCosts;
  readonly #options: SharedJournalOptions;
  readonly #writer = new RecordWriter();
  /** none → preparing → ready, or none again where the disk has no room; off: closed or failed. */
  #state: 'none' | 'preparing' | 'ready' | 'off' = 'none';
  #prepared: Promise<void> = Promise.resolve();
  /** Monotonic: not tried before; undefined: the disk never was short of room for it. */
  #retryAtMs: number | undefined;
  #parts: readonly Part[] = [];
  #active: Part | undefined;
  /** Records, one after another; never rejects. */
  #records: Promise<void> = Promise.resolve();
  /** Recycling, one part after another; never rejects. */
  #drains: Promise<void> = Promise.resolve();
  #leaving: JournaledLog[] = [];
  #left: Promise<void> | undefined;

  constructor(options: SharedJournalOptions) {
    this.#options = options;
    this.costs = new JournalCosts(options.settings.fromLogs);
    // A part holds at least one record.
    assert(
      options.settings.partBytes > blockBytes + options.settings.roundBytesMax,
      'journal-part-holds-a-round',
      { ...options.settings },
    );
  }

  /** Of the entries of one log in a round. */
  get logBytesMax(): number {
    return this.#options.settings.logBytesMax;
  }

  /** Makes the files where the settings say so. Call once, first of all; never rejects. */
  async start(): Promise<void> {
    if (this.#options.settings.atStart) this.#prepare();
    await this.#prepared;
  }

  /** Which logs of a round go through the journal and which are synced; those that are durable already are in neither. */
  split<Log extends JournaledLog>(logs: readonly Log[]): { journaled: Log[]; synced: Log[] } {
    const { logBytesMax } = this.#options.settings;
    const open = logs.filter((log) => log.journalBytes > 0);
    const fitting = open.filter((log) => log.journalBytes <= logBytesMax);
    const isWorthIt = fitting.length > 0 && this.costs.prefersJournal(fitting.length);
    if (isWorthIt && this.#state === 'none') this.#prepare();
    if (!isWorthIt || this.#state !== 'ready') {
      this.figures.synced++;
      return { journaled: [], synced: open };
    }
    return { journaled: fitting, synced: open.filter((log) => log.journalBytes > logBytesMax) };
  }

  /** Makes what these logs have written durable. Never rejects. */
  commit(logs: readonly JournaledLog[]): Promise<void> {
    if (logs.length === 0) return Promise.resolve();
    return this.#serially(() => this.#commit(logs));
  }

  /** Whether a turn over so many logs may come by `lead`. */
  leads(logCount: number): boolean {
    return this.#state === 'ready' && this.#options.settings.leads && this.costs.isMany(logCount);
  }

  /** Makes durable what a turn is about to write, without waiting for its writes before. Never rejects. */
  lead(runs: LeadingRuns): Promise<void> {
    return this.#serially(() => this.#lead(runs));
  }

  /**
   * Makes what the journal has of `log` void, durably, before its segments are cut or removed. They must be synced, and the log
   * must not be written to meanwhile. Rejects when the directory failed.
   */
  async forget(log: JournaledLog): Promise<void> {
    const { health } = this.#options;
    health.throwIfFailed();
    if (!this.#parts.some((part) => part.logs.has(log))) return;
    this.#leaving.push(log);
    this.#left ??= this.#serially(() => this.#forgetLeaving());
    await this.#left;
    health.throwIfFailed();
  }

  /** Syncs all segments that the journal stands for and empties it. Settles when that is done or the directory failed. */
  async drain(): Promise<void> {
    await this.#serially(async () => {
      if (this.#active !== undefined && !this.#active.isEmpty) this.#retire(this.#active);
    });
    await this.#drains;
  }

  /** Empties it and closes its files. No log may be in use. Rejects when the directory failed. */
  async close(): Promise<void> {
    await this.#prepared;
    await this.drain();
    this.#state = 'off';
    for (const part of this.#parts) await part.close();
    this.#options.health.throwIfFailed();
  }

  async #commit(logs: readonly JournaledLog[]): Promise<void> {
    const { settings, platform } = this.#options;
    const started = platform.clock.monotonicMs();
    const chosen: JournaledLog[] = [];
    const others: JournaledLog[] = [];
    let sizeBytes = recordHeaderBytes;
    for (const log of logs) {
      const bytes = log.journalBytes;
      const fits = sizeBytes + bytes <= settings.roundBytesMax;
      (fits ? chosen : others).push(log);
      if (fits) sizeBytes += bytes;
    }
    const part = this.#partFor(sizeBytes);
    if (part === undefined) {
      this.figures.refused++;
      others.push(...chosen.splice(0));
    } else if (chosen.length > 0) {
      await this.#record(part, chosen);
      this.costs.journalTook(platform.clock.monotonicMs() - started);
    }
    await syncAll(others, parallelDrains);
  }

  async #lead(runs: LeadingRuns): Promise<void> {
    const { health, settings } = this.#options;
    if (health.failure !== undefined) return;
    const taken = runs.take(settings.roundBytesMax);
    let sizeBytes = recordHeaderBytes;
    for (const { log, run } of taken) sizeBytes += entryBytes(log.name, run.sizeBytes);
    const part = taken.length > 0 ? this.#partFor(sizeBytes) : undefined;
    if (part === undefined) {
      await runs.write(false);
      return;
    }
    this.#writer.begin();
    for (const { log, run } of taken) {
      const { segment, position, chunks } = run;
      part.logs.add(log);
      this.#writer.batches(log.name, { segmentBase: segment.baseOffset, position }, chunks);
    }
    const meanwhile = (): Promise<void> | undefined => runs.write(true);
    if (!(await this.#append(part, { meanwhile }))) {
      const logs = taken.map(({ log }) => log);
      return syncAll(logs, parallelDrains);
    }
    this.figures.led++;
    for (const { log, run } of taken) log.journaled(run.endOffset);
  }

  async #record(part: Part, logs: readonly JournaledLog[]): Promise<void> {
    this.#writer.begin();
    const ends = logs.map((log) => {
      const runs = log.takeRuns();
      part.logs.add(log);
      for (const { segment, position, chunks } of runs) {
        this.#writer.batches(log.name, { segmentBase: segment.baseOffset, position }, chunks);
      }
      return { log, endOffset: runs.at(-1)?.endOffset ?? 0 };
    });
    if (!(await this.#append(part))) return syncAll(logs, parallelDrains);
    for (const { log, endOffset } of ends) log.journaled(endOffset);
  }

  async #forgetLeaving(): Promise<void> {
    const { health } = this.#options;
    this.#left = undefined;
    const logs = this.#leaving.splice(0);
    let part: Part | undefined;
    const sizeBytes = logs.reduce((sum, log) => sum + entryBytes(log.name, 0), recordHeaderBytes);
    for (;;) {
      if (health.failure !== undefined) return;
      part = this.#partFor(sizeBytes);
      if (part !== undefined) break;
      await this.#drains;
    }
    this.#writer.begin();
    for (const log of logs) this.#writer.forget(log.name);
    const { room } = this.#options;
    if (!(await this.#append(part, { withRoom: (write) => room.wait(write) }))) return;
    for (const { logs: held } of this.#parts) for (const log of logs) held.delete(log);
  }

  /** Settles with whether the record is durable; false: there was no room for it, or the directory failed. */
  async #append(
    part: Part,
    {
      meanwhile,
      withRoom = (write) => write(),
    }: {
      readonly meanwhile?: () => Promise<void> | undefined;
      readonly withRoom?: (write: () => Promise<number>) => Promise<number>;
    } = {},
  ): Promise<boolean> {
    const { health, room } = this.#options;
    if (health.failure !== undefined) return false;
    try {
      this.figures.bytes += await withRoom(() =>
        part.append((epoch, sequence) => this.#writer.end(epoch, sequence), meanwhile),
      );
    } catch (error) {
      if (isDiskFull(error) && room.mayPass(error)) this.figures.refused++;
      else health.fail(`write ${part.path}`, error);
      return false;
    }
    this.figures.rounds++;
    return true;
  }

  /** The part that takes a record of this size; undefined while the other one is not recycled. */
  #partFor(sizeBytes: number): Part | undefined {
    if (this.#active?.hasRoom(sizeBytes)) return this.#active;
    const next = this.#parts
      .filter((part) => part.state === 'free')
      .sort((one, other) => one.epoch - other.epoch)[0];
    if (next === undefined) return undefined;
    if (this.#active !== undefined) this.#retire(this.#active);
    next.state = 'active';
    this.#active = next;
    return next;
  }

  /** Begins to recycle the active part. */
  #retire(part: Part): void {
    part.state = 'draining';
    this.#active = undefined;
    this.#drains = this.#drains.then(() => this.#recycle(part));
  }

  async #recycle(part: Part): Promise<void> {
    const { health, room } = this.#options;
    await syncAll([...part.logs], parallelDrains);
    if (health.failure !== undefined) return;
    try {
      await room.wait(() => part.begin(this.#nextEpoch()));
      this.figures.recycled++;
    } catch (error) {
      health.fail(`recycle ${part.path}`, error);
    }
  }

  #nextEpoch(): { epoch: number; salt: number } {
    const epoch = 1 + Math.max(...this.#parts.map((part) => part.epoch));
    return { epoch, salt: this.#options.platform.random.bytes(4).readUInt32BE(0) };
  }

  /** Makes the files in the background; until they are there, rounds are synced directly. */
  #prepare(): void {
    const { health, platform, directory } = this.#options;
    if (platform.clock.monotonicMs() < (this.#retryAtMs ?? 0)) return;
    this.#state = 'preparing';
    this.#prepared = this.#openParts().catch((error: unknown) => {
      this.#state = 'off';
      health.fail(`make the journal of ${directory}`, error);
    });
  }

  async #openParts(): Promise<void> {
    const { platform, directory, reserve } = this.#options;
    const neededBytes = await this.#missingBytes();
    if (neededBytes > 0 && !reserve.hasRoomFor(neededBytes)) return this.#withoutRoom(neededBytes);
    const parts: Part[] = [];
    try {
      await this.#fillParts(parts);
    } catch (error) {
      this.#parts = [];
      for (const part of parts) await part.close();
      if (!isDiskFull(error)) throw error;
      // Nothing is in them yet, and others need the room.
      for (const index of [0, 1]) await platform.disk.remove(partPath(directory, index));
      return this.#withoutRoom(neededBytes);
    }
    if (this.#retryAtMs !== undefined) platform.logger.info('journal-on', { directory });
    this.#state = 'ready';
  }

  async #fillParts(parts: Part[]): Promise<void> {
    const { platform, directory, settings } = this.#options;
    const sizeBytes = settings.partBytes;
    for (const index of [0, 1]) {
      parts.push(await JournalPart.open(platform.disk, directory, { index, sizeBytes }));
    }
    await platform.disk.syncDirectory(directory);
    this.#parts = parts;
    for (const part of parts) await part.begin(this.#nextEpoch());
  }

  /** Of the files, beside what is there from before. */
  async #missingBytes(): Promise<number> {
    const { platform, directory, settings } = this.#options;
    let missing = 0;
    for (const index of [0, 1]) {
      const stat = await platform.disk.stat(partPath(directory, index));
      missing += Math.max(0, settings.partBytes - (stat?.sizeBytes ?? 0));
    }
    return missing;
  }

  #withoutRoom(neededBytes: number): void {
    const { platform, directory } = this.#options;
    if (this.#retryAtMs === undefined) {
      platform.logger.warn('journal-off', { directory, neededBytes });
    }
    this.#retryAtMs = platform.clock.monotonicMs() + retryMs;
    this.#state = 'none';
  }

  #serially(work: () => Promise<void>): Promise<void> {
    this.#records = this.#records.then(work);
    return this.#records;
  }
}

/** Syncs the logs' segments, `lanes` at a time. */
export async function syncAll(
  logs: readonly { syncWritten(): Promise<void> }[],
  lanes: number,
): Promise<void> {
  const queue = logs.values();
  const lane = async (): Promise<void> => {
    for (const log of queue) await log.syncWritten();
  };
  await Promise.all(Array.from({ length: Math.min(lanes, logs.length) }, lane));
}
