// The fast subsets of `npm run rel -- torn`, `bitflip` and `ioerr`, and that they see each mistake they are there for.

import { describe, expect, it } from 'vitest';
import { flippedBits, prove as proveBitflip } from '../scripts/rel/bitflip.ts';
import { transactionLosses } from '../scripts/rel/crash/transactions.ts';
import { type Twin, twins } from '../scripts/rel/crash/twins.ts';
import { Tally } from '../scripts/rel/crash/world.ts';
import { prove as proveDiskfull } from '../scripts/rel/diskfull.ts';
import { failures, prove as proveIoerr } from '../scripts/rel/ioerr.ts';
import { crashStates, prove as proveTorn } from '../scripts/rel/torn.ts';

const seenBy = (proof: Twin['seenBy'][number]): Twin[] =>
  twins.filter((twin) => twin.seenBy.includes(proof));

describe('the crash states', () => {
  it('never lose, invent or serve damaged batches', { timeout: 120_000 }, async () => {
    const { pass, figure } = await proveTorn(['--quick', '--random', '200']);
    expect(figure).toMatchObject({ wrong: 0, lost: 0, served: 0 });
    expect(Number(figure.states)).toBeGreaterThan(3000);
    expect(pass).toBe(true);
  });

  it.each(seenBy('torn'))('see a log that $mistake', { timeout: 120_000 }, async (twin) => {
    const { misses } = await crashStates({ seed: 1, twin, isQuick: true, randoms: 400 });
    expect(misses).toBeGreaterThan(0);
  });
});

describe('transactions at a power loss', () => {
  it('are told as the recovered log holds them, at every disk operation', async () => {
    const tally = new Tally();
    expect(await transactionLosses(tally, { seed: 1, step: 1 })).toBeGreaterThan(50);
    expect(tally.misses).toBe(0);
  });

  it('show a log that takes commits for aborts', async () => {
    const tally = new Tally(undefined, 1);
    await transactionLosses(tally, { seed: 1, step: 7, isTwisted: true });
    expect(tally.wrong).toBeGreaterThan(0);
  });
});

describe('flipped bits', () => {
  it('are told and never served; the rest stays readable', { timeout: 120_000 }, async () => {
    const { pass, figure } = await proveBitflip(['--quick']);
    expect(figure).toMatchObject({ wrong: 0, lost: 0, served: 0 });
    expect(pass).toBe(true);
  });

  it.each(seenBy('bitflip'))('show a log that $mistake', { timeout: 120_000 }, async (twin) => {
    expect(
      (await flippedBits({ seed: 1, twin, step: twin.flips ? 1 : 61 })).misses,
    ).toBeGreaterThan(0);
  });
});

describe('I/O errors', () => {
  it('end the writing for good, and nothing else', { timeout: 120_000 }, async () => {
    const { pass, figure } = await proveIoerr(['--quick']);
    expect(figure).toMatchObject({ wrong: 0, lost: 0, served: 0 });
    expect(pass).toBe(true);
  });

  it.each(seenBy('ioerr'))('show a log that $mistake', { timeout: 120_000 }, async (twin) => {
    expect((await failures({ twin, step: 1 })).tally.misses).toBeGreaterThan(0);
  });
});

it('a full disk refuses clients, goes on for all others and resumes by itself', async () => {
  const { pass, figure } = await proveDiskfull(['--memory', '--cycles', '1']);
  expect(figure).toMatchObject({ lost: 0, slow: 0, cycles: 1 });
  expect(pass).toBe(true);
}, 60_000);

it('a full disk shows a log that lets clients fill the disk', { timeout: 60_000 }, async () => {
  const { pass } = await proveDiskfull(['--memory', '--cycles', '1', '--twin', 'no-reserve']);
  expect(pass).toBe(false);
});
