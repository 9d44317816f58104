// What every Clock and Scheduler must do. Leaves out: how late a timer may be, which no real machine promises.

import assert from 'node:assert/strict';
import type { Clock, Scheduler } from '../clock.js';
import type { TestRunner } from './test-runner.js';

export interface TimeHarness {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

export type WithTime = (body: (harness: TimeHarness) => Promise<void>) => Promise<void>;

/** Registers the suite; `name` tells the adapter. */
export function timeSuite(runner: TestRunner, name: string, withTime: WithTime): void {
  runner.describe(`Clock and Scheduler: ${name}`, () => {
    runner.it('tells whole wall milliseconds and a monotonic time that never decreases', () =>
      withTime(async ({ clock }) => {
        assert.ok(Number.isSafeInteger(clock.nowMs()) && clock.nowMs() > 0);
        let last = clock.monotonicMs();
        for (let index = 0; index < 1000; index += 1) {
          const next = clock.monotonicMs();
          assert.ok(next >= last);
          last = next;
        }
      }),
    );

    runner.it('never fires early', () =>
      withTime(async ({ clock, scheduler }) => {
        const waits = [0, 0.3, 1, 1.7, 3, 5, 8].map(async (delayMs) => {
          const startMs = clock.monotonicMs();
          await scheduler.sleep(delayMs);
          assert.ok(clock.monotonicMs() - startMs >= delayMs);
        });
        await Promise.all(waits);
      }),
    );

    runner.it('fires timers of one delay in the order they were set, and each once', () =>
      withTime(async ({ scheduler }) => {
        const fired: number[] = [];
        for (let index = 0; index < 20; index += 1) {
          scheduler.setTimer(2, () => fired.push(index));
        }
        await scheduler.sleep(10);
        assert.deepEqual(fired, [...Array(20).keys()]);
      }),
    );

    runner.it('never fires what was cancelled; cancelling again or late is fine', () =>
      withTime(async ({ scheduler }) => {
        let count = 0;
        const cancelled = scheduler.setTimer(1, () => (count += 100));
        const fired = scheduler.setTimer(1, () => (count += 1));
        const byAnother = scheduler.setTimer(2, () => (count += 100));
        scheduler.setTimer(1, () => byAnother.cancel());
        cancelled.cancel();
        cancelled.cancel();
        await scheduler.sleep(10);
        fired.cancel();
        assert.equal(count, 1);
      }),
    );

    runner.it('runs nextTurn callbacks later, in order, after ready promises', () =>
      withTime(async ({ scheduler }) => {
        const log: string[] = [];
        await new Promise<void>((resolve) => {
          scheduler.nextTurn(() => log.push('first'));
          scheduler.nextTurn(() => {
            log.push('second');
            resolve();
          });
          void Promise.resolve().then(() => log.push('promise'));
          log.push('now');
        });
        assert.deepEqual(log, ['now', 'promise', 'first', 'second']);
      }),
    );
  });
}
