// The fast subset of `npm run rel -- redis`, and the ledger that judges it and its broken twin (`--broken`, which must fail).

import { describe, expect, it } from 'vitest';
import { isHeld, prove } from '../../scripts/rel/redis.ts';
import { Ledger } from '../../scripts/rel/redis/ledger.ts';

describe('a Redis that is flushed, slowed, stopped, filled, killed and restarted empty', () => {
  it('costs no record, no offset, no write, and moves no task', async () => {
    const { pass, figure } = await prove(['--seconds', '5']);
    expect(figure).toMatchObject({ lost: 0, duplicated: 0, wrongSums: 0, interruptions: 0 });
    expect(figure).toMatchObject({ stops: 1, kills: 1, fillings: 1 });
    expect(pass, JSON.stringify(figure)).toBe(true);
  }, 120_000);
});

describe('the ledger', () => {
  const others = { flights: 1, wrongSums: 0, interruptions: 0 };

  function filled(): Ledger {
    const ledger = new Ledger(100);
    for (let number = 0; number < 2_000; number++) {
      ledger.sent(number % 2, number);
      ledger.acknowledged(number, number + 1);
    }
    return ledger;
  }

  function readAll(ledger: Ledger, except: readonly number[] = []): void {
    for (let number = 0; number < 2_000; number++) {
      if (!except.includes(number)) ledger.read(number % 2, number, number + 2);
    }
  }

  it('passes what was read once and in order', () => {
    const ledger = filled();
    readAll(ledger);
    expect(ledger.isBehind).toBe(false);
    expect(isHeld({ ...ledger.figures(), ...others })).toBe(true);
  });

  it.each([
    ['lost', (ledger: Ledger) => readAll(ledger, [7])],
    ['duplicated', (ledger: Ledger) => (readAll(ledger), ledger.read(1, 7, 3_000))],
    ['reordered', (ledger: Ledger) => (readAll(ledger, [7]), ledger.read(1, 7, 3_000))],
    ['invented', (ledger: Ledger) => (readAll(ledger), ledger.read(0, 7, 3_000))],
    ['invented', (ledger: Ledger) => (readAll(ledger), ledger.read(0, NaN, 3_000))],
  ] as const)('sees one record %s', (name, harm) => {
    const ledger = filled();
    harm(ledger);
    expect(ledger.figures()[name]).toBe(1);
    expect(isHeld({ ...ledger.figures(), ...others })).toBe(false);
  });

  it('counts late and missing answers as unavailable, and what is unknown as neither lost nor invented', () => {
    const ledger = filled();
    readAll(ledger);
    for (let number = 2_000; number < 2_003; number++) ledger.sent(0, number);
    ledger.read(0, 2_000, 2_001);
    const figures = ledger.figures();
    expect(figures).toMatchObject({ lost: 0, invented: 0 });
    expect(figures.produceAvailable).toBeLessThan(99.9);
    expect(isHeld({ ...figures, ...others })).toBe(false);
  });

  it('fails a wrong sum and an interrupted task', () => {
    const ledger = filled();
    readAll(ledger);
    expect(isHeld({ ...ledger.figures(), ...others, wrongSums: 1 })).toBe(false);
    expect(isHeld({ ...ledger.figures(), ...others, interruptions: 1 })).toBe(false);
  });
});
