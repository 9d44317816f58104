// The embedded store of jobs: all queues of one handle, on one journal. Open it, give `{ embedded: store }` to BullMQ as the
// connection, close it last. Protects: a transaction is in memory and in the journal or in neither (in the same turn); two
// stores share nothing; after a failed write nothing is accepted any more.
// Leaves out: several processes on one directory (the second one is refused).

import { dirname } from 'node:path';
import type { Clock, Disk, DiskLock, Platform, Scheduler } from '@drave/platform';
import { applyChange } from './change.js';
import { FileJournal } from './file-journal.js';
import type { JobRow } from './job-row.js';
import { volatileJournal, type Change, type JobJournal } from './journal.js';
import { QueueState, type QueueHost } from './queue-state.js';

export interface JobStoreOptions {
  readonly platform: Platform;
  /** Where the journal lives, made when missing; without it and without `journal` nothing outlives the process. */
  readonly directory?: string;
  /** A journal of one's own, instead of the file. */
  readonly journal?: JobJournal;
  /** See FileJournalOptions. */
  readonly compactionBytes?: number;
}

/** Bytes not yet on the disk above which workers wait as producers do. */
const backlogBytesMax = 8 * 1024 * 1024;

export class EmbeddedJobStore implements QueueHost {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly #queues = new Map<string, QueueState>();
  #journal: JobJournal = volatileJournal();
  #lock: DiskLock | undefined;
  #changes: Change[] = [];
  #placement = 0;
  #isClosed = false;
  #depth = 0;

  private constructor(platform: Platform) {
    this.clock = platform.clock;
    this.scheduler = platform.scheduler;
  }

  static async open(options: JobStoreOptions): Promise<EmbeddedJobStore> {
    const { platform, directory } = options;
    const store = new EmbeddedJobStore(platform);
    if (options.journal !== undefined) store.#journal = options.journal;
    else if (directory !== undefined) {
      await makeDurably(platform.disk, directory);
      store.#lock = await platform.disk.lock(directory);
      store.#journal = new FileJournal({
        disk: platform.disk,
        logger: platform.logger,
        directory,
        snapshot: () => store.#snapshot(),
        ...(options.compactionBytes === undefined
          ? {}
          : { compactionBytes: options.compactionBytes }),
      });
    }
    try {
      await store.#journal.load((changes) => {
        for (const change of changes) applyChange(change, (name) => store.queue(name));
      });
    } catch (error) {
      await store.#lock?.release();
      throw error;
    }
    for (const queue of store.#queues.values()) queue.afterLoad();
    return store;
  }

  /** Waits for what is under way; then every call fails. Close BullMQ's queues and workers first. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#journal.close();
    await this.#lock?.release();
  }

  get queueNames(): readonly string[] {
    return [...this.#queues.keys()];
  }

  /** Runs `operation` in one turn; all it changes is one transaction of the journal. */
  transact<T>(operation: () => T): T {
    if (this.#isClosed) throw new Error('this store of jobs is closed: open it again');
    if (this.#journal.failure !== undefined) throw this.#journal.failure;
    this.#depth += 1;
    try {
      return operation();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0 && this.#changes.length > 0) {
        const changes = this.#changes;
        this.#changes = [];
        this.#journal.append(changes);
      }
    }
  }

  /** Settles when all that happened so far survives a crash. */
  durable(): Promise<void> {
    return this.#journal.durable();
  }

  /** Undefined, or a promise to wait for because the disk is far behind. */
  pace(): Promise<void> | undefined {
    return this.#journal.backlogBytes > backlogBytesMax ? this.#journal.durable() : undefined;
  }

  // QueueHost

  nowMs(): number {
    return this.clock.nowMs();
  }

  record(change: Change): void {
    this.#changes.push(change);
  }

  nextPlacement(): number {
    return (this.#placement += 1);
  }

  seenPlacement(placement: number): void {
    this.#placement = Math.max(this.#placement, placement);
  }

  queue(qualifiedName: string): QueueState {
    let queue = this.#queues.get(qualifiedName);
    if (queue === undefined) {
      queue = new QueueState(qualifiedName, this);
      this.#queues.set(qualifiedName, queue);
    }
    return queue;
  }

  find(key: string): { readonly queue: QueueState; readonly row: JobRow } | undefined {
    // An id may hold colons (`repeat:<scheduler>:<ms>`), so the longest name of a queue need not be right.
    for (let colon = key.lastIndexOf(':'); colon > 0; colon = key.lastIndexOf(':', colon - 1)) {
      const queue = this.#queues.get(key.slice(0, colon));
      const row = queue?.rows.get(key.slice(colon + 1));
      if (queue !== undefined && row !== undefined) return { queue, row };
    }
    return undefined;
  }

  *#snapshot(): Generator<readonly Change[]> {
    for (const queue of this.#queues.values()) yield* queue.snapshot();
  }
}

/** A directory whose name survives a crash, with those above it that had to be made. */
async function makeDurably(disk: Disk, directory: string): Promise<void> {
  const parents: string[] = [];
  for (let path = directory; (await disk.stat(path)) === undefined; path = dirname(path)) {
    parents.push(dirname(path));
  }
  await disk.makeDirectory(directory);
  for (const parent of parents) await disk.syncDirectory(parent);
}
