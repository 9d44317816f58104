// What every ClusterStore must do. Two stores `a` and `b` are two processes on the same data. Leaves out: how fast.

import assert from 'node:assert/strict';
import type { TestRunner } from '@drave/platform/conformance';
import type { ClusterStore, StoreChange } from '../cluster-store.js';

export interface StoreHarness {
  readonly a: ClusterStore;
  readonly b: ClusterStore;
  /** Lets so much time pass for the stores. */
  readonly elapse: (ms: number) => Promise<void>;
  /** Lets watches catch up; called until what is waited for has come. */
  readonly turn: () => Promise<void>;
  /** The store forgets everything. */
  readonly flush: () => Promise<void>;
  /** Nobody is answered from now on. */
  readonly interrupt: () => Promise<void>;
  readonly resume: () => Promise<void>;
}

export type WithStores = (body: (harness: StoreHarness) => Promise<void>) => Promise<void>;

/** Shorter than the tests that must not see it lapse, longer than a busy machine's pauses. */
const longMs = 60_000;
const shortMs = 300;

/** Registers the suite; `name` tells the adapter. */
export function clusterStoreSuite(runner: TestRunner, name: string, withStores: WithStores): void {
  runner.describe(`ClusterStore: ${name}`, () => {
    values(runner, withStores);
    leases(runner, withStores);
    watches(runner, withStores);
    faults(runner, withStores);
    forgetting(runner, withStores);
  });
}

function values(runner: TestRunner, withStores: WithStores): void {
  runner.it('keeps values, another revision for every change, lists them by prefix in order', () =>
    withStores(async ({ a, b }) => {
      assert.equal(await a.get('k/1'), undefined);
      const first = await a.put('k/1', 'one');
      const second = await b.put('k/1', 'two\nlines\0and ünicode');
      assert.notEqual(first.revision, second.revision);
      assert.deepEqual(await a.get('k/1'), second);
      assert.equal(second.holder, undefined);
      await a.put('k/0', '');
      await a.put('other', 'x');
      assert.deepEqual(
        (await b.list('k/')).map(({ key, value }) => [key, value]),
        [
          ['k/0', ''],
          ['k/1', 'two\nlines\0and ünicode'],
        ],
      );
    }),
  );

  runner.it('swaps only what has the revision expected; of many that try one succeeds', () =>
    withStores(async ({ a, b }) => {
      const tries = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? a : b).compareAndSet('k', undefined, `v${index}`),
        ),
      );
      const won = tries.filter((entry) => entry !== undefined);
      assert.equal(won.length, 1);
      const [entry] = won;
      assert.deepEqual(await b.get('k'), entry);
      assert.equal(await a.compareAndSet('k', '1.00', 'x'), undefined);
      assert.equal((await a.compareAndSet('k', entry?.revision, 'y'))?.value, 'y');
      assert.equal(await a.compareAndSet('k', entry?.revision, 'z'), undefined);
    }),
  );

  runner.it('deletes, also on condition', () =>
    withStores(async ({ a, b }) => {
      const entry = await a.put('k', 'v');
      assert.equal(await b.delete('k', 'another'), false);
      assert.equal(await b.delete('k', entry.revision), true);
      assert.equal(await a.delete('k'), false);
      assert.equal(await a.get('k'), undefined);
      const again = await a.put('k', 'v');
      assert.notEqual(again.revision, entry.revision);
    }),
  );

  runner.it('refuses keys, values and leases beyond the limits', () =>
    withStores(async ({ a }) => {
      await assert.rejects(a.get(''), RangeError);
      await assert.rejects(a.put('k'.repeat(513), ''), RangeError);
      await assert.rejects(a.put('k', 'v'.repeat(64 * 1024 + 1)), RangeError);
      await assert.rejects(a.acquire('k', { holder: 'h', value: '', ttlMs: 1 }), RangeError);
      await assert.rejects(a.acquire('k', { holder: 'h\n', value: '', ttlMs: 500 }), RangeError);
      const big = 'v'.repeat(64 * 1024);
      assert.equal((await a.put('k'.repeat(512), big)).value, big);
    }),
  );
}

