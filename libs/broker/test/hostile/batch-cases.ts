// Record batches no client should send: wrong counts, checksums and attributes, broken records, decompression bombs.
// Protects: what is refused is refused by an error that says so. What Kafka's leader does not look into either (the records of a
// compressed batch) may be stored and is the reader's to refuse. Sources: reliability design, hostile inputs 5 and 6.

import { gzipSync, zstdCompressSync } from 'node:zlib';
import { ErrorCode } from '@drave/contracts';
import {
  ApiKey,
  buildBatch,
  compress,
  compressionCodecs,
  crc32c,
  decodeResponse,
  type CompressionCodec,
} from '@drave/protocol';
import { int16, int32, request, type HostileCase } from './hostile-case.ts';

const version = 9;
const headerBytes = 61;
const at = {
  size: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  delta: 23,
  times: 27,
  producer: 43,
  epoch: 51,
  sequence: 53,
  count: 57,
};

/** Batches whose head or records are wrong; topic `hostile` must exist. */
export function* batchCases(): Generator<HostileCase> {
  const whole = batch();
  for (const [name, records] of [
    ...headFaults(whole),
    ...attributeFaults(whole),
    ...recordFaults(),
  ]) {
    yield produced('batch', name, records, 'refused');
  }
  yield produced('batch', 'no batch', null, 'refused');
  yield produced('batch', 'nothing', Buffer.alloc(0), 'refused');
  yield produced('batch', 'two batches', Buffer.concat([whole, whole]), 'refused');
  for (let length = 1; length < whole.length; length++) {
    yield produced('batch', `cut at ${length}`, whole.subarray(0, length), 'refused');
  }
  for (let byte = at.magic + 1; byte < whole.length; byte++) {
    yield produced(
      'batch',
      `byte ${byte} flipped`,
      changed(whole, byte, [(whole[byte] ?? 0) ^ 255]),
      'refused',
    );
  }
}

/** Small compressed blocks that become large or are damaged; refused or stored unread, never unpacked without a bound. */
export function* bombCases(): Generator<HostileCase> {
  for (const codec of compressionCodecs.slice(1)) {
    const blocks: [string, Buffer][] = [
      ['64 MiB of zeros', bomb(codec, 64)],
      ['cut', compress(codec, Buffer.alloc(10_000, 'abc')).subarray(0, 20)],
      [
        'random bytes',
        Buffer.from(Array.from({ length: 500 }, (_, index) => (index * 167 + 13) & 255)),
      ],
      ['nothing', Buffer.alloc(0)],
      ['itself compressed again', compress(codec, bomb(codec, 8))],
    ];
    if (codec === 'gzip' || codec === 'zstd') blocks.push(['640 MiB of zeros', bomb(codec, 640)]);
    for (const [what, block] of blocks) {
      for (const topic of ['hostile', 'hostile-compacted']) {
        yield produced('bomb', `${codec}: ${what} to ${topic}`, packed(codec, block), 'any', topic);
      }
    }
  }
  const window = Buffer.from('28b52ffd00a80100000000', 'hex');
  const snappyHead = Buffer.concat([Buffer.from('82534e4150505900', 'hex'), int32(1), int32(1)]);
  const odd: [string, CompressionCodec, Buffer][] = [
    ['a window of 2 GiB', 'zstd', window],
    ['a block of 2 GiB', 'snappy', Buffer.concat([snappyHead, int32(2 ** 31 - 1)])],
    ['a block of -1', 'snappy', Buffer.concat([snappyHead, int32(-1)])],
    ['a raw block that claims 4 GiB', 'snappy', Buffer.from([255, 255, 255, 255, 15, 0])],
    ['gzip data', 'lz4', gzipSync('x')],
    ['zstd data', 'gzip', zstdCompressSync('x')],
  ];
  for (const [what, codec, block] of odd) {
    for (const topic of ['hostile', 'hostile-compacted']) {
      yield produced('bomb', `${codec}: ${what} to ${topic}`, packed(codec, block), 'any', topic);
    }
  }
}

