// How many request bytes all connections together may hold unanswered. Protects: memory follows bytes received and has an end;
// somebody always makes progress. Over the budget sockets pause; when nothing is being answered that could make room, one
// connection at a time reads on until its frame is whole (a frame larger than the budget goes alone).
// Leaves out: fairness between clients (quotas). Source: reliability design, "Load".

import { assert } from '@drave/platform';

export interface BudgetHolder {
  /** There may be room again: ask `mayRead`. */
  onRoom(): void;
}

export class InboundBudget {
  readonly #bytesMax: number;
  readonly #waiting = new Set<BudgetHolder>();
  /** Received, not yet a whole frame. */
  #partialBytes = 0;
  /** Whole frames, not yet answered. */
  #frameBytes = 0;
  #alone: BudgetHolder | undefined;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get heldBytes(): number {
    return this.#partialBytes + this.#frameBytes;
  }

  /** Counts bytes that arrived. */
  receive(bytes: number): void {
    this.#partialBytes += bytes;
  }

  /** `bytes` of what `holder` received became whole frames. */
  frame(holder: BudgetHolder, bytes: number): void {
    this.#partialBytes -= bytes;
    this.#frameBytes += bytes;
    assert(this.#partialBytes >= 0, 'partial-bytes-counted', { partialBytes: this.#partialBytes });
    if (this.#alone === holder) this.#alone = undefined;
  }

  /** Whole frames of `bytes` were answered, or died with their connection. */
  release(bytes: number): void {
    this.#frameBytes -= bytes;
    assert(this.#frameBytes >= 0, 'frame-bytes-counted', { frameBytes: this.#frameBytes });
    this.#wake();
  }

  /** Whether `holder` may read on; if not it is woken later. */
  mayRead(holder: BudgetHolder): boolean {
    const isStuck = this.#frameBytes === 0 && this.#alone === undefined;
    if (this.heldBytes >= this.#bytesMax && isStuck) this.#alone = holder;
    if (this.heldBytes < this.#bytesMax || this.#alone === holder) {
      this.#waiting.delete(holder);
      return true;
    }
    this.#waiting.add(holder);
    return false;
  }

  /** `holder` is gone, with `partialBytes` that never became a frame. */
  forget(holder: BudgetHolder, partialBytes: number): void {
    this.#partialBytes -= partialBytes;
    this.#waiting.delete(holder);
    if (this.#alone === holder) this.#alone = undefined;
    this.#wake();
  }

  #wake(): void {
    if (this.#waiting.size === 0) return;
    if (this.heldBytes < this.#bytesMax) {
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const holder of waiting) holder.onRoom();
    } else if (this.#frameBytes === 0 && this.#alone === undefined) {
      for (const holder of this.#waiting) {
        this.#alone = holder;
        this.#waiting.delete(holder);
        holder.onRoom();
        return;
      }
    }
  }
}
