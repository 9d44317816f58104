// What a user writes (Behavior) and what it may do while it runs (ActorContext).
// Protects: one call into a behaviour at a time; when a handler returns a promise, the next message waits for it.

import type { Logger, Platform } from '@drave/platform';
import type { ActorRef, AnyActorRef } from './actor-ref.js';
import type { Supervision } from './supervision.js';

/** Why `postStop` runs. */
export type StopReason =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: Error }
  /** A new instance follows. */
  | { readonly kind: 'restarting'; readonly error: Error };

export interface Terminated {
  readonly ref: AnyActorRef;
  /** Set when the actor ended by a failure. */
  readonly error: Error | undefined;
}

export interface Behavior<M> {
  /** A throw or a rejection is a failure: the supervision strategy decides. */
  receive(context: ActorContext<M>, message: M): void | Promise<void>;
  /** Before the first message, of each instance. */
  preStart?(context: ActorContext<M>): void | Promise<void>;
  /** After the last message and after all children stopped, of each instance whose `preStart` was called. Errors are logged only. */
  postStop?(context: ActorContext<M>, reason: StopReason): void | Promise<void>;
  /** A watched actor ended. Without this method the watcher fails with ERR_ACTOR_UNHANDLED_TERMINATION. */
  onTerminated?(context: ActorContext<M>, terminated: Terminated): void | Promise<void>;
}

/** A factory gives each restart a fresh instance; a plain object is used again. */
export type BehaviorSource<M> = Behavior<M> | (() => Behavior<M>);

export type OverflowPolicy =
  /** `tell` returns false (default). */
  | 'reject'
  /** The oldest waiting message becomes a dead letter. */
  | 'drop-oldest'
  /** `tell` throws ERR_ACTOR_MAILBOX_FULL. */
  | 'throw';

export interface SpawnOptions {
  /** Default `supervise.restart()`. */
  readonly supervision?: Supervision;
  /** Ordinary messages that may wait; default the system's. Waiting offers and the stash have this bound as well. */
  readonly mailboxCapacity?: number;
  /** Default 'reject'. */
  readonly overflow?: OverflowPolicy;
}

export type Settled<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Error };

/** Timers that send this actor control messages. They end with the instance: a restart forgets them. */
export interface ActorTimers<M> {
  /** Sends `message` once, not before `delayMs`. A timer with this key is replaced, even if its message waits already. */
  once(key: string, delayMs: number, message: M): void;
  /** Sends `message` each `intervalMs` (> 0); a tick is skipped while the one before still waits. */
  every(key: string, intervalMs: number, message: M): void;
  /** After it no message of this timer is delivered. */
  cancel(key: string): void;
  isActive(key: string): boolean;
}

/** Valid inside calls of the behaviour it was given to, and until their promises settle. */
export interface ActorContext<M> {
  readonly self: ActorRef<M>;
  readonly platform: Platform;
  /** Adds the actor's path to each line. */
  readonly log: Logger;
  readonly timers: ActorTimers<M>;
  /** Aborted when the actor is asked to stop; for handlers that wait for something. */
  readonly stopping: AbortSignal;
  /** `name`: letters, digits and `._-`, unique among the living children; without it the system numbers them. */
  spawn<C>(source: BehaviorSource<C>, name?: string, options?: SpawnOptions): ActorRef<C>;
  children(): readonly AnyActorRef[];
  /** Stops a child, or this actor itself, after the current message; what waits in its mailbox is lost. */
  stop(ref?: AnyActorRef): void;
  /** Calls `onTerminated` when the actor has ended, at once if it has already. A restart of the watcher forgets it. */
  watch(ref: AnyActorRef): void;
  unwatch(ref: AnyActorRef): void;
  /** Keeps the current message for later; false, and not kept, when the stash is full. */
  stash(): boolean;
  /** Puts all stashed messages, oldest first, before the mailbox. */
  unstashAll(): void;
  /**
   * Sends this actor what `map` makes of the result, as a control message; `map` runs inside the actor.
   * A result that arrives after a restart is dropped. Throws ERR_ACTOR_MAILBOX_FULL above 1,024 open promises.
   */
  pipeToSelf<T>(promise: Promise<T>, map: (result: Settled<T>) => M): void;
}
