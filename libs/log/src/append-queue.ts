// Takes appended batches of all logs to the disk: one flush per event-loop turn, then, in durable mode, rounds of fdatasync
// chained back to back. Protects: the bytes of one log are written in order, one write in flight; an offset is called durable
// only after a sync that began after its write ended; a failed write or sync is never retried, the directory fails for good.
// Rounds over many dirty files go through the shared journal (shared-journal.ts); the first of several begins with it, and the segments
// are written while it is synced. What is written later waits for the next round. Source: performance design, section 4.

import type { Platform } from '@drave/platform';
import type { DirectoryHealth } from './data-directory.js';
import { descriptorWaitMs, isOutOfDescriptors } from './descriptors.js';
import { type DiskRoom, isDiskFull } from './disk-room.js';
import type { OpenFiles, PinnedFile } from './open-files.js';
import { entryBytes, recordHeaderBytes } from './journal-format.js';
import { type JournaledLog, type SharedJournal, syncAll } from './shared-journal.js';
import type { WriteRun } from './write-run.js';

/** A log as the queue sees it. */
export interface QueuedLog extends JournaledLog {
  /** False while its directory is being made; it enqueues itself again once that is done. */
  readonly isReady: boolean;
  /** It is about to be removed: no room is waited for. */
  readonly isLeaving: boolean;
  /** What could not be written, and all that waits, never will be. */
  drop(error: unknown): void;
  /** The file of the next bytes to write, pinned; undefined when there are none. Throws what opening it throws. */
  pinNext(): PinnedFile | undefined;
  /** The next bytes to write, at most about `maxBytes`; undefined when there are none. */
  takeRun(maxBytes: number): WriteRun | undefined;
  /** As `takeRun`, but only what the journal may have before the segment: at most `maxBytes`, and all before it is durable. */
  takeLead(maxBytes: number): WriteRun | undefined;
  /** `isJournaled`: the journal makes it durable. */
  onWritten(run: WriteRun, isJournaled: boolean): void;
  /** Syncs what was written before the call and then publishes it as durable. */
  syncWritten(): Promise<void>;
}

interface WriteWay {
  readonly pinned: PinnedFile;
  /** The journal makes it durable, no round has to. */
  readonly isJournaled: boolean;
}

/** What goes to the journal first, with its segment's file. */
interface Lead {
  readonly log: QueuedLog;
  readonly run: WriteRun;
  readonly pinned: PinnedFile;
}

export type FlushMode = 'group' | 'os';

/** Above this an append is written off the loop. */
const syncWriteBytesMax = 64 * 1024;
/** One asynchronous write takes at most about this much. */
const runBytesMax = 4 * 1024 * 1024;
/** After a synchronous write slower than this … */
const slowWriteMs = 1;
/** … so many writes go off the loop. */
const carefulWrites = 16;
/** fdatasync calls at once; the thread pool has four threads. */
const parallelSyncs = 4;

export interface AppendQueueOptions {
  readonly platform: Platform;
  readonly health: DirectoryHealth;
  readonly files: OpenFiles;
  readonly room: DiskRoom;
  readonly flush: FlushMode;
  /** undefined: every round syncs its segments. */
  readonly journal: SharedJournal | undefined;
}

export class AppendQueue {
  readonly #options: AppendQueueOptions;
  readonly #waiting = new Set<QueuedLog>();
  readonly #writing = new Set<QueuedLog>();
  readonly #unsynced = new Set<QueuedLog>();
  /** No descriptor was free for their segments. */
  readonly #starving = new Set<QueuedLog>();
  /** Taken from their logs; the disk had no room for them. Written again from their first byte. */
  readonly #stuck = new Map<QueuedLog, WriteRun>();
  /** Tried again by a timer. */
  readonly #delayed = new Set<QueuedLog>();
  #isTurnDue = false;
  #isHeld = false;
  #isSyncing = false;
  #carefulWritesLeft = 0;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  /** Batches wait because the process has no file descriptor for their segments. */
  get isStarving(): boolean {
    return this.#starving.size > 0;
  }

  /** Batches wait because the disk is full to the last byte, or would. */
  get isStuck(): boolean {
    return this.#isHeld || this.#stuck.size > 0;
  }

