import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock, TimerWheel, type Timer } from '@drave/platform';

describe('TimerWheel', () => {
  it('fires each timer once, never early, at most a tick late, and none that was cancelled', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), delayMs: fc.integer({ min: 0, max: 400 }) }),
      fc.record({ kind: fc.constant('cancel' as const), which: fc.nat() }),
      fc.record({
        kind: fc.constant('advance' as const),
        deltaMs: fc.integer({ min: 0, max: 300 }),
      }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 120 }),
        fc.integer({ min: 1, max: 9 }),
        (run, slots) => {
          const clock = manualClock();
          const tickMs = 7;
          const wheel = new TimerWheel({ clock, scheduler: clock, tickMs, slotCount: slots });
          const expected = new Map<number, { dueMs: number; timer: Timer }>();
          const firedTicks: number[] = [];
          let serial = 0;
          for (const one of run) {
            if (one.kind === 'set') {
              const id = serial++;
              const dueMs = clock.monotonicMs() + one.delayMs;
              const timer = wheel.setTimer(one.delayMs, () => {
                const lateMs = clock.monotonicMs() - dueMs;
                expect(lateMs).toBeGreaterThanOrEqual(0);
                expect(lateMs).toBeLessThanOrEqual(tickMs);
                expect(expected.delete(id)).toBe(true);
                // Due on a tick that has fired already, it goes by the next one.
                if (one.delayMs > 0) firedTicks.push(Math.ceil(dueMs / tickMs));
              });
              expected.set(id, { dueMs, timer });
            } else if (one.kind === 'cancel') {
              const ids = [...expected.keys()];
              const id = ids[one.which % Math.max(1, ids.length)];
              if (id !== undefined) {
                expected.get(id)?.timer.cancel();
                expected.delete(id);
              }
            } else {
              clock.advanceSync(one.deltaMs);
            }
            expect(wheel.pendingCount).toBe(expected.size);
          }
          clock.advanceSync(1000);
          expect(expected.size).toBe(0);
          expect(clock.pendingCount).toBe(0);
          expect(firedTicks).toEqual(firedTicks.toSorted((a, b) => a - b));
        },
      ),
      {
        examples: [
          [
            [
              { kind: 'set', delayMs: 1 },
              { kind: 'set', delayMs: 0 },
            ],
            1,
          ],
        ],
      },
    );
  });

  it('fires in deadline order also when the scheduler was late by whole revolutions', () => {
    const clock = manualClock();
    const late: (() => void)[] = [];
    const scheduler = {
      ...clock,
      setTimer: (_delayMs: number, callback: () => void) => {
        late.push(callback);
        return { cancel: () => late.splice(late.indexOf(callback), 1) };
      },
    };
    const wheel = new TimerWheel({ clock, scheduler, tickMs: 1, slotCount: 4 });
    const fired: number[] = [];
    for (const delayMs of [13, 2, 9, 5, 30, 1]) {
      wheel.setTimer(delayMs, () => fired.push(delayMs));
    }
    clock.advanceSync(20);
    late.shift()?.();
    expect(fired).toEqual([1, 2, 5, 9, 13]);
    expect(wheel.pendingCount).toBe(1);
    expect(late.length).toBe(1);
  });

  it('lets a callback cancel a timer that is due in the same tick', () => {
    const clock = manualClock();
    const wheel = new TimerWheel({ clock, scheduler: clock });
    const fired: string[] = [];
    wheel.setTimer(5, () => {
      fired.push('first');
      second.cancel();
      wheel.setTimer(0, () => fired.push('third'));
    });
    const second = wheel.setTimer(5, () => fired.push('second'));
    clock.advanceSync(10);
    expect(fired).toEqual(['first']);
    clock.advanceSync(10);
    expect(fired).toEqual(['first', 'third']);
  });

  it('runs the other callbacks when one throws, then tells the error', () => {
    const clock = manualClock();
    const wheel = new TimerWheel({ clock, scheduler: clock });
    let ran = false;
    wheel.setTimer(1, () => {
      throw new Error('bad callback');
    });
    wheel.setTimer(1, () => (ran = true));
    expect(() => clock.advanceSync(10)).toThrow('bad callback');
    expect(ran).toBe(true);
  });
});
