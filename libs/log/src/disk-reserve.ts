// Refuses clients' appends before the file system is full, so that commits, metadata, indexes and checkpoints still fit.
// Protects: a full disk is an answer that ends by itself, not a failed write that takes the directory out of service.
// Free space is asked for once a second while there are appends; in between, appended bytes count against the last answer.
// Leaves out: other programs that fill the disk within that second. Source: reliability design, G12.

import { KafkaError } from '@drave/contracts';
import type { Platform, Timer } from '@drave/platform';

const askEveryMs = 1000;
const GiB = 2 ** 30;

/** Of a disk of this size: 5 %, at least 1 GiB, at most 8 GiB and a tenth. */
export function defaultReserve(capacityBytes: number): number {
  const wanted = Math.min(Math.max(capacityBytes / 20, GiB), 8 * GiB);
  return Math.floor(Math.min(wanted, capacityBytes / 10));
}

export interface DiskReserveOptions {
  readonly platform: Platform;
  readonly directory: string;
  /** Bytes kept free of clients' records; 0 switches the check off, a negative number takes `defaultReserve`. */
  readonly reserveBytes: number;
}

export class DiskReserve {
  readonly #options: DiskReserveOptions;
  #freeBytes = Number.POSITIVE_INFINITY;
  #reserveBytes: number;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: DiskReserveOptions) {
    this.#options = options;
    this.#reserveBytes = options.reserveBytes;
  }

  /** Infinity while unknown. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Negative before the disk was asked for its size. */
  get reserveBytes(): number {
    return this.#reserveBytes;
  }

  /** True while clients' appends are refused. */
  get isShort(): boolean {
    return this.#freeBytes < this.#reserveBytes;
  }

  /** So many bytes can be taken without touching the reserve, by what is known of the disk. */
  hasRoomFor(sizeBytes: number): boolean {
    return this.#freeBytes - sizeBytes >= this.#reserveBytes;
  }

  /** Asks for the free space. A disk that cannot tell counts as having enough: its writes will tell. */
  async ask(): Promise<void> {
    const { platform, directory } = this.#options;
    if (this.#reserveBytes === 0) return;
    const wasShort = this.isShort;
    try {
      if (this.#reserveBytes < 0) {
        this.#reserveBytes = defaultReserve(await platform.disk.totalBytes(directory));
      }
      this.#freeBytes = await platform.disk.freeBytes(directory);
    } catch (error) {
      platform.logger.warn('disk-space-unknown', { directory, error: String(error) });
      this.#freeBytes = Number.POSITIVE_INFINITY;
    }
    if (this.isShort === wasShort) return;
    const facts = { directory, freeBytes: this.#freeBytes, reserveBytes: this.#reserveBytes };
    if (this.isShort) platform.logger.error('disk-nearly-full', facts);
    else platform.logger.info('disk-has-room-again', facts);
  }

  /** For what can wait: room beyond the reserve; where there is none, it is asked for again soon. */
  get hasRoom(): boolean {
    if (this.isShort) this.#askLater();
    return !this.isShort;
  }

  /** Throws KAFKA_STORAGE_ERROR (retriable) while space is short. */
  check(): void {
    if (!this.isShort) return;
    this.#askLater();
    const { directory } = this.#options;
    throw new KafkaError(
      'KAFKA_STORAGE_ERROR',
      `the disk of ${directory} has ${this.#freeBytes} bytes left, ${this.#reserveBytes} are kept in reserve: free some space, writing resumes by itself`,
    );
  }

  /** Bytes were appended. */
  took(sizeBytes: number): void {
    if (this.#reserveBytes === 0) return;
    this.#freeBytes -= sizeBytes;
    this.#askLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #askLater(): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timer = this.#options.platform.scheduler.setTimer(askEveryMs, () => {
      void this.ask().then(() => {
        this.#timer = undefined;
        if (this.isShort) this.#askLater();
      });
    });
  }
}
