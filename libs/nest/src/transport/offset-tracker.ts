// Which offset of a partition may be committed while records complete in any order. Protects: the committed offset never passes a record
// that is not done; what a handler still holds is delivered again after a crash. Memory: one number per record in the buffer.

export class OffsetTracker {
  /** Offsets handed out and not yet passed, ascending, from `#head` on. */
  readonly #offsets: number[] = [];
  readonly #done = new Set<number>();
  #head = 0;
  #next: number | undefined;
  #committed: number | undefined;

  /** Offsets come in ascending order. */
  add(offset: number): void {
    this.#offsets.push(offset);
  }

  /** Idempotent. */
  complete(offset: number): void {
    if (this.#next !== undefined && offset < this.#next) return;
    this.#done.add(offset);
    for (
      let head = this.#offsets[this.#head];
      head !== undefined;
      head = this.#offsets[this.#head]
    ) {
      if (!this.#done.delete(head)) break;
      this.#next = head + 1;
      this.#head++;
    }
    // Amortised: half of the array is used up before it is moved.
    if (this.#head > 1_024 && this.#head * 2 > this.#offsets.length) {
      this.#offsets.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** The next offset to read, when it has moved since the last `committed`. */
  get committable(): number | undefined {
    return this.#next === this.#committed ? undefined : this.#next;
  }

  committed(offset: number): void {
    this.#committed = offset;
  }
}
