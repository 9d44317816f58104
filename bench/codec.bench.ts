// Decoding requests: the generated straight-line codec against an interpreter that walks the same descriptors with the same Reader.
// Rates per message; the interpreter is the first row, so the ratio is the gain of generating code.

import {
  ApiKey,
  decodeRequestBody,
  decodeRequestHeader,
  encodeRequest,
  Reader,
} from '@drave/protocol';
import {
  type FieldDescriptor,
  parseVersions,
  type VersionRange,
} from '../libs/protocol/dist/codegen/descriptor.js';
import { fetch as fetchApi } from '../libs/protocol/dist/messages/01-fetch.js';
import { offsetCommit } from '../libs/protocol/dist/messages/08-offset-commit.js';
import { type Contestant, interleave, publish } from './harness.ts';

interface Message {
  readonly name: string;
  readonly frame: Buffer;
  readonly bodyStart: number;
  readonly generated: () => unknown;
  readonly interpreted: () => unknown;
}

const runsPerRound = 30_000;

/** Options: `--rounds N` (default 7). */
export async function run(options: readonly string[]): Promise<void> {
  const index = options.indexOf('--rounds');
  const rounds = index < 0 ? 7 : Number(options[index + 1]);
  for (const message of [offsetCommitMessage(8), offsetCommitMessage(6), fetchMessage()]) {
    const same = JSON.stringify(message.generated()) === JSON.stringify(message.interpreted());
    if (!same) throw new Error(`${message.name}: the two decoders disagree`);
    const contestants: Contestant[] = [
      {
        name: `${message.name}: interpreted descriptors`,
        unit: 'msg/s',
        probe: true,
        measure: () => rate(message.interpreted),
      },
      {
        name: `${message.name}: generated code`,
        unit: 'msg/s',
        measure: () => rate(message.generated),
      },
    ];
    const figures = await interleave(contestants, rounds);
    const micros = figures.map(({ name, median }) => `${name} ${(1e6 / median).toFixed(2)} µs`);
    publish(`codec-${message.name.replaceAll(' ', '-')}`, figures, [
      `${message.frame.length} bytes a frame; ${micros.join(', ')}`,
    ]);
  }
}

function rate(decode: () => unknown): Promise<number> {
  const startedMs = performance.now();
  let last: unknown;
  for (let i = 0; i < runsPerRound; i++) last = decode();
  const seconds = (performance.now() - startedMs) / 1000;
  if (last === undefined) throw new Error('nothing was decoded');
  return Promise.resolve(runsPerRound / seconds);
}

function offsetCommitMessage(version: 6 | 8): Message {
  const topics = Array.from({ length: 4 }, (_, topic) => ({
    name: `orders-${topic}`,
    partitions: Array.from({ length: 25 }, (_, partitionIndex) => ({
      partitionIndex,
      committedOffset: 1_234_567 + partitionIndex,
      committedMetadata: '',
    })),
  }));
  const header = {
    apiKey: ApiKey.offsetCommit,
    apiVersion: version,
    correlationId: 1,
    clientId: 'b',
  };
  const body = { groupId: 'g', memberId: 'm', generationIdOrMemberEpoch: 3, topics };
  const frame = Buffer.concat(encodeRequest(header, body)).subarray(4);
  const { bodyStart } = decodeRequestHeader(frame);
  return {
    name: `OffsetCommit v${version} 100 partitions`,
    frame,
    bodyStart,
    generated: () => decodeRequestBody(ApiKey.offsetCommit, version, frame, bodyStart),
    interpreted: () =>
      interpret(offsetCommit.request, version, version >= 8, new Reader(frame, bodyStart)),
  };
}

function fetchMessage(): Message {
  const version = 12;
  const partitions = Array.from({ length: 50 }, (_, partition) => ({
    partition,
    fetchOffset: 5_000_000 + partition,
    partitionMaxBytes: 1_048_576,
  }));
  const header = { apiKey: ApiKey.fetch, apiVersion: version, correlationId: 1, clientId: 'b' };
  const body = { maxWaitMs: 500, minBytes: 1, topics: [{ topic: 'orders', partitions }] };
  const frame = Buffer.concat(encodeRequest(header, body)).subarray(4);
  const { bodyStart } = decodeRequestHeader(frame);
  return {
    name: 'Fetch v12 50 partitions',
    frame,
    bodyStart,
    generated: () => decodeRequestBody(ApiKey.fetch, version, frame, bodyStart),
    interpreted: () => interpret(fetchApi.request, version, true, new Reader(frame, bodyStart)),
  };
}

type Value = Record<string, unknown>;

// What a codec without generated code does: look up each field's facts for every value.
function interpret(
  fields: readonly FieldDescriptor[],
  version: number,
  flexible: boolean,
  reader: Reader,
): Value {
  const value: Value = {};
  for (const field of fields) {
    if (field.tag !== undefined || !holds(field.versions, version)) {
      value[field.name] = field.isArray ? [] : absent(field);
    } else if (field.isArray) {
      const length = flexible ? reader.compactArrayLength(1) : reader.arrayLength(1);
      value[field.name] = Array.from({ length }, () => one(field, version, flexible, reader));
    } else value[field.name] = one(field, version, flexible, reader);
  }
  if (flexible) reader.skipTags();
  return value;
}

function one(field: FieldDescriptor, version: number, flexible: boolean, reader: Reader): unknown {
  const nullable = field.nullable !== undefined && holds(field.nullable, version);
  switch (field.type) {
    case 'struct':
      return interpret(field.fields, version, flexible, reader);
    case 'string':
      if (flexible) return nullable ? reader.compactNullableString() : reader.compactString();
      return nullable ? reader.nullableString() : reader.string();
    case 'bytes':
    case 'records':
      return flexible ? reader.compactNullableBytes() : reader.nullableBytes();
    default:
      return reader[field.type]();
  }
}

// Parsed once a range, as any interpreter would.
const ranges = new Map<string, VersionRange>();

function holds(versions: string, version: number): boolean {
  let range = ranges.get(versions);
  if (!range) {
    range = parseVersions(versions);
    ranges.set(versions, range);
  }
  const { min, max } = range;
  return version >= min && version <= max;
}

function absent(field: FieldDescriptor): unknown {
  if (field.default !== undefined) return field.default;
  if (field.type === 'string') return '';
  if (field.type === 'bool') return false;
  return field.type === 'struct' ? {} : 0;
}
