// A browse as server-sent events: phase, message, progress, done, error; `id:` is the cursor, so that Last-Event-ID resumes. Protects:
// at most ten frames a second; what waits for a slow reader is bounded: a search then waits, a followed topic loses its oldest rows
// and says how many (`dropped`); a silent stream sends a comment every 15 s. Leaves out: opening and closing the browse.

import type { BrowseEvent, BrowseProgress } from '@drave/client';
import type { MessageBody } from '@drave/contracts/rest';
import { restErrorOf } from '@drave/nest/http';
import type { Platform } from '@drave/platform';
import { messageBody, weightOf, type PayloadFormats } from './message-view.js';
import { toRestError } from './invalid-request.js';
import type { OpenBrowse } from './open-browse.js';

const streamLimits = Object.freeze({
  heartbeatMs: 15_000,
  /** Between two groups of at most two frames. */
  gapMs: 200,
  rowsMax: 1_000,
  bytesMax: 8 * 1_048_576,
});

export interface StreamOptions {
  readonly browse: OpenBrowse;
  readonly formats: PayloadFormats;
  readonly isFollowing: boolean;
  readonly platform: Platform;
}

/** Frames as they are to be sent; ends after `done` or `error`. */
export async function* messageFrames(options: StreamOptions): AsyncGenerator<string> {
  const { browse, platform } = options;
  const backlog = new Backlog(options);
  const pumping = backlog.pump(browse.events);
  try {
    for (;;) {
      const isNews = await backlog.news(streamLimits.heartbeatMs);
      if (!isNews) yield ': heartbeat\n\n';
      for (const frame of backlog.take()) yield frame;
      if (backlog.isOver) return;
      await platform.scheduler.sleep(streamLimits.gapMs);
    }
  } finally {
    await browse.close();
    backlog.stop();
    await pumping;
  }
}

class Backlog {
  readonly #options: StreamOptions;
  readonly #rows: MessageBody[] = [];
  #weight = 0;
  #dropped = 0;
  #damaged: unknown[] = [];
  #phase: string | undefined;
  #progress: BrowseProgress | undefined;
  #cursor: (() => string) | undefined;
  #last: string | undefined;
  #onNews: (() => void) | undefined;
  #onRoom: (() => void) | undefined;
  #isOver = false;
  #isStopped = false;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /** The last frame was taken. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Settles when the browse has ended; never rejects. */
  async pump(events: AsyncIterable<BrowseEvent>): Promise<void> {
    try {
      for await (const event of events) {
        this.#put(event);
        this.#onNews?.();
        if (!this.#isFull()) continue;
        if (this.#options.isFollowing) this.#dropOldest();
        else await this.#room();
        if (this.#isStopped) return;
      }
    } catch (error) {
      const { errorCode, message } = restErrorOf(toRestError(error));
      this.#last = frame('error', { error_code: errorCode, message });
      if (errorCode === 50001) {
        this.#options.platform.logger.error('message-stream-failed', { error });
      }
    }
    this.#onNews?.();
  }

  /** Whether there is something to take, waiting for it up to `ms`. */
  async news(ms: number): Promise<boolean> {
    let isLate = false;
    const timer = this.#options.platform.scheduler.setTimer(ms, () => {
      isLate = true;
      this.#onNews?.();
    });
    while (!this.#hasNews() && !isLate) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onNews = resolve;
      await promise;
    }
    this.#onNews = undefined;
    timer.cancel();
    return this.#hasNews();
  }

  *take(): Iterable<string> {
    if (this.#phase !== undefined) yield frame('phase', { phase: this.#phase });
    this.#phase = undefined;
    const cursor = this.#cursor?.();
    if (this.#rows.length > 0 || this.#damaged.length > 0) {
      const records = this.#rows.splice(0);
      const damaged = this.#damaged.splice(0);
      const dropped = this.#dropped > 0 ? { dropped: this.#dropped } : {};
      this.#weight = 0;
      this.#dropped = 0;
      yield frame('message', { records, damaged, ...dropped }, cursor);
    }
    const progress = this.#progress;
    this.#progress = undefined;
    if (this.#last !== undefined) {
      this.#isOver = true;
      yield this.#last;
    } else if (progress) yield frame('progress', this.#options.browse.progressOf(progress), cursor);
    this.#onRoom?.();
  }

  stop(): void {
    this.#isStopped = true;
    this.#onRoom?.();
  }

  #put(event: BrowseEvent): void {
    switch (event.kind) {
      case 'phase':
        this.#phase = event.phase;
        return;
      case 'record': {
        const row = messageBody(event.record, this.#options.formats);
        this.#rows.push(row);
        this.#weight += weightOf(row);
        this.#cursor = event.cursor;
        return;
      }
      case 'damaged':
        if (this.#damaged.length < 100) this.#damaged.push(event.batch);
        return;
      case 'progress': {
        // A silent followed topic makes no news.
        const isSame = event.scannedRecords === this.#scanned && this.#options.isFollowing;
        this.#scanned = event.scannedRecords;
        this.#cursor = event.cursor;
        if (!isSame) this.#progress = event;
        return;
      }
      case 'done': {
        const { reason, cursor = null, progress } = event;
        const body = { reason, cursor, progress: this.#options.browse.progressOf(progress) };
        this.#last = frame('done', body, cursor ?? undefined);
      }
    }
  }
  #scanned = -1;

  #hasNews(): boolean {
    return (
      this.#rows.length > 0 ||
      this.#damaged.length > 0 ||
      this.#phase !== undefined ||
      this.#progress !== undefined ||
      this.#last !== undefined
    );
  }

  #isFull(): boolean {
    return this.#rows.length >= streamLimits.rowsMax || this.#weight >= streamLimits.bytesMax;
  }

  #dropOldest(): void {
    while (this.#isFull()) {
      const row = this.#rows.shift();
      if (!row) return;
      this.#weight -= weightOf(row);
      this.#dropped += 1;
    }
  }

  async #room(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onRoom = resolve;
    if (!this.#isStopped) await promise;
    this.#onRoom = undefined;
  }
}

function frame(event: string, data: unknown, id?: string): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
