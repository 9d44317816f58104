import { describe, expect, it } from 'vitest';
import { parseOffsetSpec } from '../src/offset-spec.js';

describe('parseOffsetSpec', () => {
  it.each([
    ['start', { from: 'start', shift: 0 }],
    ['beginning', { from: 'start', shift: 0 }],
    ['end', { from: 'end', shift: 0 }],
    ['42', { from: 'offset', offset: 42 }],
    ['-5', { from: 'end', shift: 5 }],
    ['+7', { from: 'start', shift: 7 }],
    ['@2001-01-01T00:00:00Z', { from: 'time', timestampMs: 978_307_200_000 }],
    ['@978307200000', { from: 'time', timestampMs: 978_307_200_000 }],
  ])('reads %s', (text, expected) => {
    expect(parseOffsetSpec(text)).toEqual(expected);
  });

  it.each(['', 'json', '1.5', '--1', '@yesterday', '9'.repeat(16)])('refuses "%s"', (text) => {
    expect(parseOffsetSpec(text)).toBeUndefined();
  });
});
