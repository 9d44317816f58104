import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock, SeededRandom, type Timer } from '@drave/platform';

describe('manualClock', () => {
  it('runs timers at their deadline in the order of deadline and setting, for any history', () => {
    const step = fc.oneof(
      fc.record({ set: fc.nat(50) }),
      fc.record({ cancel: fc.nat() }),
      fc.record({ advance: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const clock = manualClock();
        const fired: { dueMs: number; id: number }[] = [];
        const waiting = new Map<number, Timer>();
        let serial = 0;
        for (const one of steps) {
          if ('set' in one) {
            const id = serial++;
            const dueMs = clock.monotonicMs() + one.set;
            const run = (): void => {
              expect(clock.monotonicMs()).toBe(dueMs);
              waiting.delete(id);
              fired.push({ dueMs, id });
            };
            waiting.set(id, clock.setTimer(one.set, run));
          } else if ('cancel' in one) {
            const [id, timer] = [...waiting][one.cancel % Math.max(1, waiting.size)] ?? [];
            timer?.cancel();
            if (id !== undefined) waiting.delete(id);
          } else clock.advanceSync(one.advance);
          expect(clock.pendingCount).toBe(waiting.size);
        }
        clock.advanceSync(100);
        expect(waiting.size).toBe(0);
        expect(fired).toEqual(fired.toSorted((a, b) => a.dueMs - b.dueMs || a.id - b.id));
      }),
    );
  });

  it('runs promise callbacks between timers and moves both clocks', async () => {
    const clock = manualClock({ startMs: 1_000 });
    const seen: string[] = [];
    void clock.sleep(5).then(() => seen.push(`sleep ${clock.nowMs()}`));
    clock.setTimer(6, () => seen.push(`timer ${clock.monotonicMs()}`));
    clock.nextTurn(() => seen.push('turn'));
    await clock.advance(10);
    expect(seen).toEqual(['turn', 'sleep 1005', 'timer 6']);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_010, 10]);
  });

  it('keeps cancelled timers out of the way', () => {
    const clock = manualClock();
    for (let index = 0; index < 100_000; index += 1)
      clock.setTimer(1_000, () => undefined).cancel();
    expect([clock.pendingCount, clock.nextAtMs]).toEqual([0, undefined]);
  });
});

describe('SeededRandom', () => {
  it('gives one sequence per seed, evenly spread', () => {
    const draw = (seed: number | string): number[] => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 20_000 }, () => random.nextInt(10));
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    const counts = Array.from(
      { length: 10 },
      (_, value) => draw('x').filter((one) => one === value).length,
    );
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  it('makes version 4 identifiers, floats below one and forks of its own', () => {
    const random = new SeededRandom(5);
    expect(random.uuid()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    for (let index = 0; index < 1_000; index += 1) {
      const value = random.nextFloat();
      expect(value >= 0 && value < 1).toBe(true);
      expect(random.nextInt(2 ** 48)).toBeLessThan(2 ** 48);
    }
    expect(random.fork('a').bytes(8)).not.toEqual(random.fork('a').bytes(8));
    expect(() => random.nextInt(0)).toThrow(/random-bound/);
  });
});
