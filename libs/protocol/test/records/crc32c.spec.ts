import { describe, expect, it } from 'vitest';
import { crc32c, crc32cInJavaScript } from '../../src/records/crc32c.js';

const ascending = Buffer.from(Array.from({ length: 32 }, (_, index) => index));

describe('crc32c', () => {
  it.each([
    ['thirty-two zero bytes', Buffer.alloc(32), 0x8a9136aa],
    ['thirty-two 0xff bytes', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['ascending bytes', ascending, 0x46dd794e],
    ['descending bytes', Buffer.from(ascending).reverse(), 0x113fdb5c],
    ['the digits', Buffer.from('123456789'), 0xe3069283],
    ['nothing', Buffer.alloc(0), 0],
  ])('gives the RFC 3720 value for %s', (_name, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
    expect(crc32cInJavaScript(bytes)).toBe(expected);
  });

  it('gives the same number natively and in JavaScript, for every size and start', () => {
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) >>> 3));
    for (let start = 0; start < 18; start++) {
      for (let end = start; end < bytes.length; end += 97) {
        expect(crc32c(bytes, start, end)).toBe(crc32cInJavaScript(bytes, start, end));
      }
    }
  });
});