function* headFaults(whole: Buffer): Generator<[string, Buffer]> {
  for (let magic = 0; magic < 128; magic++) {
    if (magic !== 2) yield [`magic ${magic}`, changed(whole, at.magic, [magic])];
  }
  for (const size of [-1, 0, 1, 48, whole.length, 2 ** 31 - 1, -(2 ** 31)]) {
    yield [`length ${size}`, changed(whole, at.size, int32(size))];
  }
  for (const offset of [1, -1, 255])
    yield [`base offset byte ${offset}`, changed(whole, 7, [offset])];
  const fields: [string, number, number[]][] = [
    ['count', at.count, [-1, 0, 1, 3, 1_000_000, 2 ** 31 - 1, -(2 ** 31)]],
    ['last offset delta', at.delta, [-1, 0, 2, 1_000_000, 2 ** 31 - 1, -(2 ** 31)]],
  ];
  for (const [name, position, values] of fields) {
    for (const value of values)
      yield [`${name} ${value}`, sealed(changed(whole, position, int32(value)))];
  }
  yield ['the wrong checksum', changed(whole, at.crc, int32(0))];
  const producer = changed(whole, at.producer, Buffer.from([0, 0, 0, 0, 0, 0, 0, 9]));
  yield ['a producer id without sequence', sealed(changed(producer, at.sequence, int32(-1)))];
  yield [
    'a producer id with epoch -1',
    sealed(changed(changed(producer, at.epoch, int16(-1)), at.sequence, int32(-1))),
  ];
}

function* attributeFaults(whole: Buffer): Generator<[string, Buffer]> {
  for (const attributes of [0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x05, 0x06, 0x07]) {
    const hex = attributes.toString(16).padStart(2, '0');
    yield [`attributes 0x${hex}`, sealed(changed(whole, at.attributes, int16(attributes)))];
  }
}

function* recordFaults(): Generator<[string, Buffer]> {
  yield ['a timestamp of the far future', batchAt(Number.MAX_SAFE_INTEGER)];
  yield ['larger than the topic allows', batch(2 * 1024 * 1024)];
}

function batch(valueBytes = 1): Buffer {
  const record = { key: null, value: Buffer.alloc(valueBytes, 'v'), timestamp: 1_000 };
  return buildBatch([record, record], {});
}

function batchAt(timestamp: number): Buffer {
  return buildBatch([{ key: null, value: Buffer.from('v'), timestamp }], {});
}

function bomb(codec: CompressionCodec, mebibytes: number): Buffer {
  if (codec === 'gzip' || codec === 'zstd') return compress(codec, Buffer.alloc(mebibytes << 20));
  // The block formats expand 255 and 21 times at most: as much as fits a message of 1 MiB.
  return compress(codec, Buffer.alloc(Math.min(mebibytes, 16) << 20));
}

function packed(codec: CompressionCodec, block: Buffer): Buffer {
  const bytes = Buffer.concat([batch().subarray(0, headerBytes), block]);
  bytes.writeInt32BE(bytes.length - 12, at.size);
  bytes.writeInt16BE(compressionCodecs.indexOf(codec), at.attributes);
  return sealed(bytes);
}

function changed(bytes: Buffer, position: number, by: Uint8Array | readonly number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(by, position);
  return copy;
}

function sealed(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(crc32c(copy.subarray(at.attributes)) >>> 0, at.crc);
  return copy;
}

function produced(
  family: string,
  name: string,
  records: Buffer | null,
  outcome: 'refused' | 'any',
  topic = 'hostile',
): HostileCase {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
  return {
    family,
    name,
    bytes: request(ApiKey.produce, version, { acks: -1, timeoutMs: 5_000, topicData }),
    expect: 'answered',
    check: (answer) => {
      const { body } = decodeResponse(ApiKey.produce, version, answer);
      const code = body.responses[0]?.partitionResponses[0]?.errorCode;
      if (code === ErrorCode.UNKNOWN_SERVER_ERROR) return 'answered UNKNOWN_SERVER_ERROR';
      return outcome === 'refused' && code === 0 ? 'accepted' : undefined;
    },
  };
}
