// The fast subsets of `npm run rel -- kill9` and `powerloss`, with real processes, and that they see each mistake they are there for.

import { describe, expect, it } from 'vitest';
import { prove as proveKills } from '../scripts/rel/kill9.ts';
import { fileTwins } from '../scripts/rel/load/file-twins.ts';
import { prove as provePowerLoss } from '../scripts/rel/powerloss.ts';

const timeout = 120_000;

describe('kill -9 under load', () => {
  it('costs nothing that was acknowledged', { timeout }, async () => {
    const { pass, figure } = await proveKills(['--cycles', '3']);
    expect(figure).toMatchObject({
      lost: 0,
      duplicated: 0,
      reordered: 0,
      misplaced: 0,
      damaged: 0,
    });
    expect(pass).toBe(true);
  });

  it.each(fileTwins)('shows a broker that $mistake', { timeout }, async ({ name, finding }) => {
    const { pass, figure } = await proveKills(['--cycles', '1', '--twin', name]);
    expect(figure[finding]).toBeGreaterThan(0);
    expect(pass).toBe(false);
  });
});

describe('a power loss under load', () => {
  it('costs nothing that was acknowledged', { timeout }, async () => {
    const { pass, figure } = await provePowerLoss(['--cycles', '1']);
    if (figure.skipped === undefined) expect(figure).toMatchObject({ lost: 0, damaged: 0 });
    expect(pass).toBe(true);
  });

  it('is seen to cost something without syncs', { timeout }, async () => {
    const { pass, figure } = await provePowerLoss(['--cycles', '1', '--flush', 'os']);
    if (figure.skipped === undefined) expect(figure.lost).toBeGreaterThan(0);
    expect(pass).toBe(true);
  });
});