  /** Nothing is written before `resume`. */
  hold(): void {
    this.#isHeld = true;
  }

  resume(): void {
    this.#isHeld = false;
    for (const log of this.#waiting) this.enqueue(log);
  }

  /** `log` is leaving: what has no room goes with it. */
  leave(log: QueuedLog, error: unknown): void {
    if (this.#stuck.delete(log)) log.drop(error);
  }

  /** `log` has bytes to write; they leave in the next turn of the event loop. */
  enqueue(log: QueuedLog): void {
    this.#waiting.add(log);
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#options.platform.scheduler.nextTurn(() => this.#turn());
  }

  #turn(): void {
    this.#isTurnDue = false;
    if (this.#isHeld) return;
    const logs = [...this.#waiting];
    this.#waiting.clear();
    if (!this.#isSyncing && this.#options.journal?.leads(logs.length)) {
      this.#isSyncing = true;
      void this.#leadRounds(logs);
      return;
    }
    for (const log of logs) this.#write(log);
  }

  /** The first round of several begins with the journal: the segments are written while that is synced. */
  async #leadRounds(logs: readonly QueuedLog[]): Promise<void> {
    let leads: readonly Lead[] = [];
    await this.#options.journal?.lead({
      take: (maxBytes) => (leads = this.#takeLeads(logs, maxBytes)),
      write: (isJournaled) => {
        const ends: Promise<void>[] = [];
        for (const lead of leads) {
          const end = this.#writeLead(lead, isJournaled);
          if (end !== undefined) ends.push(end);
        }
        for (const log of logs) this.#write(log); // the rest, and those that cannot lead
        return ends.length === 0 ? undefined : Promise.all(ends).then(() => undefined);
      },
    });
    await this.#syncRounds();
  }

  #takeLeads(logs: readonly QueuedLog[], maxBytes: number): Lead[] {
    const logBytesMax = this.#options.journal?.logBytesMax ?? 0;
    const leads: Lead[] = [];
    let leftBytes = maxBytes - recordHeaderBytes;
    for (const log of logs) {
      if (!log.isReady || this.#writing.has(log) || this.#stuck.has(log)) continue;
      const overheadBytes = entryBytes(log.name, 0);
      const entryBytesMax = Math.min(logBytesMax, leftBytes) - overheadBytes;
      const pinned = this.#pinNext(log, undefined);
      if (pinned === undefined) continue;
      const run = log.takeLead(Math.min(entryBytesMax, syncWriteBytesMax));
      if (run === undefined) {
        this.#options.files.unpin(pinned);
        continue;
      }
      leftBytes -= overheadBytes + run.sizeBytes;
      leads.push({ log, run, pinned });
    }
    return leads;
  }

  #writeLead({ log, run, pinned }: Lead, isJournaled: boolean): Promise<void> | undefined {
    if (this.#carefulWritesLeft > 0) return this.#writeOffLoop(log, run, { pinned, isJournaled });
    this.#writeNow(log, run, { pinned, isJournaled });
    return undefined;
  }

  #write(log: QueuedLog): void {
    if (!log.isReady || this.#writing.has(log)) return;
    while (this.#options.health.failure === undefined) {
      const stuck = this.#stuck.get(log);
      const pinned = this.#pinNext(log, stuck);
      const run = pinned && (stuck ?? log.takeRun(runBytesMax));
      if (pinned === undefined || run === undefined) return;
      if (run.sizeBytes <= syncWriteBytesMax && this.#carefulWritesLeft === 0) {
        if (!this.#writeNow(log, run, { pinned, isJournaled: false })) return;
      } else {
        void this.#writeOffLoop(log, run, { pinned, isJournaled: false });
        return;
      }
    }
  }

  /** undefined: nothing to write, or nothing can be written now. */
  #pinNext(log: QueuedLog, stuck: WriteRun | undefined): PinnedFile | undefined {
    const { health, room } = this.#options;
    try {
      const pinned = stuck ? stuck.segment.pin() : log.pinNext();
      this.#starving.delete(log);
      return pinned;
    } catch (error) {
      if (isOutOfDescriptors(error)) this.#waitForDescriptors(log, error);
      else if (room.mayPass(error))
        this.#waitForRoom(log, stuck ?? log.takeRun(runBytesMax), error);
      else health.fail('open a segment', error);
      return undefined;
    }
  }

  /** The batches stay queued; nothing is lost, nobody is told that they were written. */
  #waitForDescriptors(log: QueuedLog, error: unknown): void {
    const { platform } = this.#options;
    if (!this.isStarving) platform.logger.warn('descriptors-exhausted', { error: String(error) });
    this.#starving.add(log);
    this.#later(log, (attempt) => void platform.scheduler.setTimer(descriptorWaitMs, attempt));
  }

