// Frames that are none, API keys and versions nobody has, and broken primitives inside requests that begin well.
// Sources: reliability design, hostile inputs 1, 2 and 4.

import { isKnownApiKey, supportedVersions } from '@drave/protocol';
import { framed, head, int32, type HostileCase } from './hostile-case.ts';
import type { AdvertisedRange, ValidRequest } from './valid-requests.ts';

const frameBytesMax = 100 * 1024 * 1024;

/** Sizes and first bytes that are no Kafka request. */
export function* frameCases(): Generator<HostileCase> {
  const family = 'frame';
  const sizes = [-1, -2, -(2 ** 31), 0, 1, 2, 3, 4, 5, 6, 7, 2 ** 31 - 1, 352_518_912];
  for (const size of [...sizes, frameBytesMax + 1, 0x16030100, 0x47455420, 0x7fffff00]) {
    const bytes = Buffer.concat([int32(size), Buffer.alloc(8)]);
    yield { family, name: `size ${size}`, bytes, expect: 'closed' };
  }
  for (const text of [
    'GET / HTTP/1.1\r\n\r\n',
    'POST /x HTTP/1.0\r\n\r\n',
    'SSH-2.0-x\r\n',
    'PING\r\n',
    '*1\r\n$4\r\nPING\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc',
  ]) {
    const bytes = Buffer.from(text, 'latin1');
    yield { family, name: `text ${JSON.stringify(text.slice(0, 9))}`, bytes, half: true };
  }
  for (const length of [0, 1, 2, 3, 4, 5, 8, 11, 12, 13]) {
    const bytes = framed(head(18, 0), Buffer.alloc(4)).subarray(0, length);
    yield { family, name: `${length} bytes, then the end`, bytes, half: true, expect: 'closed' };
  }
  for (const size of [16, 1024, 1024 * 1024, frameBytesMax]) {
    const bytes = Buffer.concat([int32(size), head(18, 0)]);
    yield { family, name: `size ${size}, then the end`, bytes, half: true, expect: 'closed' };
  }
}

/** Keys 0 to 100, −1 and 32767 at every version from below the least to above the highest, body empty. */
export function* keyCases(advertised: readonly AdvertisedRange[]): Generator<HostileCase> {
  const ranges = new Map(advertised.map((range) => [range.apiKey, range]));
  for (const apiKey of [-32_768, -1, ...Array.from({ length: 101 }, (_, key) => key), 32_767]) {
    const range = ranges.get(apiKey) ?? { minVersion: 0, maxVersion: 8 };
    const versions = Array.from(
      { length: range.maxVersion - range.minVersion + 3 },
      (_, index) => range.minVersion - 1 + index,
    );
    for (const version of [-32_768, ...versions, 32_767]) {
      const isServed = version >= range.minVersion && version <= range.maxVersion;
      const isOutside = apiKey !== 18 && !(ranges.has(apiKey) && isServed);
      yield {
        family: 'key',
        name: `key ${apiKey} version ${version}`,
        bytes: framed(head(apiKey, version)),
        ...(isOutside ? { expect: 'closed' as const } : {}),
        ...(apiKey === 18 && !isServed ? { expect: 'answered' as const } : {}),
      };
    }
  }
}

const hostileBytes: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['a varint of 5 bytes above 32 bits', Buffer.from([255, 255, 255, 255, 127])],
  ['a varint of 6 bytes', Buffer.from([255, 255, 255, 255, 255, 1])],
  ['a varint of 11 bytes', Buffer.alloc(11, 255)],
  ['a varint that never ends', Buffer.alloc(4096, 128)],
  ['a non-canonical zero', Buffer.from([128, 128, 128, 128, 0])],
  ['compact length 2^32-1', Buffer.from([255, 255, 255, 255, 15])],
  ['compact length 2^31', Buffer.from([128, 128, 128, 128, 8])],
  ['length 2^31-1', int32(2 ** 31 - 1)],
  ['length -2', int32(-2)],
  ['length -2^31', int32(-(2 ** 31))],
  ['a short length of -32768', Buffer.from([128, 0])],
  ['a short length of 32767', Buffer.from([127, 255])],
  ['zeros', Buffer.alloc(64)],
  ['ones', Buffer.alloc(64, 255)],
  ['no UTF-8', Buffer.from([0, 4, 0xc3, 0x28, 0xa0, 0xff])],
  ['10,000 tagged fields', tags(10_000)],
  ['a tag longer than the rest', Buffer.from([1, 0, 255, 255, 3])],
  ['4,000,000,000 tags', Buffer.from([128, 240, 213, 166, 14])],
];

/** Each hostile primitive at the start of the body, in the middle and at the end of a valid request of each API's last version. */
export function* primitiveCases(valid: readonly ValidRequest[]): Generator<HostileCase> {
  const last = new Map<number, ValidRequest>();
  for (const one of valid) if (one.name.endsWith('small')) last.set(one.model.key, one);
  for (const { name, frame, model, apiVersion } of last.values()) {
    const body = frame.subarray(4);
    const flexibleFrom = isKnownApiKey(model.key)
      ? (supportedVersions(model.key)?.flexibleFrom ?? Infinity)
      : Infinity;
    const bodyStart = 8 + 2 + 1 + (apiVersion >= flexibleFrom ? 1 : 0);
    const middle = Math.floor((bodyStart + body.length) / 2);
    for (const at of new Set([
      bodyStart - 1,
      bodyStart,
      middle,
      Math.max(bodyStart, body.length - 1),
    ])) {
      for (const [what, bytes] of hostileBytes) {
        yield {
          family: 'primitive',
          name: `${name}: ${what} at ${at}`,
          bytes: framed(body.subarray(0, at), bytes),
        };
      }
    }
  }
}

function tags(count: number): Buffer {
  const section = [(count & 127) | 128, count >> 7];
  for (let tag = 0; tag < count; tag++) section.push(100, 0);
  return Buffer.from(section);
}
