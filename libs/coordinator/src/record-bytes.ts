// Cursor over the bytes of internal records: Kafka's primitive types, classic and compact. Protects: nothing is allocated
// from a length that is only claimed, and a short read throws. Leaves out: wire messages (libs/protocol generates those).

const initialBytes = 128;

/** Key and value as they go into a batch; a null value is a tombstone. */
export interface KeyValue {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Appends to a growing buffer. */
export class RecordWriter {
  #buffer = Buffer.allocUnsafe(initialBytes);
  #end = 0;

  int8(value: number): void {
    this.#end = this.#room(1).writeInt8(value, this.#end);
  }

  int16(value: number): void {
    this.#end = this.#room(2).writeInt16BE(value, this.#end);
  }

  int32(value: number): void {
    this.#end = this.#room(4).writeInt32BE(value, this.#end);
  }

  /** `value` is an integer within ±2^53. */
  int64(value: number): void {
    const buffer = this.#room(8);
    buffer.writeInt32BE(Math.floor(value / 0x1_0000_0000), this.#end);
    this.#end = buffer.writeUInt32BE(value >>> 0, this.#end + 4);
  }

  /** Throws RangeError above 32,767 bytes of UTF-8. */
  string(value: string): void {
    const sizeBytes = Buffer.byteLength(value);
    this.int16(sizeBytes);
    this.#room(sizeBytes).write(value, this.#end);
    this.#end += sizeBytes;
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1);
    else this.string(value);
  }

  bytes(value: Uint8Array): void {
    this.int32(value.length);
    this.#room(value.length).set(value, this.#end);
    this.#end += value.length;
  }

  /** `value` is an integer of 0 to 2^31 − 1. */
  uvarint(value: number): void {
    let left = value;
    for (; left >= 0x80; left >>>= 7) {
      this.#end = this.#room(1).writeUInt8((left & 0x7f) | 0x80, this.#end);
    }
    this.#end = this.#room(1).writeUInt8(left, this.#end);
  }

  /** Element count of a compact array. */
  compactLength(count: number): void {
    this.uvarint(count + 1);
  }

  compactString(value: string): void {
    const sizeBytes = Buffer.byteLength(value);
    this.uvarint(sizeBytes + 1);
    this.#room(sizeBytes).write(value, this.#end);
    this.#end += sizeBytes;
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0);
    else this.compactString(value);
  }

  /** `value` is in hexadecimal text form with hyphens. */
  uuid(value: string): void {
    this.#room(16).write(value.replaceAll('-', ''), this.#end, 'hex');
    this.#end += 16;
  }

  /** The bytes written so far; the writer must not be used after it. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#end);
  }

  #room(sizeBytes: number): Buffer {
    const needed = this.#end + sizeBytes;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.#end);
      this.#buffer = grown;
    }
    return this.#buffer;
  }
}

/** Reads in order; every method throws RangeError when the bytes do not suffice. */
export class RecordReader {
  readonly #buffer: Buffer;
  #position = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#take(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  int64(): number {
    const position = this.#take(8);
    const high = this.#buffer.readInt32BE(position);
    return high * 0x1_0000_0000 + this.#buffer.readUInt32BE(position + 4);
  }

  string(): string {
    return this.#text(this.int16());
  }

  nullableString(): string | null {
    const length = this.int16();
    return length === -1 ? null : this.#text(length);
  }

  bytes(): Buffer {
    return this.#copy(this.int32());
  }

  /** Element count of a classic array; at most the bytes that are left. */
  length(): number {
    return this.#plausible(this.int32());
  }

  compactString(): string {
    return this.#text(this.#uvarint() - 1);
  }

  compactNullableString(): string | null {
    const length = this.#uvarint() - 1;
    return length === -1 ? null : this.#text(length);
  }

  compactBytes(): Buffer {
    return this.#copy(this.#uvarint() - 1);
  }

  compactLength(): number {
    return this.#plausible(this.#uvarint() - 1);
  }

  uuid(): string {
    const start = this.#take(16);
    const hex = this.#buffer.toString('hex', start, start + 16);
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  skipTags(): void {
    this.tags(() => undefined);
  }

  /** Calls `read` for each tag; it may read the tag's bytes or leave them. */
  tags(read: (tag: number) => void): void {
    for (let left = this.#uvarint(); left > 0; left -= 1) {
      const tag = this.#uvarint();
      const sizeBytes = this.#uvarint();
      const end = this.#take(sizeBytes) + sizeBytes;
      this.#position = end - sizeBytes;
      read(tag);
      this.#position = end;
    }
  }

  #text(length: number): string {
    const start = this.#take(length);
    return this.#buffer.toString('utf8', start, start + length);
  }

  #copy(length: number): Buffer {
    const start = this.#take(length);
    return Buffer.from(this.#buffer.subarray(start, start + length));
  }

  #uvarint(): number {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#buffer.readUInt8(this.#take(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a varint of more than 5 bytes');
  }

  #plausible(count: number): number {
    if (count < 0 || count > this.#buffer.length - this.#position) {
      throw new RangeError(`an array of ${count} elements does not fit`);
    }
    return count;
  }

  #take(length: number): number {
    const start = this.#position;
    if (length < 0 || start + length > this.#buffer.length) {
      throw new RangeError(`${length} bytes at ${start} of ${this.#buffer.length}`);
    }
    this.#position = start + length;
    return start;
  }
}
