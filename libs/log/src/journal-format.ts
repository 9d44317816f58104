// The shared journal byte by byte. A part is a preallocated file: a header block, then records, each at a multiple of 4,096 bytes, so
// that a torn block never holds anything that was acknowledged before. Integers are big-endian.
//
//   header                                        record (one commit round)
//     0 magic u32 "drJP"                            0 magic u32 "drJR"
//     4 version u16 = 1, u16 = 0                    4 crc u32 = CRC-32C of 8 … sizeBytes
//     8 epoch i64: greater than any before          8 sizeBytes u32, padding to the next block excluded
//    16 salt u32: random, as in the records        12 epoch i64, 20 salt u32: as in the header
//    20 crc u32 = CRC-32C of 0 … 19                24 sequence u32: 0, 1, 2 … in a part
//                                                  28 entries u32
//   entry                                          32 entries
//     0 kind u8: 0 batches, 1 forget: earlier entries of the log are void
//     1 topicIdBytes u8, 2 nameBytes u16, 4 sizeBytes u32 of the batches
//     8 segmentBase i64: the segment's base offset, 16 position u32 in it
//    20 topic id, `<topic>-<partition>`, batches
//
// Protects: a record is read back only whole, under the epoch, the salt and the number it must have. Leaves out: what the
// batches must look like (journal-replay.ts).

import { assert } from '@drave/platform';
import { crc32c } from '@drave/protocol';

export const blockBytes = 4096;
export const recordHeaderBytes = 32;
const entryHeaderBytes = 20;
const partMagic = 0x6472_4a50;
const recordMagic = 0x6472_4a52;
const formatVersion = 1;

/** What tells this use of a part from all earlier ones. */
export interface PartEpoch {
  readonly epoch: number;
  readonly salt: number;
}

/** Who an entry belongs to: topic id and `<topic>-<partition>`, UTF-8. */
export interface LogName {
  readonly topicId: Buffer;
  readonly key: Buffer;
}

export interface EntryPlace {
  readonly segmentBase: number;
  /** First byte in the segment. */
  readonly position: number;
}

/** An entry as found on disk. */
export interface FoundEntry extends EntryPlace {
  readonly kind: 'batches' | 'forget';
  readonly topicId: string;
  readonly key: string;
  /** Where the batches lie in the record. */
  readonly start: number;
  readonly sizeBytes: number;
}

/** The file of part `index` of the journal in `directory`. No partition can have this name. */
export function partPath(directory: string, index: number): string {
  return `${directory}/journal.${index}`;
}

/** `sizeBytes` rounded up to whole blocks. */
export function wholeBlocks(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockBytes) * blockBytes;
}

/** Bytes of one entry. */
export function entryBytes(name: LogName, sizeBytes: number): number {
  return entryHeaderBytes + name.topicId.length + name.key.length + sizeBytes;
}

export function encodePartHeader({ epoch, salt }: PartEpoch): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.writeUInt32BE(partMagic, 0);
  block.writeUInt16BE(formatVersion, 4);
  block.writeBigInt64BE(BigInt(epoch), 8);
  block.writeUInt32BE(salt, 16);
  block.writeUInt32BE(crc32c(block, 0, 20), 20);
  return block;
}

/** undefined when it is damaged, of another version, or never was. */
export function decodePartHeader(block: Buffer): PartEpoch | undefined {
  if (block.length < 24 || block.readUInt32BE(0) !== partMagic) return undefined;
  if (block.readUInt32BE(20) !== crc32c(block, 0, 20)) return undefined;
  if (block.readUInt16BE(4) !== formatVersion) return undefined;
  return { epoch: Number(block.readBigInt64BE(8)), salt: block.readUInt32BE(16) };
}

/** Builds one record after another in a buffer that it keeps. */
export class RecordWriter {
  #buffer = Buffer.alloc(64 * 1024);
  #sizeBytes = 0;
  #entryCount = 0;

  begin(): void {
    this.#sizeBytes = recordHeaderBytes;
    this.#entryCount = 0;
  }