  /** The same bytes are written to the same place later: nobody was told that they are there. */
  #waitForRoom(log: QueuedLog, run: WriteRun | undefined, error: unknown): void {
    const { platform, room } = this.#options;
    if (log.isLeaving) {
      this.#stuck.delete(log);
      log.drop(error);
      return;
    }
    if (!this.isStuck) platform.logger.error('disk-full', { error: String(error) });
    if (run !== undefined) this.#stuck.set(log, run);
    this.#later(log, (attempt) => room.later(attempt));
  }

  #later(log: QueuedLog, schedule: (attempt: () => void) => void): void {
    if (this.#delayed.has(log)) return;
    this.#delayed.add(log);
    schedule(() => {
      this.#delayed.delete(log);
      this.enqueue(log);
    });
  }

  #failed(log: QueuedLog, run: WriteRun, error: unknown): void {
    const { health, room } = this.#options;
    if (isDiskFull(error) && room.mayPass(error)) this.#waitForRoom(log, run, error);
    else health.fail(`write ${run.segment.logPath}`, error);
  }

  #writeNow(log: QueuedLog, run: WriteRun, { pinned, isJournaled }: WriteWay): boolean {
    const { platform, files } = this.#options;
    const startMs = platform.clock.monotonicMs();
    try {
      pinned.file.writeSync(run.chunks, run.position);
    } catch (error) {
      this.#failed(log, run, error);
      return false;
    } finally {
      files.unpin(pinned);
    }
    if (platform.clock.monotonicMs() - startMs > slowWriteMs) {
      this.#carefulWritesLeft = carefulWrites;
    }
    this.#written(log, run, isJournaled);
    return true;
  }

  /** Settles when it is written or known to have failed. */
  #writeOffLoop(log: QueuedLog, run: WriteRun, { pinned, isJournaled }: WriteWay): Promise<void> {
    const { files, health } = this.#options;
    if (this.#carefulWritesLeft > 0) this.#carefulWritesLeft--;
    this.#writing.add(log);
    return pinned.file
      .write(run.chunks, run.position)
      .finally(() => {
        files.unpin(pinned);
        this.#writing.delete(log);
      })
      .then(
        () => {
          if (health.failure !== undefined) return;
          this.#written(log, run, isJournaled);
          this.#write(log);
        },
        (error: unknown) => this.#failed(log, run, error),
      );
  }

  #written(log: QueuedLog, run: WriteRun, isJournaled: boolean): void {
    if (this.#stuck.delete(log) && !this.isStuck) {
      this.#options.platform.logger.info('disk-takes-writes-again');
    }
    log.onWritten(run, isJournaled);
    if (this.#options.flush !== 'group' || isJournaled) return;
    this.#unsynced.add(log);
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    // After the loop over all logs of this turn, so that the round takes them all.
    queueMicrotask(() => void this.#syncRounds());
  }

  async #syncRounds(): Promise<void> {
    const { health } = this.#options;
    while (this.#unsynced.size > 0 && health.failure === undefined) {
      const logs = [...this.#unsynced];
      this.#unsynced.clear();
      await this.#round(logs);
    }
    this.#isSyncing = false;
  }

  async #round(logs: readonly QueuedLog[]): Promise<void> {
    const { journal, platform } = this.#options;
    if (journal === undefined) return syncAll(logs, parallelSyncs);
    const { journaled, synced } = journal.split(logs);
    if (journaled.length > 0) {
      await Promise.all([journal.commit(journaled), syncAll(synced, parallelSyncs)]);
      return;
    }
    const startMs = platform.clock.monotonicMs();
    await syncAll(synced, parallelSyncs);
    journal.costs.syncTook(platform.clock.monotonicMs() - startMs, synced.length);
  }
}
