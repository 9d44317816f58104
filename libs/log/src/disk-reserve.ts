// Refuses clients' appends before the file system is full, so that commits, metadata, indexes and checkpoints still fit.
// Protects: a full disk is an answer that ends by itself, not a failed write that takes the directory out of service.
// Free space is asked for once a second while there are appends; in between, appended bytes count against the last answer.
// Leaves out: other programs that fill the disk within that second. Source: reliability design, G12.

import { KafkaError } from '@drave/contracts';
import type { Platform, Timer } from '@drave/platform';

const askEveryMs = 1000;

export interface DiskReserveOptions {
  readonly platform: Platform;
  readonly directory: string;
  /** Bytes kept free of clients' records; 0 switches the check off. */
  readonly reserveBytes: number;
}

export class DiskReserve {
  readonly #options: DiskReserveOptions;
  #freeBytes = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: DiskReserveOptions) {
    this.#options = options;
  }

  /** True while clients' appends are refused. */
  get isShort(): boolean {
    return this.#freeBytes < this.#options.reserveBytes;
  }

  /** So many bytes can be taken without touching the reserve, by what is known of the disk. */
  hasRoomFor(sizeBytes: number): boolean {
    return this.#freeBytes - sizeBytes >= this.#options.reserveBytes;
  }

  /** Asks for the free space. A disk that cannot tell counts as having enough: its writes will tell. */
  async ask(): Promise<void> {
    const { platform, directory, reserveBytes } = this.#options;
    if (reserveBytes === 0) return;
    const wasShort = this.isShort;
    try {
      this.#freeBytes = await platform.disk.freeBytes(directory);
    } catch (error) {
      platform.logger.warn('disk-space-unknown', { directory, error: String(error) });
      this.#freeBytes = Number.POSITIVE_INFINITY;
    }
    if (this.isShort === wasShort) return;
    const facts = { directory, freeBytes: this.#freeBytes, reserveBytes };
    if (this.isShort) platform.logger.error('disk-nearly-full', facts);
    else platform.logger.info('disk-has-room-again', facts);
  }

  /** Throws KAFKA_STORAGE_ERROR (retriable) while space is short. */
  check(): void {
    if (!this.isShort) return;
    this.#askLater();
    const { directory, reserveBytes } = this.#options;
    throw new KafkaError(
      'KAFKA_STORAGE_ERROR',
      `the disk of ${directory} has ${this.#freeBytes} bytes left, ${reserveBytes} are kept in reserve: free some space, writing resumes by itself`,
    );
  }

  /** Bytes were appended. */
  took(sizeBytes: number): void {
    if (this.#options.reserveBytes === 0) return;
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
