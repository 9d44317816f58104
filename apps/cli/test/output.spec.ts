import { describe, expect, it } from 'vitest';
import { formatTable } from '../src/output.js';

const columns = [
  { title: 'NAME', value: (row: { name: string; n: number }) => row.name },
  { title: 'N', align: 'right' as const, value: (row: { n: number }) => row.n },
];

describe('formatTable', () => {
  it('aligns by terminal columns, so wide characters do not shift the table', () => {
    const rows = [
      { name: '航班', n: 7 },
      { name: 'abcdef', n: 1_000 },
    ];
    expect(formatTable(columns, rows)).toBe(
      ['NAME       N', '航班       7', 'abcdef  1000'].join('\n'),
    );
  });

  it('prints the titles when there are no rows', () => {
    expect(formatTable(columns, [])).toBe('NAME  N');
  });
});
