// Compactions in a thread of their own, so that producers keep the loop. Protects: one thread and one run at a time, so that one offset map is
// all the memory it takes; nothing runs while nothing is compacted; a thread that dies (memory, a bug) fails the run it was in, and the
// next run gets a fresh one. Leaves out: the thread's side (compaction-worker.ts).
//
//   none ──begin──▶ running ──end──▶ idle ──10 s──▶ none          running, idle ──thread ended──▶ none

import type { Platform, Thread, Threads, Timer } from '@drave/platform';
import {
  type CompactionGroup,
  type CompactionJob,
  CompactorLostError,
  errorOf,
  type Failure,
  type Mapped,
  type Rewritten,
} from './compaction-job.js';
import { type CompactionRun, type Compactor, throwIfCancelled } from './compactor.js';

/** What a compaction holds besides the offset map: a few batches. */
const heapMiB = 256;
const idleMs = 10_000;

/** `cancel`: one int32, not 0 when the run shall end. */
export type Request =
  | { readonly kind: 'map'; readonly job: CompactionJob; readonly cancel: SharedArrayBuffer }
  | { readonly kind: 'rewrite'; readonly group: CompactionGroup }
  | { readonly kind: 'end' };

/** To each request one. */
export type Reply =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly failure: Failure };

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class ThreadCompactor implements Compactor {
  readonly #platform: Pick<Platform, 'scheduler'>;
  readonly #threads: Threads;
  #thread: Thread | undefined;
  #idle: Timer | undefined;
  #waiting: Waiting | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(platform: Pick<Platform, 'scheduler'>, threads: Threads) {
    this.#platform = platform;
    this.#threads = threads;
  }

  /** Whether its thread is there. */
  get isRunning(): boolean {
    return this.#thread !== undefined;
  }

  async begin(signal: AbortSignal): Promise<CompactionRun> {
    const before = this.#turn;
    const { promise: over, resolve: release } = Promise.withResolvers<void>();
    this.#turn = before.then(() => over);
    await Promise.race([before, aborted(signal)]);
    try {
      throwIfCancelled(signal);
    } catch (error) {
      release();
      throw error;
    }
    this.#idle?.cancel();
    return this.#run(signal, release);
  }

  async close(): Promise<void> {
    await this.#turn;
    this.#idle?.cancel();
    await this.#stop();
  }

  #run(signal: AbortSignal, release: () => void): CompactionRun {
    const cancel = new Int32Array(new SharedArrayBuffer(4));
    const onAbort = (): void => void Atomics.store(cancel, 0, 1);
    signal.addEventListener('abort', onAbort);
    const ask = (request: Request): Promise<unknown> => {
      throwIfCancelled(signal);
      return this.#ask(request);
    };
    return {
      map: async (job) => (await ask({ kind: 'map', job, cancel: cancel.buffer })) as Mapped,
      rewrite: async (group) => (await ask({ kind: 'rewrite', group })) as Rewritten,
      end: async () => {
        signal.removeEventListener('abort', onAbort);
        // Lost with all that it held, or never needed: then there is nothing to end.
        if (this.#thread) await this.#ask({ kind: 'end' }).catch(() => undefined);
        this.#rest();
        release();
      },
    };
  }

  #ask(request: Request): Promise<unknown> {
    this.#thread ??= this.#start();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting = { resolve, reject };
    this.#thread.post(request);
    return promise;
  }

  #start(): Thread {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const thread = this.#threads.start(
      new URL(`./compaction-worker.${extension}`, import.meta.url),
      {
        heapMiB,
        onMessage: (message) => this.#settle(message as Reply),
        onEnd: (error) => {
          if (this.#thread !== thread) return;
          this.#thread = undefined;
          const message = `the thread that compacts logs ended: ${error?.message ?? 'it was told to'}`;
          this.#take()?.reject(new CompactorLostError(message));
        },
      },
    );
    return thread;
  }

  #settle(reply: Reply): void {
    const waiting = this.#take();
    if (reply.kind === 'done') waiting?.resolve(reply.result);
    else waiting?.reject(errorOf(reply.failure));
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #rest(): void {
    this.#idle = this.#platform.scheduler.setTimer(idleMs, () => void this.#stop());
  }

  async #stop(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.end();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}