function leases(runner: TestRunner, withStores: WithStores): void {
  runner.it('gives a lease to one holder, who renews it; a renewal keeps the revision', () =>
    withStores(async ({ a, b }) => {
      const first = await a.acquire('l', { holder: 'A', value: '1', ttlMs: longMs });
      assert.ok(first.isHeld && first.entry.holder === 'A');
      const refused = await b.acquire('l', { holder: 'B', value: '2', ttlMs: longMs });
      assert.deepEqual(refused, { isHeld: false, entry: first.entry });
      const renewed = await a.acquire('l', { holder: 'A', value: '1', ttlMs: longMs });
      assert.deepEqual(renewed, first);
      const rewritten = await a.acquire('l', { holder: 'A', value: '3', ttlMs: longMs });
      assert.notEqual(rewritten.entry.revision, first.entry.revision);
      assert.equal((await b.get('l'))?.value, '3');
    }),
  );

  runner.it('frees it when released by its holder, nobody else', () =>
    withStores(async ({ a, b }) => {
      await a.acquire('l', { holder: 'A', value: '', ttlMs: longMs });
      assert.equal(await b.release('l', 'B'), false);
      assert.equal(await b.release('l', 'A'), true);
      assert.equal(await b.release('l', 'A'), false);
      assert.ok((await b.acquire('l', { holder: 'B', value: '', ttlMs: longMs })).isHeld);
    }),
  );

  runner.it('frees it when it lapses; values without a lease stay', () =>
    withStores(async ({ a, b, elapse }) => {
      await a.put('v', 'stays');
      await a.acquire('l', { holder: 'A', value: '', ttlMs: shortMs });
      await a.acquire('m', { holder: 'A', value: '', ttlMs: longMs });
      await elapse(shortMs + 50);
      assert.equal(await b.get('l'), undefined);
      assert.deepEqual(
        (await b.list('')).map(({ key }) => key),
        ['m', 'v'],
      );
      assert.ok((await b.acquire('l', { holder: 'B', value: '', ttlMs: longMs })).isHeld);
    }),
  );
}

/** Collects what a watch tells. */
function follow(store: ClusterStore, prefix: string) {
  const state = new Map<string, string>();
  const changes: StoreChange[] = [];
  const end = store.watch(prefix, (change) => {
    changes.push(change);
    for (const { key } of change.gone) state.delete(key);
    for (const { key, value } of change.changed) state.set(key, value);
  });
  const entries = (): [string, string][] => [...state].sort(([x], [y]) => (x < y ? -1 : 1));
  return { changes, entries, end };
}

async function until(turn: () => Promise<void>, isDone: () => boolean): Promise<void> {
  for (let turns = 0; !isDone(); turns++) {
    if (turns > 2_000) throw new Error('what was waited for never came');
    await turn();
  }
}

function watches(runner: TestRunner, withStores: WithStores): void {
  runner.it('tells a watcher what is there, what changes, what goes, and nothing else', () =>
    withStores(async ({ a, b, turn }) => {
      await a.put('w/1', 'one');
      const seen = follow(b, 'w/');
      await until(turn, () => seen.entries().length === 1);
      await a.put('w/2', 'two');
      await a.put('x', 'elsewhere');
      await a.delete('w/1');
      await until(turn, () => String(seen.entries()) === 'w/2,two');
      assert.ok(seen.changes.every(({ changed }) => changed.every(({ key }) => key !== 'x')));
      assert.ok(seen.changes.every(({ isReset }) => !isReset));
      seen.end();
      const told = seen.changes.length;
      const other = follow(b, '');
      await a.put('w/3', 'three');
      await until(turn, () => other.entries().some(([key]) => key === 'w/3'));
      assert.equal(seen.changes.length, told);
    }),
  );

  runner.it('tells a watcher of a lapsed lease once, and of no renewal', () =>
    withStores(async ({ a, b, turn, elapse }) => {
      const seen = follow(b, '');
      await a.acquire('l', { holder: 'A', value: 'v', ttlMs: shortMs * 3 });
      await until(turn, () => seen.entries().length === 1);
      const told = seen.changes.length;
      await a.acquire('l', { holder: 'A', value: 'v', ttlMs: shortMs });
      await turn();
      assert.equal(seen.changes.length, told);
      await elapse(shortMs + 50);
      await until(turn, () => seen.entries().length === 0);
      const gone = seen.changes.flatMap((change) => change.gone);
      assert.deepEqual(
        gone.map(({ key, holder }) => [key, holder]),
        [['l', 'A']],
      );
    }),
  );

  runner.it('brings every watcher to the newest state, however fast it changes', () =>
    withStores(async ({ a, b, turn }) => {
      const [one, two] = [follow(a, ''), follow(b, '')];
      const work = Array.from({ length: 100 }, (_, index) =>
        (index % 2 === 0 ? a : b).put(`k${index % 10}`, String(index)),
      );
      await Promise.all(work);
      await a.delete('k3');
      const wanted = (await a.list('')).map(({ key, value }) => [key, value]);
      await until(turn, () => String(one.entries()) === String(wanted));
      await until(turn, () => String(two.entries()) === String(wanted));
    }),
  );
}

