// The records of one partition that wait: a binary heap of (due time, offset) in two number arrays, 16 bytes a record, so that a
// million cost 16 MB; 24 bytes once one of them lies elsewhere than where it was written (a third array, its place).
// Protects: due first, then lower offset; a cancelled offset never comes out; the offset is its name for ever, wherever it lies.
// Leaves out: what is in them.

export interface PendingRecord {
  /** As the producer was told. */
  readonly offset: number;
  readonly dueMs: number;
}

/** With where in the log it lies now. */
export interface PlacedRecord extends PendingRecord {
  readonly place: number;
}

export class PendingOffsets {
  #due = new Float64Array(64);
  #offsets = new Float64Array(64);
  /** Absent while all lie at their offsets. */
  #places: Float64Array | undefined;
  #size = 0;
  readonly #cancelled = new Set<number>();

  get size(): number {
    return this.#size - this.#cancelled.size;
  }

  add(offset: number, dueMs: number, place = offset): void {
    if (this.#size === this.#due.length) this.#grow();
    if (place !== offset) this.#places ??= this.#offsets.slice();
    let index = this.#size;
    this.#size += 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(dueMs, offset, parent)) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#put(index, dueMs, offset, place);
  }

  /** Moves those that wait to their new places; leaves the others in `places` (by offset). O(n). */
  relocate(places: Map<number, number>): void {
    for (let index = 0; index < this.#size && places.size > 0; index += 1) {
      const offset = this.#offsets[index] ?? -1;
      const place = places.get(offset);
      if (place === undefined || this.#cancelled.has(offset)) continue;
      this.#places ??= this.#offsets.slice();
      this.#places[index] = place;
      places.delete(offset);
    }
  }

  /** The `count` that lie lowest, by place. O(n log count). */
  lowest(count: number): PlacedRecord[] {
    let found: PlacedRecord[] = [];
    let limit = Infinity;
    for (let index = 0; index < this.#size; index += 1) {
      const place = this.#placeAt(index);
      const offset = this.#offsets[index] ?? 0;
      if (place >= limit || this.#cancelled.has(offset)) continue;
      found.push({ offset, dueMs: this.#due[index] ?? 0, place });
      if (found.length < 2 * count) continue;
      found = found.toSorted((a, b) => a.place - b.place).slice(0, count);
      limit = found.at(-1)?.place ?? Infinity;
    }
    return found.toSorted((a, b) => a.place - b.place).slice(0, count);
  }

  /** Whether it waited. O(n). */
  cancel(offset: number): boolean {
    if (this.#cancelled.has(offset) || !this.has(offset)) return false;
    this.#cancelled.add(offset);
    if (this.#cancelled.size > 1_000 && this.#cancelled.size * 2 > this.#size) this.#sweep();
    return true;
  }

  /** As `cancel` for many, O(n) together. */
  removeAll(offsets: ReadonlySet<number>): void {
    for (let index = 0; index < this.#size && offsets.size > 0; index += 1) {
      const offset = this.#offsets[index] ?? -1;
      if (offsets.has(offset)) this.#cancelled.add(offset);
    }
    this.#sweep();
  }

  has(offset: number): boolean {
    return this.#offsets.subarray(0, this.#size).includes(offset) && !this.#cancelled.has(offset);
  }

  /** Time (ms) of the first one; undefined when nothing waits. */
  get firstDueMs(): number | undefined {
    this.#dropCancelled();
    return this.#size === 0 ? undefined : this.#due[0];
  }

  /** Takes up to `count` records due at `nowMs`, in order. */
  takeDue(nowMs: number, count: number): PlacedRecord[] {
    const taken: PlacedRecord[] = [];
    while (taken.length < count) {
      const dueMs = this.firstDueMs;
      if (dueMs === undefined || dueMs > nowMs) break;
      taken.push({ offset: this.#offsets[0] ?? 0, dueMs, place: this.#placeAt(0) });
      this.#pop();
    }
    return taken;
  }

  /** A page in order of due time. */
  page(start: number, count: number): PendingRecord[] {
    const end = start + count;
    if (this.#size === 0 || count <= 0) return [];
    const times = this.#due.slice(0, this.#size).sort();
    // Cancelled ones may stand before: look as much further.
    const last = Math.min(this.#size, end + this.#cancelled.size) - 1;
    const untilMs = times[last] ?? Infinity;
    const found: PendingRecord[] = [];
    for (let index = 0; index < this.#size; index += 1) {
      const dueMs = this.#due[index] ?? 0;
      const offset = this.#offsets[index] ?? 0;
      if (dueMs <= untilMs && !this.#cancelled.has(offset)) found.push({ offset, dueMs });
    }
    found.sort((a, b) => a.dueMs - b.dueMs || a.offset - b.offset);
    return found.slice(start, end);
  }

  /** The lowest place of one that waits; undefined when none does. O(n). */
  lowestPlace(): number | undefined {
    let lowest = Infinity;
    for (let index = 0; index < this.#size; index += 1) {
      const place = this.#placeAt(index);
      if (place < lowest && !this.#cancelled.has(this.#offsets[index] ?? 0)) lowest = place;
    }
    return lowest === Infinity ? undefined : lowest;
  }

  /** Copies for a checkpoint; no places while all lie at their offsets. */
  dump(): {
    readonly due: Float64Array;
    readonly offsets: Float64Array;
    readonly places: Float64Array | undefined;
  } {
    this.#sweep();
    return {
      due: this.#due.slice(0, this.#size),
      offsets: this.#offsets.slice(0, this.#size),
      places: this.#places?.slice(0, this.#size),
    };
  }

  #sweep(): void {
    if (this.#cancelled.size === 0) return;
    const old = { due: this.#due, offsets: this.#offsets, places: this.#places, size: this.#size };
    this.#size = 0;
    this.#places = undefined;
    this.#due = new Float64Array(old.due.length);
    this.#offsets = new Float64Array(old.due.length);
    for (let index = 0; index < old.size; index += 1) {
      const offset = old.offsets[index] ?? 0;
      if (this.#cancelled.has(offset)) continue;
      this.add(offset, old.due[index] ?? 0, old.places?.[index]);
    }
    this.#cancelled.clear();
  }

  #dropCancelled(): void {
    while (this.#size > 0 && this.#cancelled.delete(this.#offsets[0] ?? -1)) this.#pop();
  }

  #pop(): void {
    this.#size -= 1;
    const dueMs = this.#due[this.#size] ?? 0;
    const offset = this.#offsets[this.#size] ?? 0;
    const place = this.#placeAt(this.#size);
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size) {
        const rightDueMs = this.#due[right] ?? 0;
        if (this.#isBefore(rightDueMs, this.#offsets[right] ?? 0, child)) child = right;
      }
      if (this.#isBefore(dueMs, offset, child)) break;
      this.#move(child, index);
      index = child;
    }
    if (this.#size > 0) this.#put(index, dueMs, offset, place);
  }

  #isBefore(dueMs: number, offset: number, index: number): boolean {
    const other = this.#due[index] ?? 0;
    return dueMs < other || (dueMs === other && offset < (this.#offsets[index] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#due[from] ?? 0, this.#offsets[from] ?? 0, this.#placeAt(from));
  }

  #put(index: number, dueMs: number, offset: number, place: number): void {
    this.#due[index] = dueMs;
    this.#offsets[index] = offset;
    if (this.#places) this.#places[index] = place;
  }

  #placeAt(index: number): number {
    return this.#places?.[index] ?? this.#offsets[index] ?? 0;
  }

  #grow(): void {
    const due = new Float64Array(this.#due.length * 2);
    const offsets = new Float64Array(due.length);
    due.set(this.#due);
    offsets.set(this.#offsets);
    this.#due = due;
    this.#offsets = offsets;
    if (!this.#places) return;
    const places = new Float64Array(due.length);
    places.set(this.#places);
    this.#places = places;
  }
}
