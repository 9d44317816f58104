// Runs one behaviour synchronously, without a system: give it a message, look at its effects. Time stands still until
// `advance`; children are inboxes; nothing runs in the background. Protects: messages, stash and timers behave as in a
// real actor. Leaves out: supervision (an error of the behaviour is thrown at the test), mailbox bounds.

import {
  manualClock,
  memoryPlatform,
  type Logger,
  type ManualClock,
  type Platform,
} from '@drave/platform';
import { toError } from '../actor-error.js';
import type { ActorRef, AnyActorRef } from '../actor-ref.js';
import { CellTimers, type TimerEntry } from '../actor-timers.js';
import type {
  ActorContext,
  ActorTimers,
  Behavior,
  BehaviorSource,
  Settled,
  SpawnOptions,
  StopReason,
} from '../behavior.js';
import { testInbox, type TestInbox } from './test-inbox.js';

export type Effect<M> =
  | {
      readonly kind: 'spawned';
      readonly name: string;
      readonly child: TestInbox<unknown>;
      readonly source: BehaviorSource<never>;
      readonly options: SpawnOptions | undefined;
    }
  | { readonly kind: 'stopped'; readonly path: string }
  | { readonly kind: 'watched' | 'unwatched'; readonly path: string }
  | {
      readonly kind: 'timer-set';
      readonly key: string;
      readonly delayMs: number;
      readonly message: M;
      readonly isPeriodic: boolean;
    }
  | { readonly kind: 'timer-cancelled'; readonly key: string }
  | { readonly kind: 'stashed'; readonly message: M }
  | { readonly kind: 'unstashed'; readonly count: number }
  | { readonly kind: 'piped' };

export interface BehaviorTestKitOptions {
  /** Default: a memory platform on the kit's clock, seed 1. Its clock should be the kit's. */
  readonly platform?: Platform;
  /** Path of the behaviour; default `test/actor`. */
  readonly path?: string;
}

export class BehaviorTestKit<M> {
  readonly clock: ManualClock;
  readonly context: ActorContext<M>;
  readonly behavior: Behavior<M>;
  /** What the behaviour tells itself; `runSelf` takes from here. */
  readonly self: TestInbox<M>;
  #effects: Effect<M>[] = [];
  #current: { readonly message: M } | undefined;
  #stashed: M[] = [];
  readonly #unstashed: M[] = [];
  readonly #fired: TimerEntry<M>[] = [];
  readonly #timers: CellTimers<M>;
  readonly #pipes: Promise<() => M>[] = [];
  #childSerial = 0;
  readonly #children = new Map<string, AnyActorRef>();
  readonly #watched = new Set<AnyActorRef>();
  readonly #abort = new AbortController();

  /** Makes the behaviour; `preStart` does not run before `start`. */
  constructor(source: BehaviorSource<M>, options: BehaviorTestKitOptions = {}) {
    this.clock = manualClock();
    this.self = testInbox<M>(options.path ?? 'test/actor');
    this.#timers = new CellTimers<M>(this.clock, (entry) => this.#fired.push(entry));
    const platform = options.platform ?? memoryPlatform({ seed: 1, clock: this.clock });
    this.context = this.#makeContext(platform, platform.logger);
    this.behavior = typeof source === 'function' ? source() : source;
  }

  /** Runs `preStart`. */
  start(): void {
    finish(this.behavior.preStart?.(this.context));
  }

