// The partitions of one fetch session, in the order they are answered. Protects: each partition is in it once; a session is made of
// a few flat arrays (about 65 bytes per partition instead of several objects), because there may be a thousand sessions with
// ten thousand partitions each. Slots stay valid until the next `forget`.
// Leaves out: what a session is and when it ends (fetch-sessions.ts).
//
//   slot → columns (topic, partition, offsets, …); order: a doubly linked list of slots; lookup: open addressing over (topic, partition)

/** What a client asks for of one partition. */
export interface AskedPartition {
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  readonly lastFetchedEpoch: number;
  readonly partitionMaxBytes: number;
}

/** A topic as a client names it: by name, or from version 13 on by id; then the name is looked up. */
export interface AskedTopic {
  /** Empty while an id is not known. */
  name: string;
  readonly topicId: string;
}

const none = -1;
const capacityMin = 8;

export class SessionPartitions {
  #topics: AskedTopic[] = [];
  /** By id, or by name without one. */
  #topicIndexes = new Map<string, number>();
  #size = 0;
  #first = none;
  #last = none;
  #topic = new Int32Array(0);
  #partition = new Int32Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #maxBytes = new Int32Array(0);
  #leaderEpoch = new Int32Array(0);
  #fetchedEpoch = new Int32Array(0);
  #fetchOffset = new Float64Array(0);
  #highWatermark = new Float64Array(0);
  #logStart = new Float64Array(0);
  /** Slot + 1, 0 is free; a power of two, at most half full. */
  #lookup = new Int32Array(0);

  get size(): number {
    return this.#size;
  }

  /** The slot to answer first; −1 when there is none. */
  get first(): number {
    return this.#first;
  }

  /** The slot after `slot`; −1 behind the last. */
  after(slot: number): number {
    return this.#next[slot] ?? none;
  }

  topicOf(slot: number): AskedTopic {
    const topic = this.#topics[this.#topic[slot] ?? none];
    if (!topic) throw new RangeError(`slot ${slot} is not in use`);
    return topic;
  }

  asked(slot: number): AskedPartition {
    return {
      partition: this.#partition[slot] ?? none,
      currentLeaderEpoch: this.#leaderEpoch[slot] ?? none,
      fetchOffset: this.#fetchOffset[slot] ?? none,
      lastFetchedEpoch: this.#fetchedEpoch[slot] ?? none,
      partitionMaxBytes: this.#maxBytes[slot] ?? 0,
    };
  }

  partitionOf(slot: number): number {
    return this.#partition[slot] ?? none;
  }

  fetchOffsetOf(slot: number): number {
    return this.#fetchOffset[slot] ?? none;
  }

  leaderEpochOf(slot: number): number {
    return this.#leaderEpoch[slot] ?? none;
  }

  /** Last told to the client; −1 when it was told an error or nothing. */
  highWatermarkOf(slot: number): number {
    return this.#highWatermark[slot] ?? none;
  }

  logStartOf(slot: number): number {
    return this.#logStart[slot] ?? none;
  }

  /** Notes what the client is told. */
  told(slot: number, highWatermark: number, logStart: number): void {
    this.#highWatermark[slot] = highWatermark;
    this.#logStart[slot] = logStart;
  }

  /** Adds the partition at the end, or changes what is asked of it where it is. Returns its slot. */
  put(topic: AskedTopic, asked: AskedPartition): number {
    const topicIndex = this.#topicIndex(topic);
    let slot = this.#find(topicIndex, asked.partition);
    if (slot === none) {
      slot = this.#size;
      this.#reserve(slot + 1);
      this.#size++;
      this.#topic[slot] = topicIndex;
      this.#partition[slot] = asked.partition;
      this.told(slot, none, none);
      this.#append(slot);
      this.#index(slot);
    }
    this.#leaderEpoch[slot] = asked.currentLeaderEpoch;
    this.#fetchOffset[slot] = asked.fetchOffset;
    this.#fetchedEpoch[slot] = asked.lastFetchedEpoch;
    this.#maxBytes[slot] = asked.partitionMaxBytes;
    return slot;
  }