  batches(name: LogName, place: EntryPlace, chunks: readonly Buffer[]): void {
    let sizeBytes = 0;
    for (const chunk of chunks) sizeBytes += chunk.length;
    let at = this.#entry(0, name, { ...place, sizeBytes });
    for (const chunk of chunks) at += chunk.copy(this.#buffer, at);
  }

  forget(name: LogName): void {
    this.#entry(1, name, { segmentBase: 0, position: 0, sizeBytes: 0 });
  }

  /** The record in whole blocks; valid until the next `begin`. */
  end(part: PartEpoch, sequence: number): Buffer {
    const paddedBytes = wholeBlocks(this.#sizeBytes);
    this.#reserve(paddedBytes - this.#sizeBytes);
    const buffer = this.#buffer;
    buffer.writeUInt32BE(recordMagic, 0);
    buffer.writeUInt32BE(this.#sizeBytes, 8);
    buffer.writeBigInt64BE(BigInt(part.epoch), 12);
    buffer.writeUInt32BE(part.salt, 20);
    buffer.writeUInt32BE(sequence, 24);
    buffer.writeUInt32BE(this.#entryCount, 28);
    buffer.writeUInt32BE(crc32c(buffer, 8, this.#sizeBytes), 4);
    buffer.fill(0, this.#sizeBytes, paddedBytes);
    return buffer.subarray(0, paddedBytes);
  }

  #entry(
    kind: 0 | 1,
    { topicId, key }: LogName,
    at: EntryPlace & { readonly sizeBytes: number },
  ): number {
    assert(topicId.length <= 255, 'topic-id-length', { sizeBytes: topicId.length });
    this.#reserve(entryHeaderBytes + topicId.length + key.length + at.sizeBytes);
    const buffer = this.#buffer;
    const start = this.#sizeBytes;
    buffer.writeUInt8(kind, start);
    buffer.writeUInt8(topicId.length, start + 1);
    buffer.writeUInt16BE(key.length, start + 2);
    buffer.writeUInt32BE(at.sizeBytes, start + 4);
    buffer.writeBigInt64BE(BigInt(at.segmentBase), start + 8);
    buffer.writeUInt32BE(at.position, start + 16);
    topicId.copy(buffer, start + entryHeaderBytes);
    key.copy(buffer, start + entryHeaderBytes + topicId.length);
    const bytesAt = start + entryHeaderBytes + topicId.length + key.length;
    this.#sizeBytes = bytesAt + at.sizeBytes;
    this.#entryCount++;
    return bytesAt;
  }

  #reserve(moreBytes: number): void {
    const needed = this.#sizeBytes + moreBytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#sizeBytes);
    this.#buffer = grown;
  }
}

/** Size of the record that begins with these bytes; undefined when none with this number was written in this use of the part. */
export function recordSize(header: Buffer, part: PartEpoch, sequence: number): number | undefined {
  if (header.length < recordHeaderBytes || header.readUInt32BE(0) !== recordMagic) return undefined;
  const sizeBytes = header.readUInt32BE(8);
  const isIts =
    Number(header.readBigInt64BE(12)) === part.epoch &&
    header.readUInt32BE(20) === part.salt &&
    header.readUInt32BE(24) === sequence;
  return isIts && sizeBytes >= recordHeaderBytes ? sizeBytes : undefined;
}

/** The entries of a whole record; undefined when its checksum is wrong. */
export function decodeRecord(record: Buffer): FoundEntry[] | undefined {
  if (record.readUInt32BE(4) !== crc32c(record, 8, record.length)) return undefined;
  const entries: FoundEntry[] = [];
  let at = recordHeaderBytes;
  for (let left = record.readUInt32BE(28); left > 0; left--) {
    const nameAt = at + entryHeaderBytes;
    const keyAt = nameAt + record.readUInt8(at + 1);
    const start = keyAt + record.readUInt16BE(at + 2);
    const sizeBytes = record.readUInt32BE(at + 4);
    entries.push({
      kind: record.readUInt8(at) === 0 ? 'batches' : 'forget',
      topicId: record.toString('utf8', nameAt, keyAt),
      key: record.toString('utf8', keyAt, start),
      segmentBase: Number(record.readBigInt64BE(at + 8)),
      position: record.readUInt32BE(at + 16),
      start,
      sizeBytes,
    });
    at = start + sizeBytes;
  }
  assert(at === record.length, 'journal-record-whole', { at, sizeBytes: record.length });
  return entries;
}