  /** Handles one message, then those it unstashed. Throws what the behaviour throws; for async handlers use `runAsync`. */
  run(message: M): void {
    finish(this.#receive(message));
    while (this.#unstashed.length > 0) finish(this.#receive(this.#unstashed.shift() as M));
  }

  /** As `run`; settles when the handler has. */
  async runAsync(message: M): Promise<void> {
    await this.#receive(message);
    while (this.#unstashed.length > 0) await this.#receive(this.#unstashed.shift() as M);
  }

  /** Handles what the behaviour told itself so far; returns how many messages that were. */
  runSelf(): number {
    const messages = this.self.drain();
    for (const message of messages) this.run(message);
    return messages.length;
  }

  /** Moves time; fired timers are handled in their order. */
  advance(deltaMs: number): void {
    const endMs = this.clock.monotonicMs() + deltaMs;
    for (;;) {
      const nextMs = Math.min(endMs, this.clock.nextAtMs ?? Infinity);
      this.clock.advanceSync(nextMs - this.clock.monotonicMs());
      for (let entry = this.#fired.shift(); entry !== undefined; entry = this.#fired.shift()) {
        if (this.#timers.accept(entry)) this.run(entry.message);
      }
      if (nextMs === endMs && (this.clock.nextAtMs ?? Infinity) > endMs) return;
    }
  }

  /** Waits for all piped promises and handles their messages in the order of the pipes. */
  async settlePipes(): Promise<void> {
    for (let pipe = this.#pipes.shift(); pipe !== undefined; pipe = this.#pipes.shift()) {
      await this.runAsync((await pipe)());
    }
  }

  /** Tells the behaviour that an actor it watches has ended. */
  terminate(ref: AnyActorRef, error?: Error): void {
    if (!this.#watched.delete(ref)) throw new Error(`the behaviour does not watch ${ref.path}`);
    if (this.behavior.onTerminated === undefined)
      throw new Error('the behaviour has no onTerminated');
    finish(this.behavior.onTerminated(this.context, { ref, error }));
  }

  /** Runs `postStop`. */
  stop(reason: StopReason = { kind: 'stopped' }): void {
    this.#abort.abort();
    this.#timers.cancelAll();
    finish(this.behavior.postStop?.(this.context, reason));
  }

  /** What the behaviour did since the last call, in its order. */
  effects(): Effect<M>[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** The inbox of the newest child of this name. */
  child<C>(name: string): TestInbox<C> {
    const inbox = this.#inboxes.get(name);
    if (inbox === undefined) throw new Error(`the behaviour has spawned no child "${name}"`);
    return inbox as unknown as TestInbox<C>;
  }

  readonly #inboxes = new Map<string, TestInbox<unknown>>();

  #receive(message: M): void | Promise<void> {
    this.#current = { message };
    return this.behavior.receive(this.context, message);
  }

  #note(effect: Effect<M>): void {
    this.#effects.push(effect);
  }

  #makeContext(platform: Platform, log: Logger): ActorContext<M> {
    return {
      self: this.self.ref,
      platform,
      log,
      timers: this.#makeTimers(),
      stopping: this.#abort.signal,
      spawn: (source, name, options) => this.#spawn(source, name, options),
      children: () => [...this.#children.values()],
      stop: (ref = this.self.ref) => {
        this.#note({ kind: 'stopped', path: ref.path });
        this.#children.delete(ref.path);
      },
      watch: (ref) => {
        this.#watched.add(ref);
        this.#note({ kind: 'watched', path: ref.path });
      },
      unwatch: (ref) => {
        this.#watched.delete(ref);
        this.#note({ kind: 'unwatched', path: ref.path });
      },
      stash: () => this.#stash(),
      unstashAll: () => {
        this.#note({ kind: 'unstashed', count: this.#stashed.length });
        this.#unstashed.unshift(...this.#stashed);
        this.#stashed = [];
      },
      pipeToSelf: (promise, map) => this.#pipe(promise, map),
    };
  }

  #makeTimers(): ActorTimers<M> {
    const timers = this.#timers;
    return {
      once: (key, delayMs, message) => {
        timers.once(key, delayMs, message);
        this.#note({ kind: 'timer-set', key, delayMs, message, isPeriodic: false });
      },
      every: (key, delayMs, message) => {
        timers.every(key, delayMs, message);
        this.#note({ kind: 'timer-set', key, delayMs, message, isPeriodic: true });
      },
      cancel: (key) => {
        timers.cancel(key);
        this.#note({ kind: 'timer-cancelled', key });
      },
      isActive: (key) => timers.isActive(key),
    };
  }

  #spawn<C>(
    source: BehaviorSource<C>,
    given: string | undefined,
    options: SpawnOptions | undefined,
  ): ActorRef<C> {
    this.#childSerial += 1;
    const name = given ?? `$${this.#childSerial}`;
    const child = testInbox<C>(`${this.self.ref.path}/${name}`);
    this.#inboxes.set(name, child as unknown as TestInbox<unknown>);
    this.#children.set(child.ref.path, child.ref);
    const seen = child as unknown as TestInbox<unknown>;
    const behavior = source as unknown as BehaviorSource<never>;
    this.#note({ kind: 'spawned', name, child: seen, source: behavior, options });
    return child.ref;
  }

  #stash(): boolean {
    if (this.#current === undefined)
      throw new Error('stash() works only while a message is handled');
    const { message } = this.#current;
    this.#stashed.push(message);
    this.#note({ kind: 'stashed', message });
    return true;
  }

  #pipe<T>(promise: Promise<T>, map: (result: Settled<T>) => M): void {
    this.#note({ kind: 'piped' });
    const settled = promise.then(
      (value) => () => map({ ok: true, value }),
      (error: unknown) => () => map({ ok: false, error: toError(error) }),
    );
    this.#pipes.push(settled);
  }
}

function finish(pending: void | Promise<void>): void {
  if (pending === undefined) return;
  throw new Error('the behaviour returned a promise; use runAsync');
}
