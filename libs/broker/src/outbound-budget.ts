// How many bytes of large answers wait for clients to take them, over all connections. Protects: clients that never read do not
// fill the memory: above the budget a fetch answers with one batch, and a connection that has bytes waiting starts nothing.
// Leaves out: small answers (bounded per connection), and taking memory back from who holds it.

import { assert } from '@drave/platform';

export class OutboundBudget {
  readonly #bytesMax: number;
  #queuedBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get isFull(): boolean {
    return this.#queuedBytes >= this.#bytesMax;
  }

  /** An answer of `bytes` was given to a socket. */
  queue(bytes: number): void {
    this.#queuedBytes += bytes;
  }

  /** It was sent, or died with its connection. */
  release(bytes: number): void {
    this.#queuedBytes -= bytes;
    assert(this.#queuedBytes >= 0, 'outbound-bytes-counted', { queuedBytes: this.#queuedBytes });
  }
}
