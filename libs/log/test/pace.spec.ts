// Work in steps: what it waits for comes back to it, a used-up slice is followed by a rest, and without a need nothing is awaited.

import { describe, expect, it } from 'vitest';
import { inSteps, Pace, type Steps } from '../src/pace.js';

function paced(): { pace: Pace; rests: number[]; world: { ms: number } } {
  const world = { ms: 0 };
  const rests: number[] = [];
  const clock = { nowMs: () => 0, monotonicMs: () => world.ms };
  const scheduler = {
    setTimer: () => ({ cancel: () => undefined }),
    nextTurn: (callback: () => void) => callback(),
    sleep: async (ms: number) => void rests.push(ms),
  };
  return { pace: new Pace({ clock, scheduler }), rests, world };
}

describe('steps', () => {
  it('without a place to rest are done at once', () => {
    function* work(isLong: boolean): Steps<number> {
      if (isLong) yield undefined;
      return 7;
    }
    expect(inSteps(work(false), paced().pace)).toBe(7);
    expect(inSteps(work(true), paced().pace)).toBeInstanceOf(Promise);
  });

  it('get what they wait for, and rest as long as a slice took', async () => {
    const { pace, rests, world } = paced();
    function* work(): Steps<string> {
      const found = yield Promise.resolve(Buffer.from('found'));
      world.ms += 1;
      yield undefined;
      world.ms += 3;
      yield undefined;
      return String(found);
    }
    expect(await inSteps(work(), pace)).toBe('found');
    expect(rests).toEqual([4]);
  });

  it('end with the error of what they wait for', async () => {
    function* work(): Steps<void> {
      yield Promise.reject(new Error('damaged'));
    }
    await expect(inSteps(work(), paced().pace)).rejects.toThrow('damaged');
  });
});
