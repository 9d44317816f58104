// The last offset of each key of a log's dirty part, for compaction: open addressing with linear probing over typed arrays, 24 bytes
// a slot (16 bytes of the key's SHA-256, 8 bytes offset + 1). Protects: memory is fixed when it is made; it never grows by itself.
// Two keys are taken for one only when 128 bits of their hashes agree: for n keys the odds are below n² / 2^129 (10^9 keys:
// 2·10^-21), and nobody can construct such a pair, which Kafka's MD5 allows. Leaves out: the keys themselves, and removal.

import { hash } from 'node:crypto';
import { assert } from '@drave/platform';

const slotBytes = 24;
/** Above this share of used slots probing gets long; Kafka's log.cleaner.io.buffer.load.factor. */
const loadMax = 0.9;

export class OffsetMap {
  readonly #slots: number;
  readonly #countMax: number;
  readonly #words: Uint32Array;
  readonly #offsets: Float64Array;
  #count = 0;

  /** For up to `recordsMax` keys, but no larger than `bufferBytes`; one key fits always. */
  constructor(options: { readonly recordsMax: number; readonly bufferBytes: number }) {
    const wanted = Math.ceil(options.recordsMax / loadMax) + 1;
    this.#slots = Math.max(2, Math.min(wanted, Math.floor(options.bufferBytes / slotBytes)));
    this.#countMax = Math.max(1, Math.floor(this.#slots * loadMax));
    this.#words = new Uint32Array(this.#slots * 4);
    this.#offsets = new Float64Array(this.#slots);
  }

  /** Keys in it. */
  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#words.byteLength + this.#offsets.byteLength;
  }

  /** Whether so many more keys have room, whatever they are. */
  fits(count: number): boolean {
    return this.#count + count <= this.#countMax;
  }

  /** Notes a record; the greater offset of a key stays. */
  put(key: Uint8Array, offset: number): void {
    const slot = this.#find(key);
    const known = this.#offsets[slot] ?? 0;
    if (known === 0) {
      assert(this.fits(1), 'offset-map-room', { count: this.#count, slots: this.#slots });
      this.#words.set(hashWords, slot * 4);
      this.#count++;
    }
    if (offset + 1 > known) this.#offsets[slot] = offset + 1;
  }

  /** The greatest offset noted for `key`, -1 for none. */
  get(key: Uint8Array): number {
    return (this.#offsets[this.#find(key)] ?? 0) - 1;
  }

  /** The slot of `key`, or the free one where it belongs; its hash is in `hashWords` afterwards. */
  #find(key: Uint8Array): number {
    const digest = hash('sha256', key, 'buffer');
    for (let word = 0; word < 4; word++) hashWords[word] = digest.readUInt32LE(word * 4);
    const [first, second, third, fourth] = hashWords;
    let slot = (first ?? 0) % this.#slots;
    while (this.#offsets[slot] !== 0) {
      const at = slot * 4;
      const words = this.#words;
      if (
        words[at] === first &&
        words[at + 1] === second &&
        words[at + 2] === third &&
        words[at + 3] === fourth
      ) {
        return slot;
      }
      slot = slot + 1 === this.#slots ? 0 : slot + 1;
    }
    return slot;
  }
}

/** The hash of the key looked up last. */
const hashWords = new Uint32Array(4);
