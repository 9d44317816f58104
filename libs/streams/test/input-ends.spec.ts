// Ends of inputs while nothing is fetched: asked once a second at most, kept until a fetch says something newer; and how long an
// input was idle, which a pause does not count.

import type { Admin, Consumer } from '@drave/client';
import { silentLogger } from '@drave/platform';
import { expect, it, vi } from 'vitest';
import { InputEnds } from '../src/input-ends.js';
import { InputQueue } from '../src/input-queues.js';
import type { SourceNode } from '../src/plan.js';
import type { TaskHandle } from '../src/task-handle.js';

function world() {
  const told: number[] = [];
  const state = { high: 10, end: 10, isRevoked: false };
  const consumer = {
    watermarks() {
      if (state.isRevoked) throw new RangeError('not assigned');
      return { high: state.high };
    },
  } as unknown as Consumer;
  const listOffsets = vi.fn(async () => {
    if (state.end < 0) throw new Error('no broker');
    return [{ topic: 't', partition: 0, offset: state.end }];
  });
  const admin = { listOffsets } as unknown as Admin;
  const task = {
    inputTopics: () => ['t'],
    setEndOffset: (_: string, end: number) => told.push(end),
  };
  const ref = { queuedCount: 1 };
  const handles = [{ task, ref, partition: 0 }] as unknown as TaskHandle[];
  const ends = new InputEnds(silentLogger);
  const ask = async (nowMs: number): Promise<void> => {
    ends.askWhenDue(handles, { admin, consumer, nowMs });
    await new Promise((resolve) => setImmediate(resolve));
  };
  const hear = (): number | undefined => {
    ends.hear(handles, consumer);
    return told.at(-1);
  };
  return { state, ends, ask, hear, listOffsets };
}

it('asks while nothing is fetched, and does not fall back to the stale end after it', async () => {
  const { state, ask, hear, listOffsets } = world();
  expect(hear()).toBe(10);
  state.end = 50;
  await ask(0);
  await ask(999);
  expect([hear(), listOffsets.mock.calls.length]).toEqual([50, 1]);
  state.end = 60;
  await ask(1_000);
  expect([hear(), hear()]).toEqual([60, 60]);
  // A fetch is newer than any question, also where the log has become shorter.
  state.high = 55;
  expect(hear()).toBe(55);
  state.high = 10;
  expect(hear()).toBe(10);
});

it('goes on with what it knew when nobody answers, and knows nothing of partitions that left', async () => {
  const { state, ends, ask, hear, listOffsets } = world();
  state.end = 40;
  await ask(0);
  state.end = -1;
  await ask(1_000);
  expect(hear()).toBe(40);
  state.isRevoked = true;
  state.end = 70;
  await ask(2_000);
  state.isRevoked = false;
  expect([hear(), listOffsets.mock.calls.length]).toEqual([40, 3]);
  ends.forget({ topic: 't', partition: 0 });
  expect(hear()).toBe(10);
});

it('an input that was idle before a pause holds its task back anew after it', () => {
  const queue = new InputQueue('t', {} as SourceNode, 5);
  queue.setEndOffset(5);
  expect([queue.holdsBack(0, 100), queue.holdsBack(5_000, 100)]).toEqual([true, false]);
  queue.forgetIdling();
  expect([queue.holdsBack(5_001, 100), queue.holdsBack(5_101, 100)]).toEqual([true, false]);
});
