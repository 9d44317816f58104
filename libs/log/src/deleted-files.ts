// Files of deleted segments (`.deleted`) that stay for a while. Protects: each is removed once, after its delay or when the directory
// closes; a crash leaves them to the recovery. Leaves out: errors that matter, the log has no use for these files any more.

import type { Platform, Timer } from '@drave/platform';

/** Timers take no longer delays; the file then goes after this. */
const delayMsMax = 0x7fff_ffff;

export class DeletedFiles {
  readonly #platform: Platform;
  readonly #waiting = new Map<string, Timer>();
  #removals: Promise<void> = Promise.resolve();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Files that are still there. */
  get count(): number {
    return this.#waiting.size;
  }

  removeLater(paths: readonly string[], delayMs: number): void {
    for (const path of paths) {
      const delay = Math.min(delayMs, delayMsMax);
      const timer = this.#platform.scheduler.setTimer(delay, () => void this.#remove(path));
      this.#waiting.set(path, timer);
    }
  }

  /** Removes all without waiting any longer; settles when they are gone. */
  async removeNow(): Promise<void> {
    for (const path of this.#waiting.keys()) void this.#remove(path);
    await this.#removals;
  }

  /** Their directory goes as a whole. */
  forget(directory: string): void {
    for (const [path, timer] of this.#waiting) {
      if (!path.startsWith(`${directory}/`)) continue;
      timer.cancel();
      this.#waiting.delete(path);
    }
  }

  #remove(path: string): Promise<void> {
    this.#waiting.get(path)?.cancel();
    this.#waiting.delete(path);
    const { disk, logger } = this.#platform;
    this.#removals = this.#removals.then(async () => {
      try {
        await disk.remove(path);
      } catch (error) {
        logger.warn('deleted-file-stays', { path, error: String(error) });
      }
    });
    return this.#removals;
  }
}
