// Messaging, lifecycle and timers of real actors on a manual clock; supervision has its own file.

import { describe, expect, it } from 'vitest';
import { manualClock, memoryPlatform } from '@drave/platform';
import { ActorSystem, type ActorRef, type Behavior, type ReplyTo } from '@drave/actors';

function makeSystem(options: { mailboxCapacity?: number; turnMessagesMax?: number } = {}) {
  const clock = manualClock();
  const system = new ActorSystem({ platform: memoryPlatform({ seed: 1, clock }), ...options });
  return { clock, system, settle: () => clock.advance(0) };
}

/** Keeps what it gets. */
function recorder<M>(): { behavior: Behavior<M>; seen: M[] } {
  const seen: M[] = [];
  return { seen, behavior: { receive: (_context, message) => void seen.push(message) } };
}

/** A promise with its handles. */
function deferred(): { promise: Promise<void>; resolve: () => void; reject: (e: Error) => void } {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe('telling', () => {
  it('delivers in order and never inside the call of tell', async () => {
    const { system, settle } = makeSystem();
    const { behavior, seen } = recorder<number>();
    const ref = system.spawn(behavior, 'a');
    for (let index = 0; index < 500; index += 1) expect(ref.tell(index)).toBe(true);
    expect(seen).toEqual([]);
    await settle();
    expect(seen).toEqual([...Array(500).keys()]);
    expect(ref.path).toBe('drave/a');
  });

  it('refuses what is beyond the mailbox and takes it again after room came', async () => {
    const { system, settle } = makeSystem({ mailboxCapacity: 2 });
    const { behavior, seen } = recorder<number>();
    const ref = system.spawn(behavior);
    expect([1, 2, 3].map(ref.tell)).toEqual([true, true, false]);
    await settle();
    expect(ref.tell(4)).toBe(true);
    await settle();
    expect(seen).toEqual([1, 2, 4]);
  });

  it('throws or drops the oldest when the overflow policy says so', async () => {
    const { system, settle } = makeSystem({ mailboxCapacity: 2 });
    const strict = system.spawn(recorder<number>().behavior, 's', { overflow: 'throw' });
    strict.tell(1);
    strict.tell(2);
    expect(() => strict.tell(3)).toThrow(/drave\/s has 2 messages; slow down/);
    const { behavior, seen } = recorder<number>();
    const latest = system.spawn(behavior, 'l', { overflow: 'drop-oldest' });
    for (const value of [1, 2, 3, 4]) expect(latest.tell(value)).toBe(true);
    await settle();
    expect(seen).toEqual([3, 4]);
    expect(system.metrics.deadLetterCount).toBe(2);
  });

  it('lets offers wait for room, in order and before later tells, and bounds them', async () => {
    const { system, settle } = makeSystem({ mailboxCapacity: 2 });
    const { behavior, seen } = recorder<number>();
    const ref = system.spawn(behavior);
    const offers = [1, 2, 3, 4].map(ref.offer);
    const refused = expect(ref.offer(99)).rejects;
    expect(ref.tell(98)).toBe(false);
    await refused.toMatchObject({ code: 'ERR_ACTOR_MAILBOX_FULL' });
    await settle();
    expect(await Promise.all(offers)).toEqual([true, true, true, true]);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('takes control messages first', async () => {
    const { system, settle } = makeSystem();
    const { behavior, seen } = recorder<string>();
    const ref = system.spawn(behavior);
    ref.tell('a');
    ref.tell('b');
    ref.tellControl('first');
    ref.tellControl('second');
    await settle();
    expect(seen).toEqual(['first', 'second', 'a', 'b']);
  });

  it('gives every actor its turn although one has endless work', async () => {
    const { system, settle } = makeSystem({ turnMessagesMax: 4 });
    const log: string[] = [];
    const greedy: Behavior<number> = {
      receive(context, left) {
        log.push('greedy');
        if (left > 0) context.self.tell(left - 1);
      },
    };
    system.spawn(greedy).tell(20);
    const other: Behavior<string> = { receive: () => void log.push('other') };
    system.spawn(other).tell('x');
    await settle();
    expect(log.indexOf('other')).toBeLessThanOrEqual(4);
    expect(log.length).toBe(22);
  });

  it('lets the event loop in between slices of an endless conversation', async () => {
    const system = new ActorSystem({ platform: memoryPlatform() });
    let isOver = false;
    const echo: Behavior<ActorRef<never>> = {
      receive(context, peer) {
        if (!isOver) (peer as ActorRef<unknown>).tell(context.self);
      },
    };
    const a = system.spawn(echo);
    const b = system.spawn(echo);
    a.tell(b as ActorRef<never>);
    await new Promise<void>((resolve) => setImmediate(resolve));
    isOver = true;
    await system.shutdown();
  });
});

describe('handlers', () => {
  it('makes the next message wait for the promise of the one before', async () => {
    const { system, settle } = makeSystem();
    const log: string[] = [];
    const gate = deferred();
    const ref = system.spawn<string>({
      async receive(_context, message) {
        log.push(`${message} begins`);
        if (message === 'a') await gate.promise;
        log.push(`${message} ends`);
      },
    });
    ref.tell('a');
    ref.tell('b');
    ref.tellControl('c');
    await settle();
    expect(log).toEqual(['c begins', 'c ends', 'a begins']);
    gate.resolve();
    await settle();
    expect(log.slice(3)).toEqual(['a ends', 'b begins', 'b ends']);
  });

  it('delivers the result of a piped promise as a control message', async () => {
    const { system, settle } = makeSystem();
    const gate = deferred();
    const seen: string[] = [];
    const ref = system.spawn<string>({
      receive(context, message) {
        seen.push(message);
        if (message !== 'start') return;
        const map = (r: { ok: boolean; error?: Error }) =>
          r.ok ? 'fine' : `bad ${r.error?.message}`;
        context.pipeToSelf(gate.promise, map);
        context.pipeToSelf(Promise.reject(new Error('no')), map);
      },
    });
    ref.tell('start');
    await settle();
    gate.resolve();
    await settle();
    expect(seen).toEqual(['start', 'bad no', 'fine']);
  });

  it('stashes messages and takes them again before the mailbox', async () => {
    const { system, settle } = makeSystem({ mailboxCapacity: 2 });
    const seen: string[] = [];
    let isOpen = false;
    const ref = system.spawn<string>({
      receive(context, message) {
        if (message === 'open') {
          isOpen = true;
          context.unstashAll();
        } else if (isOpen) seen.push(message);
        else seen.push(`${message} stashed ${context.stash()}`);
      },
    });
    for (const message of ['a', 'b', 'c', 'open', 'd']) {
      await ref.offer(message);
    }
    await settle();
    expect(seen).toEqual(['a stashed true', 'b stashed true', 'c stashed false', 'a', 'b', 'd']);
  });
});

describe('asking', () => {
  type Question = { readonly kind: string; readonly replyTo: ReplyTo<string> };
  const clerk: Behavior<Question> = {
    receive(context, { kind, replyTo }) {
      if (kind === 'good') replyTo.tell('yes');
      if (kind === 'bad') replyTo.fail(new Error('no such thing'));
      if (kind === 'stop') context.stop();
    },
  };
  const question = (kind: string) => (replyTo: ReplyTo<string>) => ({ kind, replyTo });

  it('settles with the reply, the failure, the timeout or the end of the actor', async () => {
    const { system, clock } = makeSystem();
    const ref = system.spawn(clerk, 'clerk');
    const asks = ['good', 'bad', 'silence', 'stop'].map((kind) =>
      ref.ask(question(kind), { timeoutMs: 100 }).catch((error: Error) => error.message),
    );
    await clock.advance(100);
    expect(await Promise.all(asks)).toEqual([
      'yes',
      'no such thing',
      'drave/clerk stopped before it replied',
      'drave/clerk stopped before it replied',
    ]);
    const late = ref.ask(question('good'), { timeoutMs: 100 });
    await expect(late).rejects.toMatchObject({ code: 'ERR_ACTOR_STOPPED' });
    expect(clock.pendingCount).toBe(0);
  });

  it('times out, and ignores a reply that comes later', async () => {
    const { system, clock, settle } = makeSystem();
    let replyTo: ReplyTo<string> | undefined;
    const ref = system.spawn<Question>({
      receive: (_c, message) => void (replyTo = message.replyTo),
    });
    const ask = ref.ask(question('x'), { timeoutMs: 100 });
    const failure = expect(ask).rejects.toMatchObject({ code: 'ERR_ACTOR_ASK_TIMEOUT' });
    await settle();
    await clock.advance(100);
    await failure;
    expect(replyTo?.tell('late')).toBe(false);
  });

  it('rejects at once when the mailbox is full', async () => {
    const { system } = makeSystem({ mailboxCapacity: 1 });
    const ref = system.spawn(clerk);
    ref.tell({ kind: 'x', replyTo: { tell: () => true, fail: () => true } });
    const ask = ref.ask(question('good'), { timeoutMs: 100 });
    await expect(ask).rejects.toMatchObject({ code: 'ERR_ACTOR_MAILBOX_FULL' });
  });
});

describe('timers', () => {
  it('sends once, sends again and again, replaces by key and forgets on cancel', async () => {
    const { system, clock, settle } = makeSystem();
    const seen: string[] = [];
    const ref = system.spawn<string>({
      preStart(context) {
        context.timers.once('a', 10, 'never');
        context.timers.once('a', 20, 'once');
        context.timers.every('b', 8, 'tick');
      },
      receive(context, message) {
        seen.push(message);
        if (message === 'cancel') context.timers.cancel('b');
      },
    });
    await settle();
    await clock.advance(25);
    expect(seen).toEqual(['tick', 'tick', 'once', 'tick']);
    ref.tell('cancel');
    await settle();
    await clock.advance(50);
    expect(seen.length).toBe(5);
    expect(clock.pendingCount).toBe(0);
  });

  it('delivers nothing of a timer cancelled while its message waits, and piles up no ticks', async () => {
    const { system, clock, settle } = makeSystem();
    const gate = deferred();
    const seen: string[] = [];
    const ref = system.spawn<string>({
      async receive(context, message) {
        seen.push(message);
        if (message !== 'busy') return;
        context.timers.once('gone', 5, 'gone');
        context.timers.every('tick', 5, 'tick');
        await gate.promise;
        context.timers.cancel('gone');
      },
    });
    ref.tell('busy');
    await settle();
    await clock.advance(32);
    gate.resolve();
    await settle();
    expect(seen).toEqual(['busy', 'tick']);
  });
});

describe('lifecycle', () => {
  it('starts before the first message and stops children before parents', async () => {
    const { system, settle } = makeSystem();
    const log: string[] = [];
    const logged = (name: string, children: readonly string[] = []): Behavior<string> => ({
      preStart(context) {
        log.push(`${name} starts`);
        for (const child of children) context.spawn(logged(child), child);
      },
      receive: (_context, message) => void log.push(`${name} ${message}`),
      async postStop() {
        await Promise.resolve();
        log.push(`${name} stops`);
      },
    });
    const ref = system.spawn(logged('parent', ['x', 'y']), 'parent');
    ref.tell('works');
    await settle();
    await system.stop(ref);
    expect(log).toEqual([
      'parent starts',
      'parent works',
      'x starts',
      'y starts',
      'x stops',
      'y stops',
      'parent stops',
    ]);
    expect(ref.tell('late')).toBe(false);
    expect(ref.isStopped).toBe(true);
    expect(system.metrics).toMatchObject({ actorCount: 0, spawnedCount: 3, deadLetterCount: 1 });
    await system.stop(ref);
  });

  it('finishes the running handler, which hears of the stop, and drops what waits', async () => {
    const { system, settle } = makeSystem();
    const seen: string[] = [];
    const ref = system.spawn<string>({
      async receive(context, message) {
        seen.push(message);
        await new Promise<void>((resolve) => {
          context.stopping.addEventListener('abort', () => resolve());
        });
        seen.push('aborted');
      },
    });
    ref.tell('a');
    ref.tell('b');
    await settle();
    await system.stop(ref);
    expect(seen).toEqual(['a', 'aborted']);
    expect(system.metrics.deadLetterCount).toBe(1);
  });

  it('refuses bad and taken names, and frees a name with the end of its actor', async () => {
    const { system } = makeSystem();
    const ref = system.spawn(recorder().behavior, 'one');
    for (const name of ['one', 'a/b', '']) {
      expect(() => system.spawn(recorder().behavior, name)).toThrow(
        expect.objectContaining({ code: 'ERR_ACTOR_NAME' }),
      );
    }
    await system.stop(ref);
    await Promise.resolve();
    system.spawn(recorder().behavior, 'one');
  });

  it('tells watchers once that an actor ended, with its error or without', async () => {
    const { system, settle } = makeSystem();
    const mortal: Behavior<string> = { receive: (context) => context.stop() };
    const mortals = ['x', 'y', 'z'].map((name) => system.spawn(mortal, name));
    const seen: string[] = [];
    system.spawn<never>({
      preStart(context) {
        for (const ref of mortals) context.watch(ref);
        context.watch(mortals[0] as ActorRef<string>);
        context.unwatch(mortals[2] as ActorRef<string>);
      },
      receive: () => undefined,
      onTerminated(context, { ref, error }) {
        seen.push(`${ref.path} ${error}`);
        if (seen.length === 1) context.watch(ref); // it has ended: told at once again
      },
    });
    await settle();
    for (const ref of mortals) ref.tell('end');
    await settle();
    expect(seen).toEqual(['drave/x undefined', 'drave/y undefined', 'drave/x undefined']);
  });

  it('shuts down in bounded time and names who does not end', async () => {
    const { system, clock, settle } = makeSystem();
    const ref = system.spawn<string>({ receive: () => new Promise(() => undefined) }, 'stuck');
    ref.tell('x');
    await settle();
    const shutdown = system.shutdown({ timeoutMs: 50 });
    const failure = expect(shutdown).rejects.toThrow(/after 50 ms: drave\/stuck \(in a handler\)/);
    await clock.advance(50);
    await failure;
    expect(() => system.spawn(recorder().behavior)).toThrow(/takes no more children/);
  });

  it('lets nobody stop a stranger', async () => {
    const { system, settle } = makeSystem();
    const stranger = system.spawn(recorder().behavior, 'stranger');
    let thrown: unknown;
    const ref = system.spawn<string>({
      receive(context) {
        try {
          context.stop(stranger);
        } catch (error) {
          thrown = error;
        }
      },
    });
    ref.tell('x');
    await settle();
    expect(thrown).toMatchObject({ code: 'ERR_ACTOR_MISUSE' });
    expect(stranger.isStopped).toBe(false);
  });
});