  /** It is answered after all others from now on. */
  moveToEnd(slot: number): void {
    if (slot === this.#last) return;
    const previous = this.#previous[slot] ?? none;
    const next = this.#next[slot] ?? none;
    if (previous === none) this.#first = next;
    else this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#append(slot);
  }

  /** Takes partitions out; unknown ones are ignored. Slots change. */
  forget(
    topics: readonly { readonly topic: AskedTopic; readonly partitions: readonly number[] }[],
  ): void {
    const gone = new Set<number>();
    for (const { topic, partitions } of topics) {
      const topicIndex = this.#topicIndexes.get(keyOf(topic));
      if (topicIndex === undefined) continue;
      for (const partition of partitions) {
        const slot = this.#find(topicIndex, partition);
        if (slot !== none) gone.add(slot);
      }
    }
    if (gone.size === 0) return;
    const kept = new SessionPartitions();
    kept.#reserve(this.#size - gone.size);
    for (let slot = this.#first; slot !== none; slot = this.after(slot)) {
      if (gone.has(slot)) continue;
      const moved = kept.put(this.topicOf(slot), this.asked(slot));
      kept.told(moved, this.highWatermarkOf(slot), this.logStartOf(slot));
    }
    this.#become(kept);
  }

  #become(other: SessionPartitions): void {
    this.#topics = other.#topics;
    this.#topicIndexes = other.#topicIndexes;
    this.#size = other.#size;
    this.#first = other.#first;
    this.#last = other.#last;
    this.#topic = other.#topic;
    this.#partition = other.#partition;
    this.#next = other.#next;
    this.#previous = other.#previous;
    this.#maxBytes = other.#maxBytes;
    this.#leaderEpoch = other.#leaderEpoch;
    this.#fetchedEpoch = other.#fetchedEpoch;
    this.#fetchOffset = other.#fetchOffset;
    this.#highWatermark = other.#highWatermark;
    this.#logStart = other.#logStart;
    this.#lookup = other.#lookup;
  }

  #topicIndex(topic: AskedTopic): number {
    const key = keyOf(topic);
    let index = this.#topicIndexes.get(key);
    if (index === undefined) {
      index = this.#topics.length;
      this.#topics.push({ name: topic.name, topicId: topic.topicId });
      this.#topicIndexes.set(key, index);
    }
    return index;
  }

  #append(slot: number): void {
    this.#previous[slot] = this.#last;
    this.#next[slot] = none;
    if (this.#last === none) this.#first = slot;
    else this.#next[this.#last] = slot;
    this.#last = slot;
  }

  #find(topicIndex: number, partition: number): number {
    const mask = this.#lookup.length - 1;
    if (mask < 0) return none;
    for (let at = hash(topicIndex, partition) & mask; ; at = (at + 1) & mask) {
      const slot = (this.#lookup[at] ?? 0) - 1;
      if (slot === none) return none;
      if (this.#topic[slot] === topicIndex && this.#partition[slot] === partition) return slot;
    }
  }

  #index(slot: number): void {
    const mask = this.#lookup.length - 1;
    let at = hash(this.#topic[slot] ?? 0, this.#partition[slot] ?? 0) & mask;
    while (this.#lookup[at] !== 0) at = (at + 1) & mask;
    this.#lookup[at] = slot + 1;
  }

  #reserve(size: number): void {
    const old = this.#topic.length;
    if (size <= old) return;
    const capacity = Math.max(capacityMin, size, old + (old >> 1));
    const ints = (column: Int32Array): Int32Array<ArrayBuffer> => {
      const wider = new Int32Array(capacity);
      wider.set(column);
      return wider;
    };
    const floats = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const wider = new Float64Array(capacity);
      wider.set(column);
      return wider;
    };
    this.#topic = ints(this.#topic);
    this.#partition = ints(this.#partition);
    this.#next = ints(this.#next);
    this.#previous = ints(this.#previous);
    this.#maxBytes = ints(this.#maxBytes);
    this.#leaderEpoch = ints(this.#leaderEpoch);
    this.#fetchedEpoch = ints(this.#fetchedEpoch);
    this.#fetchOffset = floats(this.#fetchOffset);
    this.#highWatermark = floats(this.#highWatermark);
    this.#logStart = floats(this.#logStart);
    this.#lookup = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2)));
    for (let slot = 0; slot < this.#size; slot++) this.#index(slot);
  }
}

const zeroId = '00000000-0000-0000-0000-000000000000';

function keyOf({ name, topicId }: AskedTopic): string {
  return topicId === zeroId ? name : topicId;
}

function hash(topicIndex: number, partition: number): number {
  const mixed = Math.imul(topicIndex, 0x9e37_79b1) ^ Math.imul(partition, 0x85eb_ca6b);
  return mixed ^ (mixed >>> 15);
}
