// Each strategy, on real actors and a manual clock.

import { describe, expect, it } from 'vitest';
import { assert, manualClock, memoryPlatform } from '@drave/platform';
import {
  ActorSystem,
  supervise,
  type ActorRef,
  type Behavior,
  type Supervision,
} from '@drave/actors';

function makeWorld() {
  const clock = manualClock();
  const failures: Error[] = [];
  const system = new ActorSystem({
    platform: memoryPlatform({ seed: 1, clock }),
    onFailure: (error) => failures.push(error),
  });
  return { clock, system, failures, settle: () => clock.advance(0) };
}

/** Counts what it got; `fail` throws, `bug` fails an assertion; each instance has a number. */
function counter(log: string[]): () => Behavior<string> {
  let serial = 0;
  return () => {
    serial += 1;
    const instance = serial;
    let count = 0;
    return {
      preStart: () => void log.push(`start ${instance}`),
      receive(context, message) {
        if (message === 'fail') throw new Error(`failure of ${instance}`);
        if (message === 'bug') assert(false, 'counter-bug');
        if (message === 'stash') context.stash();
        count += 1;
        log.push(`${message} ${instance}.${count}`);
      },
      postStop: (_context, reason) => void log.push(`stop ${instance} ${reason.kind}`),
    };
  };
}

const exact = { minMs: 100, maxMs: 1_000, jitter: 0 };

async function run(supervision: Supervision, messages: readonly string[]) {
  const world = makeWorld();
  const log: string[] = [];
  const ref = world.system.spawn(counter(log), 'counter', { supervision });
  for (const message of messages) ref.tell(message);
  await world.settle();
  return { ...world, log, ref };
}

describe('resume', () => {
  it('drops the failing message and keeps the state', async () => {
    const { log } = await run(supervise.resume(), ['a', 'fail', 'b']);
    expect(log).toEqual(['start 1', 'a 1.1', 'b 1.2']);
  });

  it('restarts after a failed assertion, because the state is in doubt', async () => {
    const { log, clock } = await run(supervise.resume(), ['a', 'bug', 'b']);
    await clock.advance(200);
    expect(log).toEqual(['start 1', 'a 1.1', 'stop 1 restarting', 'start 2', 'b 2.1']);
  });

  it('stops an actor that could not start, for there is nothing to resume', async () => {
    const { system } = makeWorld();
    const failure = new Error('no start');
    const behavior: Behavior<string> = {
      preStart: () => Promise.reject(failure),
      receive: () => undefined,
    };
    const ref = system.spawn(behavior, 'a', { supervision: supervise.resume() });
    expect(await system.terminated(ref)).toBe(failure);
  });
});

describe('restart', () => {
  it('starts a new instance after the backoff; mailbox and stash survive', async () => {
    const supervision = supervise.restart({ backoff: exact });
    const { log, clock } = await run(supervision, ['stash', 'a', 'fail', 'b']);
    expect(log).toEqual(['start 1', 'stash 1.1', 'a 1.2', 'stop 1 restarting']);
    await clock.advance(99);
    expect(log.length).toBe(4);
    await clock.advance(1);
    expect(log.slice(4)).toEqual(['start 2', 'stash 2.1', 'b 2.2']);
  });

  it('waits twice as long each time, up to the maximum', async () => {
    const supervision = supervise.restart({ maxRestarts: 6, backoff: exact });
    const { log, clock } = await run(supervision, Array(6).fill('fail'));
    const startedAtMs: number[] = [];
    for (let elapsedMs = 0; elapsedMs <= 4_000; elapsedMs += 50) {
      const starts = log.filter((line) => line.startsWith('start')).length;
      if (starts > startedAtMs.length) startedAtMs.push(elapsedMs);
      await clock.advance(50);
    }
    const waits = startedAtMs.slice(1).map((atMs, index) => atMs - (startedAtMs[index] ?? 0));
    expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('escalates what exceeds the budget of the window', async () => {
    const supervision = supervise.restart({ maxRestarts: 2, backoff: { minMs: 0, maxMs: 0 } });
    const { log, failures } = await run(supervision, ['fail', 'fail', 'fail', 'never']);
    expect(log.filter((line) => line.startsWith('start'))).toEqual([
      'start 1',
      'start 2',
      'start 3',
    ]);
    expect(failures.map((failure) => failure.message)).toEqual([
      'drave/counter failed: failure of 3',
    ]);
  });

  it('may stop instead, and counts only restarts within the window', async () => {
    const rule = { maxRestarts: 1, withinMs: 500, onExhausted: 'stop', backoff: exact } as const;
    const { log, ref, clock, failures, settle } = await run(supervise.restart(rule), ['fail']);
    await clock.advance(600);
    ref.tell('fail');
    await settle();
    await clock.advance(100);
    expect(log.at(-1)).toBe('start 3');
    ref.tell('fail');
    await settle();
    expect(log.at(-1)).toBe('stop 3 failed');
    expect(ref.isStopped).toBe(true);
    expect(failures).toEqual([]);
  });

  it('spreads restarts by jitter', async () => {
    const clock = manualClock();
    const system = new ActorSystem({ platform: memoryPlatform({ seed: 3, clock }) });
    const supervision = supervise.restart({ backoff: { minMs: 100, maxMs: 100, jitter: 0.5 } });
    const startedAtMs: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      let isFirst = true;
      const behavior = (): Behavior<string> => ({
        preStart: () => {
          if (!isFirst) startedAtMs.push(clock.monotonicMs());
          isFirst = false;
        },
        receive: () => Promise.reject(new Error('no')),
      });
      system.spawn(behavior, undefined, { supervision }).tell('x');
    }
    await clock.advance(200);
    expect(startedAtMs.length).toBe(20);
    expect(Math.min(...startedAtMs)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...startedAtMs)).toBeLessThanOrEqual(150);
    expect(new Set(startedAtMs).size).toBeGreaterThan(10);
  });

  it('ends children and forgets timers and pipes of the instance that failed', async () => {
    const { system, clock, settle } = makeWorld();
    const log: string[] = [];
    let serial = 0;
    const late = new Promise<string>((resolve) => void clock.sleep(150).then(() => resolve('x')));
    const parent = (): Behavior<string> => ({
      preStart(context) {
        serial += 1;
        const own = serial;
        context.spawn(
          { receive: () => undefined, postStop: () => void log.push(`child ${own}`) },
          'c',
        );
        if (own > 1) return;
        context.timers.every('t', 120, 'tick');
        context.pipeToSelf(late, () => 'piped');
      },
      receive(_context, message) {
        if (message === 'fail') throw new Error('no');
        log.push(message);
      },
      postStop: () => void log.push('parent'),
    });
    const supervision = supervise.restart({ backoff: exact });
    const ref = system.spawn(parent, 'p', { supervision });
    ref.tell('fail');
    await settle();
    expect(log).toEqual(['child 1', 'parent']);
    await clock.advance(1_000);
    expect([serial, log.length]).toEqual([2, 2]);
    ref.tell('alive');
    await settle();
    expect(log.at(-1)).toBe('alive');
  });

  it('gives way to a stop while it waits', async () => {
    const supervision = supervise.restart({ backoff: exact });
    const { system, ref, log, clock } = await run(supervision, ['fail', 'never']);
    await system.stop(ref);
    await clock.advance(1_000);
    expect(log).toEqual(['start 1', 'stop 1 restarting']);
    expect(clock.pendingCount).toBe(0);
  });
});

