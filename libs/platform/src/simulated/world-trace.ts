// What happened in a simulated world: one line per event, hashed as it goes, the last lines kept for a failure report.
// Line: `<milliseconds> <node> <event> <facts>`; delivered bytes go into the hash behind their line.
// Protects: equal runs have equal hashes, different ones different hashes.

import { createHash } from 'node:crypto';
import { BoundedQueue } from '../bounded-queue.js';

const linesKept = 200;

export class WorldTrace {
  readonly #hash = createHash('sha256');
  readonly #last = new BoundedQueue<string>(linesKept);
  #lineCount = 0;

  get lineCount(): number {
    return this.#lineCount;
  }

  add(line: string, bytes?: Uint8Array): void {
    this.#hash.update(line);
    this.#hash.update('\n');
    if (bytes !== undefined) this.#hash.update(bytes);
    if (this.#last.isFull) this.#last.shift();
    this.#last.push(line);
    this.#lineCount += 1;
  }

  /** SHA-256 of everything so far, hexadecimal. */
  hash(): string {
    return this.#hash.copy().digest('hex');
  }

  /** The last lines, oldest first. */
  lastLines(count: number): string[] {
    return [...this.#last].slice(-count);
  }
}
