// What happens when a disk that others have filled to the last byte takes nothing more: waiting, because room comes back. Protects: the
// want of room, or of a descriptor, in the midst of a change is never taken for a failed disk; a failed sync always is (SyncError).
// The wait has no bound but the end of the directory's use (`giveUp`): then the error counts, and the next start recovers.
// Leaves out: keeping clients from filling it (disk-reserve.ts), batches that wait to be written (append-queue.ts).

import { errorCode, type Platform } from '@drave/platform';
import { isOutOfDescriptors } from './descriptors.js';

const retryMs = 200;

export function isDiskFull(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** What a later attempt may find otherwise. */
export function isPassing(error: unknown): boolean {
  return isDiskFull(error) || isOutOfDescriptors(error);
}

export class DiskRoom {
  readonly #platform: Platform;
  #isGivenUp = false;
  #isOpening = true;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Nobody waits any more. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** The logs are recovered. Before that a full disk is no reason to wait: nobody would hear of it. */
  opened(): void {
    this.#isOpening = false;
  }

  /** The directory is being closed: whoever waits gets the error. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** True: not a failure, another attempt is worth it. */
  mayPass(error: unknown): boolean {
    if (this.#isGivenUp || (this.#isOpening && isDiskFull(error))) return false;
    return isPassing(error);
  }

  /** Calls back when it is time for another attempt. */
  later(attempt: () => void): void {
    this.#platform.scheduler.setTimer(retryMs, attempt);
  }

  /** Repeats `work` for as long as the disk is full or descriptors are wanting; it must be safe to repeat. Rejects as `work` does. */
  async wait<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!this.mayPass(error)) throw error;
        if (attempt === 1) this.#platform.logger.warn('disk-wait', { error: String(error) });
        await new Promise<void>((resolve) => this.later(resolve));
      }
    }
  }
}
