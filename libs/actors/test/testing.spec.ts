// The behaviour test kit, tried on a small behaviour of every feature.

import { describe, expect, it } from 'vitest';
import type { ActorRef, Behavior } from '@drave/actors';
import { BehaviorTestKit, testInbox } from '@drave/actors/testing';

type Message =
  | { readonly kind: 'order'; readonly item: string }
  | { readonly kind: 'open' | 'tick' | 'close' | 'load' }
  | { readonly kind: 'loaded'; readonly text: string };

/** A shop that keeps orders until it opens. */
function shop(log: ActorRef<string>): Behavior<Message> {
  let isOpen = false;
  return {
    preStart: (context) => context.timers.every('tick', 50, { kind: 'tick' }),
    receive(context, message) {
      if (message.kind === 'open') {
        isOpen = true;
        context.unstashAll();
      } else if (message.kind === 'order') {
        if (!isOpen) context.stash();
        else log.tell(message.item);
      } else if (message.kind === 'load') {
        context.pipeToSelf(Promise.resolve('text'), (result) => ({
          kind: 'loaded',
          text: result.ok ? result.value : '',
        }));
      } else if (message.kind === 'loaded') {
        log.tell(message.text);
      } else if (message.kind === 'close') {
        const clerk = context.spawn<string>({ receive: () => undefined }, 'clerk');
        context.watch(clerk);
        clerk.tell('go home');
      } else log.tell('tick');
    },
    onTerminated: (context) => context.stop(),
  };
}

describe('BehaviorTestKit', () => {
  it('runs messages, timers, stash, children and pipes without a system', async () => {
    const log = testInbox<string>();
    const kit = new BehaviorTestKit(() => shop(log.ref));
    kit.start();
    expect(kit.effects()).toMatchObject([{ kind: 'timer-set', key: 'tick', isPeriodic: true }]);
    kit.run({ kind: 'order', item: 'tea' });
    kit.run({ kind: 'order', item: 'jam' });
    expect(log.drain()).toEqual([]);
    kit.run({ kind: 'open' });
    expect(log.drain()).toEqual(['tea', 'jam']);
    expect(kit.effects().map((effect) => effect.kind)).toEqual(['stashed', 'stashed', 'unstashed']);
    kit.advance(100);
    expect(log.drain()).toEqual(['tick', 'tick']);
    kit.run({ kind: 'load' });
    await kit.settlePipes();
    expect(log.next()).toBe('text');
    kit.run({ kind: 'close' });
    expect(kit.child<string>('clerk').drain()).toEqual(['go home']);
    kit.effects();
    kit.terminate(kit.child('clerk').ref);
    expect(kit.effects()).toEqual([{ kind: 'stopped', path: 'test/actor' }]);
  });

  it('throws what the behaviour throws and refuses a promise in run', async () => {
    const kit = new BehaviorTestKit<string>({
      receive(_context, message) {
        if (message === 'async') return Promise.resolve();
        throw new Error('no');
      },
    });
    expect(() => kit.run('x')).toThrow('no');
    expect(() => kit.run('async')).toThrow(/use runAsync/);
    await kit.runAsync('async');
  });

  it('lets an inbox refuse like a full mailbox', async () => {
    const inbox = testInbox<string>();
    inbox.isFull = true;
    expect(inbox.ref.tell('x')).toBe(false);
    expect(await inbox.ref.offer('x')).toBe(false);
    await expect(inbox.ref.ask(() => 'x', { timeoutMs: 1 })).rejects.toThrow(/refuses/);
    expect(() => inbox.next()).toThrow(/got no message/);
  });
});
