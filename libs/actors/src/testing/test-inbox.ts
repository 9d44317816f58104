// An ActorRef that keeps what it is told, for tests: give it to a behaviour and look what arrived.

import { ActorError } from '../actor-error.js';
import type { ActorRef, AskOptions, ReplyTo } from '../actor-ref.js';

export interface TestInbox<M> {
  readonly ref: ActorRef<M>;
  /** All messages since the last call, in their order. */
  drain(): M[];
  /** The oldest message; throws when there is none. */
  next(): M;
  /** While true the ref refuses: `tell` returns false, `offer` settles with false. */
  isFull: boolean;
}

/** `path` is what the behaviour sees; default `test/inbox`. */
export function testInbox<M>(path = 'test/inbox'): TestInbox<M> {
  const messages: M[] = [];
  const accept = (message: M): boolean => {
    if (inbox.isFull) return false;
    messages.push(message);
    return true;
  };
  const ask = <R>(make: (replyTo: ReplyTo<R>) => M, _options: AskOptions): Promise<R> =>
    new Promise<R>((resolve, reject) => {
      const replyTo: ReplyTo<R> = {
        tell: (reply) => {
          resolve(reply);
          return true;
        },
        fail: (error) => {
          reject(error);
          return true;
        },
      };
      if (!accept(make(replyTo))) {
        reject(new ActorError('ERR_ACTOR_MAILBOX_FULL', `${path} refuses messages`));
      }
    });
  const ref: ActorRef<M> = {
    path,
    tell: accept,
    tellControl: accept,
    offer: async (message) => accept(message),
    ask,
    get queuedCount() {
      return messages.length;
    },
    isStopped: false,
  };
  const inbox: TestInbox<M> = {
    ref,
    drain: () => messages.splice(0),
    next: () => {
      if (messages.length === 0) throw new Error(`${path} got no message`);
      return messages.shift() as M;
    },
    isFull: false,
  };
  return inbox;
}
