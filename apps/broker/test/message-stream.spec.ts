// The stream of a followed topic by a manual clock: heartbeats while it is silent, and rows that a slow reader loses.

import type { BrowseEvent } from '@drave/client';
import { messageStreamQuery } from '@drave/contracts/rest';
import { manualClock, memoryPlatform } from '@drave/platform';
import { expect, it } from 'vitest';
import { messageFrames } from '../src/api/message-stream.js';

const progress = { scannedRecords: 0, scannedBytes: 0, matched: 0, elapsedMs: 0 };

function recordAt(offset: number): BrowseEvent {
  const place = { topic: 't', partition: 0, offset, timestamp: 1, leaderEpoch: 0 };
  const record = { ...place, key: null, value: Buffer.from('v'), headers: [] };
  return { kind: 'record', record, cursor: () => `c${offset}` };
}

function streamOf(events: AsyncGenerator<BrowseEvent, void, undefined>, isFollowing: boolean) {
  const clock = manualClock();
  const browse = {
    events,
    progressOf: () => ({ ...progress, filterFailures: 0, filterFailure: null }),
    close: async () => undefined,
  };
  const formats = messageStreamQuery.parse({});
  const platform = memoryPlatform({ clock, seed: 1 });
  return { clock, frames: messageFrames({ browse, formats, isFollowing, platform }) };
}

it('sends a comment after 15 s of silence, and not before', async () => {
  const end = Promise.withResolvers<void>();
  async function* silence(): AsyncGenerator<BrowseEvent, void, undefined> {
    await end.promise;
    yield { kind: 'done', reason: 'end', cursor: undefined, progress };
  }
  const { clock, frames } = streamOf(silence(), true);
  let first: string | undefined;
  const next = frames.next().then(({ value }) => (first = value ?? 'ended'));
  await clock.advance(14_999);
  expect(first).toBeUndefined();
  await clock.advance(1);
  await next;
  expect(first).toBe(': heartbeat\n\n');
  const done = frames.next();
  end.resolve();
  await clock.advance(200);
  expect((await done).value).toMatch(/^event: done/);
  expect((await frames.next()).done).toBe(true);
});

it.each([
  ['loses the oldest rows of a followed topic', true, 501],
  ['loses no row of a search', false, 0],
])('%s for a slow reader, and says so', async (_, isFollowing, lost) => {
  const end = Promise.withResolvers<void>();
  const sent = Promise.withResolvers<void>();
  async function* flood(): AsyncGenerator<BrowseEvent, void, undefined> {
    yield { kind: 'phase', phase: 'following' };
    await end.promise;
    for (let offset = 0; offset < 1_500; offset++) {
      if (offset === 999) sent.resolve();
      yield recordAt(offset);
    }
    yield { kind: 'done', reason: 'end', cursor: undefined, progress };
  }
  const { clock, frames } = streamOf(flood(), isFollowing);
  expect((await frames.next()).value).toMatch(/^event: phase/);
  // The reader has its first frame and is away while all of it comes.
  end.resolve();
  await sent.promise;
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  const rest: string[] = [];
  const reading = (async () => {
    for await (const frame of frames) rest.push(frame);
  })();
  let isOver = false;
  void reading.then(() => (isOver = true));
  for (let steps = 0; !isOver && steps < 100; steps++) await clock.advance(200);
  await reading;
  const bodies = rest
    .filter((frame) => frame.startsWith('event: message'))
    .map(
      (frame) =>
        JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? '') as {
          readonly records: readonly { readonly offset: number }[];
          readonly dropped?: number;
        },
    );
  const offsets = bodies.flatMap(({ records }) => records.map(({ offset }) => offset));
  const dropped = bodies.reduce((sum, body) => sum + (body.dropped ?? 0), 0);
  expect(dropped).toBe(lost);
  expect(offsets).toEqual(Array.from({ length: 1_500 - lost }, (_row, n) => n + lost));
  expect(rest.at(-1)).toMatch(/^event: done/);
});