function faults(runner: TestRunner, withStores: WithStores): void {
  runner.it('rejects while interrupted, says so, and tells what changed meanwhile afterwards', () =>
    withStores(async ({ a, b, turn, interrupt, resume }) => {
      const states: string[] = [];
      b.onStatus(({ state }) => states.push(state));
      await until(turn, () => b.status.state === 'connected');
      const seen = follow(b, '');
      await a.put('k', 'before');
      await a.acquire('l', { holder: 'A', value: '', ttlMs: longMs });
      await until(turn, () => seen.entries().length === 2);
      await interrupt();
      await assert.rejects(b.put('k', 'lost'), { code: 'ERR_STORE_UNAVAILABLE' });
      await until(turn, () => b.status.state === 'lost');
      assert.ok(b.status.reason);
      await resume();
      await until(turn, () => b.status.state === 'connected' && a.status.state === 'connected');
      await a.put('k', 'after');
      await until(turn, () => String(seen.entries()) === 'k,after,l,');
      assert.ok(states.join() === 'lost,connected' || states.join() === 'connected,lost,connected');
    }),
  );

  runner.it('does not let leases lapse while it answers nobody', () =>
    withStores(async ({ a, b, turn, interrupt, resume, elapse }) => {
      const seen = follow(b, '');
      await a.acquire('l', { holder: 'A', value: '', ttlMs: 2_000 });
      await until(turn, () => seen.entries().length === 1);
      await interrupt();
      await elapse(3_000);
      await resume();
      await until(turn, () => b.status.state === 'connected' && a.status.state === 'connected');
      assert.ok((await a.acquire('l', { holder: 'A', value: '', ttlMs: longMs })).isHeld);
      await turn();
      assert.deepEqual(
        seen.changes.flatMap(({ gone }) => gone),
        [],
      );
    }),
  );
}

function forgetting(runner: TestRunner, withStores: WithStores): void {
  runner.it(
    'tells a flush from lapsed leases, and takes no revision of before it for one of now',
    () =>
      withStores(async ({ a, b, turn, flush }) => {
        const old = await a.put('k', 'v');
        await a.acquire('l', { holder: 'A', value: '', ttlMs: longMs });
        const seen = follow(b, '');
        await until(turn, () => seen.entries().length === 2);
        await flush();
        await until(turn, () => seen.entries().length === 0);
        const [reset] = seen.changes.filter(({ isReset }) => isReset);
        assert.ok(reset);
        assert.deepEqual(reset.gone.map(({ key }) => key).sort(), ['k', 'l']);
        assert.ok(seen.changes.every(({ gone, isReset }) => isReset || gone.length === 0));
        const fresh = await b.put('k', 'v');
        assert.notEqual(fresh.revision, old.revision);
        assert.equal(await a.compareAndSet('k', old.revision, 'stale'), undefined);
        await until(turn, () => String(seen.entries()) === 'k,v');
      }),
  );

  runner.it('rejects everything after close, which may be called twice', () =>
    withStores(async ({ a, b }) => {
      await a.close();
      await a.close();
      await assert.rejects(a.get('k'), { code: 'ERR_STORE_UNAVAILABLE' });
      assert.equal(a.status.state, 'lost');
      await b.put('k', 'v');
    }),
  );
}
