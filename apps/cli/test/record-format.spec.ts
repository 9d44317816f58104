import type { ConsumerRecord } from '@drave/client';
import { describe, expect, it } from 'vitest';
import { formatRecord } from '../src/record-format.js';

const record: ConsumerRecord = {
  topic: 'orders',
  partition: 2,
  offset: 9_007_199_254_740_991,
  timestamp: 978_307_200_000,
  leaderEpoch: 0,
  key: Buffer.from('k1'),
  value: Buffer.from('väl'),
  headers: [
    { key: 'a', value: Buffer.from('1') },
    { key: 'b', value: null },
  ],
};

describe('formatRecord', () => {
  it('prints the value and a line feed unless told otherwise', () => {
    expect(formatRecord('table')(record)).toBe('väl\n');
  });

  it('expands every placeholder once', () => {
    expect(formatRecord('table', '%t/%p/%o %T %k=%v (%s bytes) %h 100%%\\n')(record)).toBe(
      'orders/2/9007199254740991 978307200000 k1=väl (4 bytes) a=1,b= 100%\n',
    );
  });

  it('does not expand placeholders that come from the record', () => {
    expect(formatRecord('table', '%v')({ ...record, value: Buffer.from('%k\\n') })).toBe('%k\\n');
  });

  it('prints one JSON object per line, tombstones as null', () => {
    const line = formatRecord('json')({ ...record, value: null });
    expect(line.endsWith('\n')).toBe(true);
    expect(JSON.parse(line)).toMatchObject({ topic: 'orders', key: 'k1', value: null });
  });

  it('shows bytes that are no text as base64 instead of replacing them', () => {
    const line = formatRecord('json')({ ...record, value: Buffer.from([0xff, 0x00]) });
    expect(JSON.parse(line)).toMatchObject({ valueBase64: '/wA=' });
    expect(JSON.parse(line)).not.toHaveProperty('value');
  });
});
