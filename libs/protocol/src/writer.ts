// Grows one message as a list of chunks. Protects: what was written is never overwritten once `finish` has returned it, and
// record bytes are handed on by reference, so a large batch is never copied on its way to the socket.
// Begins in a piece of Node's buffer pool and doubles. Leaves out: reuse after `finish` (one Writer per message).
// Source: Kafka protocol guide, "Protocol primitive types"; the counterpart of reader.ts.

const two32 = 4_294_967_296;
const initialBytes = 512;
/** Shorter record bytes are copied: a further chunk costs more than their copy. */
const copiedRecordBytes = 512;
/** Strings up to this length are tried as ASCII by a loop, which beats the call into the runtime. */
const loopedCharacters = 48;

export class Writer {
  private buf = Buffer.allocUnsafe(initialBytes);
  private pos = 0;
  private readonly chunks: Buffer[] = [];
  private sealedBytes = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.sealedBytes + this.pos;
  }

  int8(value: number): void {
    this.ensure(1);
    this.buf[this.pos++] = value;
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0);
  }

  int16(value: number): void {
    this.ensure(2);
    const { buf } = this;
    buf[this.pos++] = value >>> 8;
    buf[this.pos++] = value;
  }

  int32(value: number): void {
    this.ensure(4);
    this.word(value);
  }

  /** Throws RangeError for anything but a safe integer: the caller's bug. */
  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`int64 field got ${value}`);
    this.ensure(8);
    const high = Math.floor(value / two32);
    this.word(high);
    this.word(value - high * two32);
  }

  float64(value: number): void {
    this.ensure(8);
    this.pos = this.buf.writeDoubleBE(value, this.pos);
  }

  /** Hexadecimal text with or without dashes. */
  uuid(value: string): void {
    this.ensure(16);
    const hex = value.replaceAll('-', '');
    if (hex.length !== 32 || this.buf.write(hex, this.pos, 16, 'hex') !== 16) {
      throw new RangeError(`not a UUID: "${value}"`);
    }
    this.pos += 16;
  }

  uvarint(value: number): void {
    this.ensure(5);
    const { buf } = this;
    let rest = value >>> 0;
    while (rest > 127) {
      buf[this.pos++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buf[this.pos++] = rest;
  }

  /** Zig-zag varint of 32 bits. */
  varint(value: number): void {
    this.uvarint((value << 1) ^ (value >> 31));
  }

  /** At most 32,767 bytes of UTF-8. */
  string(value: string): void {
    if (this.asciiLoop(value, 2)) return;
    const size = Buffer.byteLength(value);
    if (size > 32_767) throw new RangeError(`string field of ${size} bytes; 32,767 fit`);
    this.int16(size);
    this.utf8(value, size);
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1);
    else this.string(value);
  }

  compactString(value: string): void {
    if (this.asciiLoop(value, 1)) return;
    const size = Buffer.byteLength(value);
    this.uvarint(size + 1);
    this.utf8(value, size);
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0);
    else this.compactString(value);
  }

  bytes(value: Uint8Array): void {
    this.int32(value.length);
    this.raw(value);
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1);
    else this.bytes(value);
  }

  compactBytes(value: Uint8Array): void {
    this.uvarint(value.length + 1);
    this.raw(value);
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.uvarint(0);
    else this.compactBytes(value);
  }

  /** By reference: the caller leaves the bytes alone until they have been sent. */
  records(value: Uint8Array): void {
    this.int32(value.length);
    this.reference(value);
  }

  nullableRecords(value: Uint8Array | null): void {
    if (value === null) this.int32(-1);
    else this.records(value);
  }

  compactRecords(value: Uint8Array): void {
    this.uvarint(value.length + 1);
    this.reference(value);
  }

  compactNullableRecords(value: Uint8Array | null): void {
    if (value === null) this.uvarint(0);
    else this.compactRecords(value);
  }

  /** −1 writes null. */
  arrayLength(count: number): void {
    this.int32(count);
  }

  /** −1 writes null. */
  compactArrayLength(count: number): void {
    this.uvarint(count + 1);
  }

  /** Opens a tagged field; its size is written by `leaveTag`. */
  enterTag(tag: number): number {
    this.uvarint(tag);
    this.int8(0);
    return this.pos;
  }

  /** Closes the tagged field opened at `mark`. Record bytes may not occur inside. */
  leaveTag(mark: number): void {
    const size = this.pos - mark;
    let sizeBytes = 1;
    for (let rest = size; rest > 127; rest >>>= 7) sizeBytes++;
    if (sizeBytes > 1) {
      this.ensure(sizeBytes - 1);
      this.buf.copyWithin(mark + sizeBytes - 1, mark, this.pos);
    }
    this.pos += sizeBytes - 1;
    let rest = size;
    for (let p = mark - 1; p < mark - 1 + sizeBytes; p++) {
      this.buf[p] = rest > 127 ? (rest & 127) | 128 : rest;
      rest >>>= 7;
    }
  }

  /** Writes the frame size into the first four bytes, which the caller reserved, and gives up the chunks. */
  finishFrame(): Buffer[] {
    this.seal();
    const [first] = this.chunks;
    if (first === undefined) throw new RangeError('finishFrame without reserved size bytes');
    first.writeInt32BE(this.sealedBytes - 4, 0);
    return this.chunks;
  }

  private word(value: number): void {
    const { buf } = this;
    let p = this.pos;
    buf[p++] = value >>> 24;
    buf[p++] = value >>> 16;
    buf[p++] = value >>> 8;
    buf[p++] = value;
    this.pos = p;
  }

  /** Writes a short ASCII string with its length prefix of 1 (compact) or 2 bytes; false when it is neither. */
  private asciiLoop(value: string, prefixBytes: 1 | 2): boolean {
    const count = value.length;
    if (count > loopedCharacters) return false;
    this.ensure(prefixBytes + count);
    const { buf } = this;
    let p = this.pos + prefixBytes;
    for (let i = 0; i < count; i++) {
      const character = value.charCodeAt(i);
      if (character > 127) return false;
      buf[p++] = character;
    }
    if (prefixBytes === 2) {
      buf[this.pos] = 0;
      buf[this.pos + 1] = count;
    } else {
      buf[this.pos] = count + 1;
    }
    this.pos = p;
    return true;
  }

  private utf8(value: string, size: number): void {
    this.ensure(size);
    this.pos += this.buf.write(value, this.pos, size, 'utf8');
  }

  private raw(value: Uint8Array): void {
    this.ensure(value.length);
    this.buf.set(value, this.pos);
    this.pos += value.length;
  }

  private reference(value: Uint8Array): void {
    if (value.length < copiedRecordBytes) {
      this.raw(value);
      return;
    }
    this.seal();
    const view = Buffer.isBuffer(value)
      ? value
      : Buffer.from(value.buffer, value.byteOffset, value.length);
    this.chunks.push(view);
    this.sealedBytes += view.length;
  }

  private seal(): void {
    if (this.pos === 0) return;
    this.chunks.push(this.buf.subarray(0, this.pos));
    this.sealedBytes += this.pos;
    this.buf = this.buf.subarray(this.pos);
    this.pos = 0;
  }

  private ensure(count: number): void {
    if (this.pos + count > this.buf.length) this.grow(count);
  }

  private grow(count: number): void {
    const size = Math.max(initialBytes, 2 * (this.pos + count));
    const grown = Buffer.allocUnsafe(size);
    this.buf.copy(grown, 0, 0, this.pos);
    this.buf = grown;
  }
}

/** For generated encoders: refuses null in a version whose format has no null for the field. */
export function notNull<T>(value: T | null, field: string, apiVersion: number): T {
  if (value === null) throw new RangeError(`${field} cannot be null in version ${apiVersion}`);
  return value;
}