describe('stop and escalate', () => {
  it('stops the actor and tells its watchers the error', async () => {
    const { log, ref, system, failures } = await run(supervise.stop(), ['a', 'fail', 'never']);
    expect(log).toEqual(['start 1', 'a 1.1', 'stop 1 failed']);
    expect((await system.terminated(ref))?.message).toBe('failure of 1');
    expect(failures).toEqual([]);
    expect(system.metrics.deadLetterCount).toBe(2);
  });

  it('fails the parent, whose own strategy decides', async () => {
    const { system, clock, settle } = makeWorld();
    const log: string[] = [];
    const parent = (): Behavior<string> => ({
      preStart(context) {
        log.push('parent starts');
        context.spawn(counter(log), 'c', { supervision: supervise.escalate() });
      },
      receive: (context, message) =>
        void (context.children()[0] as unknown as ActorRef<string>).tell(message),
      postStop(_context, reason) {
        log.push(`parent stops: ${reason.kind === 'restarting' ? reason.error.message : ''}`);
      },
    });
    const supervision = supervise.restart({ backoff: exact });
    system.spawn(parent, 'p', { supervision }).tell('fail');
    await settle();
    await clock.advance(100);
    expect(log).toEqual([
      'parent starts',
      'start 1',
      'stop 1 failed',
      'parent stops: drave/p/c failed: failure of 1',
      'parent starts',
      'start 1',
    ]);
  });

  it('stops the whole system and tells it when a top-level actor escalates', async () => {
    const { log, failures, system } = await run(supervise.escalate(), ['fail']);
    expect(log).toEqual(['start 1', 'stop 1 failed']);
    expect(failures[0]).toMatchObject({ code: 'ERR_ACTOR_CHILD_FAILED' });
    expect(failures[0]?.cause).toMatchObject({ message: 'failure of 1' });
    expect(system.metrics.actorCount).toBe(0);
    await system.shutdown();
  });

  it('fails a watcher that does not handle the end of what it watches', async () => {
    const { system, settle } = makeWorld();
    const mortal = system.spawn<string>({ receive: (context) => context.stop() });
    const watcher = system.spawn<string>(
      { preStart: (context) => context.watch(mortal), receive: () => undefined },
      'watcher',
      { supervision: supervise.stop() },
    );
    await settle();
    mortal.tell('end');
    const error = await system.terminated(watcher);
    expect(error).toMatchObject({ code: 'ERR_ACTOR_UNHANDLED_TERMINATION' });
  });
});

describe('by error', () => {
  it('chooses by the error', async () => {
    const choose = supervise.byError((error) =>
      /of 1/.test(error.message) ? supervise.restart({ backoff: exact }) : supervise.stop(),
    );
    const { log, clock } = await run(choose, ['fail', 'fail']);
    await clock.advance(100);
    expect(log).toEqual(['start 1', 'stop 1 restarting', 'start 2', 'stop 2 failed']);
  });

  it('escalates when the choice itself throws', async () => {
    const broken = supervise.byError(() => {
      throw new Error('bad strategy');
    });
    const { failures } = await run(broken, ['fail']);
    expect(failures.length).toBe(1);
  });
});
