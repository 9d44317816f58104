import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from '@drave/platform';

describe('BoundedQueue', () => {
  it('behaves like an array that refuses what is beyond its capacity', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), value: fc.integer() }),
      fc.record({ kind: fc.constant('unshift' as const), value: fc.integer() }),
      fc.record({ kind: fc.constant('shift' as const) }),
      fc.record({ kind: fc.constant('clear' as const) }),
    );
    const steps = fc.array(fc.oneof({ weight: 5, arbitrary: step }, step), { maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), steps, (capacity, run) => {
        const queue = new BoundedQueue<number>(capacity);
        const model: number[] = [];
        for (const one of run) {
          const hasRoom = model.length < capacity;
          if (one.kind === 'push') {
            expect(queue.push(one.value)).toBe(hasRoom);
            if (hasRoom) model.push(one.value);
          } else if (one.kind === 'unshift') {
            expect(queue.unshift(one.value)).toBe(hasRoom);
            if (hasRoom) model.unshift(one.value);
          } else if (one.kind === 'shift') {
            expect(queue.shift()).toBe(model.shift());
          } else if (model.length > 50) {
            queue.clear();
            model.length = 0;
          }
          expect([...queue]).toEqual(model);
          expect(queue.peek()).toBe(model[0]);
          expect(queue.peek(model.length)).toBeUndefined();
          expect([queue.isEmpty, queue.isFull]).toEqual([!model.length, model.length === capacity]);
        }
      }),
    );
  });

  it('refuses a capacity that is no positive integer', () => {
    for (const capacity of [0, -1, 1.5, NaN]) {
      expect(() => new BoundedQueue(capacity)).toThrow(/queue-capacity/);
    }
  });
});
