// One actor: its lifecycle, its mailbox and the calls into its behaviour. Protects: one call at a time; lifecycle signals
// before control messages before ordinary ones; children end before their parent; an instance that failed is never
// called again but for `postStop`.
//
//   starting ──▶ running ──▶ closing ──▶ stopped
//      ▲            │           │
//      └─ backing-off ◀─────────┘ (restart)       closing: children stop, then postStop
//
// Leaves out: remote actors; migration; replies after the end (an ask then rejects).

import {
  assert,
  unreachable,
  type Logger,
  type Platform,
  type Scheduler,
  type Timer,
} from '@drave/platform';
import { CellContext, type ContextOwner } from './actor-context.js';
import { ActorError, toError } from './actor-error.js';
import type { AnyActorRef } from './actor-ref.js';
import { CellTimers, type TimerEntry } from './actor-timers.js';
import type { Behavior, BehaviorSource, SpawnOptions, StopReason } from './behavior.js';
import type { Dispatcher, Runnable } from './dispatcher.js';
import { LocalRef, type AnyReceiver, type Receiver } from './local-ref.js';
import { Mailbox } from './mailbox.js';
import { decide, RestartBudget, supervise, type RestartSupervision } from './supervision.js';

/** What cells need of their system. */
export interface CellHost {
  readonly platform: Platform;
  readonly dispatcher: Dispatcher;
  readonly mailboxCapacityDefault: number;
  onDeadLetter(path: string, message: unknown, reason: string): void;
  onSpawned(): void;
  onStopped(): void;
}

type State = 'starting' | 'running' | 'closing' | 'backing-off' | 'stopped';

const successors: Readonly<Record<State, readonly State[]>> = {
  starting: ['running', 'closing'],
  running: ['closing'],
  closing: ['backing-off', 'stopped'],
  'backing-off': ['starting', 'closing'],
  stopped: [],
};

type Closing =
  | { readonly kind: 'stop'; readonly error: Error | undefined; readonly isEscalated: boolean }
  | { readonly kind: 'restart'; readonly error: Error; readonly delayMs: number };

type Signal =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | {
      readonly kind: 'child-stopped';
      readonly child: AnyReceiver;
      readonly error: Error | undefined;
      readonly isEscalated: boolean;
    };

type ControlEntry<M> =
  | { readonly kind: 'message'; readonly message: M }
  | { readonly kind: 'timer'; readonly entry: TimerEntry<M> }
  | { readonly kind: 'piped'; readonly make: () => M }
  | { readonly kind: 'terminated'; readonly ref: AnyActorRef; readonly error: Error | undefined };

/** A child as its parent sees it. */
interface Child extends AnyReceiver {
  readonly ref: AnyActorRef;
  pathsAlive(): string[];
}

/** A parent as its child sees it. */
interface Parent {
  readonly path: string;
  childStopped(child: AnyReceiver, error: Error | undefined, isEscalated: boolean): void;
}

export class ActorCell<M> implements Receiver<M>, ContextOwner<M>, Runnable {
  readonly path: string;
  readonly name: string;
  readonly ref: LocalRef<M>;
  readonly platform: Platform;
  readonly log: Logger;
  readonly timers: CellTimers<M>;
  readonly openAsks = new Set<(error: Error) => void>();
  readonly children = new Map<string, Child>();
  readonly watched = new Map<AnyActorRef, () => void>();
  isScheduled = false;
  openPipes = 0;
  instanceSerial = 0;
  readonly #host: CellHost;
  readonly #parent: Parent | undefined;
  readonly #source: BehaviorSource<M>;
  readonly #options: SpawnOptions;
  readonly #mailbox: Mailbox<M, Signal, ControlEntry<M>>;
  readonly #context: CellContext<M>;
  readonly #budget = new RestartBudget();
  readonly #stopListeners = new Set<(error: Error | undefined) => void>();
  #state: State = 'starting';
  #behavior: Behavior<M> | undefined;
  #closing: Closing | undefined;
  #stopError: Error | undefined;
  #abort: AbortController | undefined;
  #isStopAsked = false;
  #isBusy = false;
  #childSerial = 0;
  #backOffTimer: Timer | undefined;
  /** The message whose handler runs; only while `#isHandling`. */
  #current: M | undefined;
  #isHandling = false;

  constructor(
    host: CellHost,
    parent: Parent | undefined,
    name: string,
    source: BehaviorSource<M>,
    options: SpawnOptions,
  ) {
    this.#host = host;
    this.#parent = parent;
    this.#source = source;
    this.#options = options;
    this.name = name;
    this.path = parent === undefined ? name : `${parent.path}/${name}`;
    this.platform = host.platform;
    this.log = host.platform.logger.child({ actor: this.path });
    this.ref = new LocalRef<M>(this);
    const capacity = options.mailboxCapacity ?? host.mailboxCapacityDefault;
    const mailbox = { path: this.path, capacity, overflow: options.overflow ?? 'reject' } as const;
    this.#mailbox = new Mailbox(mailbox, (message, reason) =>
      host.onDeadLetter(this.path, message, reason),
    );
    this.timers = new CellTimers<M>(host.platform.scheduler, (entry) =>
      this.#addOwnControl({ kind: 'timer', entry }),
    );
    this.#context = new CellContext<M>(this);
    host.onSpawned();
    this.#mailbox.addSystem({ kind: 'start' });
    this.#wake();
  }

  get state(): State {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#state !== 'stopped' && this.#closing?.kind !== 'stop' && !this.#isStopAsked;
  }

  get userCount(): number {
    return this.#mailbox.userCount;
  }

  get scheduler(): Scheduler {
    return this.platform.scheduler;
  }

  get stopping(): AbortSignal {
    this.#abort ??= new AbortController();
    if (!this.isOpen) this.#abort.abort();
    return this.#abort.signal;
  }

  accept(message: M): boolean {
    if (!this.isOpen) {
      this.#host.onDeadLetter(this.path, message, 'stopped');
      return false;
    }
    if (!this.#mailbox.add(message)) return false;
    this.#wake();
    return true;
  }

  acceptControl(message: M): boolean {
    if (!this.isOpen) {
      this.#host.onDeadLetter(this.path, message, 'stopped');
      return false;
    }
    if (!this.#mailbox.addControl({ kind: 'message', message })) return false;
    this.#wake();
    return true;
  }

  async acceptOffer(message: M): Promise<boolean> {
    if (!this.isOpen) {
      this.#host.onDeadLetter(this.path, message, 'stopped');
      return false;
    }
    const accepted = this.#mailbox.offer(message);
    this.#wake();
    return accepted;
  }

  addTermination(ref: AnyActorRef, error: Error | undefined): void {
    this.#addOwnControl({ kind: 'terminated', ref, error });
  }

  addPiped(make: () => M): void {
    this.#addOwnControl({ kind: 'piped', make });
  }

  #addOwnControl(entry: ControlEntry<M>): void {
    if (!this.isOpen) return;
    this.#mailbox.addOwnControl(entry);
    this.#wake();
  }

  stop(): void {
    if (!this.isOpen) return;
    this.#isStopAsked = true;
    this.#abort?.abort();
    this.#mailbox.addSystem({ kind: 'stop' });
    this.#wake();
  }

  onStopped(listener: (error: Error | undefined) => void): () => void {
    if (this.#state === 'stopped') {
      listener(this.#stopError);
      return () => undefined;
    }
    this.#stopListeners.add(listener);
    return () => this.#stopListeners.delete(listener);
  }

  /** This actor and those below, each that has not ended, with its state. */
  pathsAlive(): string[] {
    if (this.#state === 'stopped') return [];
    const own = `${this.path} (${this.#isBusy ? 'in a handler' : this.#state})`;
    return [own, ...[...this.children.values()].flatMap((child) => child.pathsAlive())];
  }

  spawnChild<C>(
    source: BehaviorSource<C>,
    name: string | undefined,
    options: SpawnOptions = {},
  ): ActorCell<C> {
    if (!this.isOpen) {
      throw new ActorError('ERR_ACTOR_STOPPED', `${this.path} stops; it takes no more children`);
    }
    this.#childSerial += 1;
    const childName = name ?? `$${this.#childSerial}`;
    if (name !== undefined && !/^[\w.-]+$/.test(name)) {
      const what = `"${name}" is no actor name: use letters, digits and ._-`;
      throw new ActorError('ERR_ACTOR_NAME', what);
    }
    if (this.children.has(childName)) {
      const what = `${this.path} has a child ${childName} already; wait until it has ended or use another name`;
      throw new ActorError('ERR_ACTOR_NAME', what);
    }
    const child = new ActorCell<C>(this.#host, this, childName, source, options);
    this.children.set(childName, child);
    return child;
  }

  /** Keeps the message whose handler runs. */
  stashCurrent(): boolean {
    if (!this.#isHandling) {
      throw new ActorError('ERR_ACTOR_MISUSE', 'stash() works only while a message is handled');
    }
    return this.#mailbox.stash(this.#current as M);
  }

  unstashAll(): void {
    this.#mailbox.unstashAll();
    this.#wake();
  }

  turn(isOver: (messageCount: number) => boolean): boolean {
    let count = 0;
    while (!this.#isBusy && this.#step()) {
      count += 1;
      if (isOver(count)) return !this.#isBusy && this.#mailbox.hasWork;
    }
    return false;
  }

  /** One signal or message; false when nothing can be done now. */
  #step(): boolean {
    const signal = this.#mailbox.takeSystem();
    if (signal !== undefined) {
      this.#onSignal(signal);
      return true;
    }
    if (this.#state !== 'running') return false;
    const control = this.#mailbox.takeControl();
    if (control !== undefined) {
      this.#onControl(control);
      return true;
    }
    if (!this.#mailbox.hasUser) return false;
    this.#receive(this.#mailbox.takeUser());
    return true;
  }

  #wake(): void {
    if (!this.#isBusy) this.#host.dispatcher.schedule(this);
  }

  #move(state: State): void {
    assert(successors[this.#state].includes(state), 'actor-state', {
      path: this.path,
      from: this.#state,
      to: state,
    });
    this.#state = state;
  }

  #onSignal(signal: Signal): void {
    if (this.#state === 'stopped') return;
    switch (signal.kind) {
      case 'start':
        if (this.#state === 'starting' || this.#state === 'backing-off') this.#start();
        return;
      case 'stop':
        this.#close({ kind: 'stop', error: undefined, isEscalated: false });
        return;
      case 'child-stopped':
        this.#onChildStopped(signal.child, signal.error, signal.isEscalated);
        return;
      default:
        unreachable(signal);
    }
  }

  #onControl(control: ControlEntry<M>): void {
    switch (control.kind) {
      case 'message':
        this.#receive(control.message);
        return;
      case 'timer':
        if (this.timers.accept(control.entry)) this.#receive(control.entry.message);
        return;
      case 'piped':
        this.openPipes -= 1;
        this.#receivePiped(control.make);
        return;
      case 'terminated':
        this.#onTerminated(control.ref, control.error);
        return;
      default:
        unreachable(control);
    }
  }

  #start(): void {
    if (this.#state === 'backing-off') this.#move('starting');
    this.instanceSerial += 1;
    this.openPipes = 0;
    this.#call(
      () => {
        const source = this.#source;
        this.#behavior = typeof source === 'function' ? source() : source;
        return this.#behavior.preStart?.(this.#context);
      },
      (error) => {
        if (error !== undefined) this.#fail(error);
        else if (this.#state === 'starting') this.#move('running');
      },
    );
  }

  #receive(message: M): void {
    const behavior = this.#behavior;
    assert(behavior !== undefined, 'running-has-behavior', { path: this.path });
    this.#current = message;
    this.#isHandling = true;
    try {
      const pending = behavior.receive(this.#context, message);
      if (pending === undefined) this.#isHandling = false;
      else this.#await(pending, (error) => this.#received(error));
    } catch (error) {
      this.#received(toError(error));
    }
  }

  #received(error: Error | undefined): void {
    const message = this.#current;
    this.#current = undefined;
    this.#isHandling = false;
    if (error === undefined) return;
    this.#host.onDeadLetter(this.path, message, 'failed');
    this.#fail(error);
  }

  #receivePiped(make: () => M): void {
    let message: M;
    try {
      message = make();
    } catch (error) {
      this.#fail(toError(error));
      return;
    }
    this.#receive(message);
  }

  #onTerminated(ref: AnyActorRef, error: Error | undefined): void {
    if (!this.watched.delete(ref)) return; // unwatched after the signal was queued
    const behavior = this.#behavior;
    if (behavior?.onTerminated === undefined) {
      const what = `${ref.path}, which ${this.path} watches, has ended; add onTerminated to handle it`;
      this.#fail(new ActorError('ERR_ACTOR_UNHANDLED_TERMINATION', what, { cause: error }));
      return;
    }
    this.#call(
      () => behavior.onTerminated?.(this.#context, { ref, error }),
      (failure) => {
        if (failure !== undefined) this.#fail(failure);
      },
    );
  }

  /** One call into user code; `done` runs when it is over, before anything else happens to this actor. */
  #call(run: () => void | Promise<void>, done: (error: Error | undefined) => void): void {
    let pending: void | Promise<void>;
    try {
      pending = run();
    } catch (error) {
      done(toError(error));
      return;
    }
    if (pending === undefined) done(undefined);
    else this.#await(pending, done);
  }

  #await(pending: Promise<void>, done: (error: Error | undefined) => void): void {
    this.#isBusy = true;
    const settle = (error: Error | undefined): void => {
      this.#isBusy = false;
      done(error);
      if (this.#mailbox.hasWork) this.#wake();
    };
    pending.then(
      () => settle(undefined),
      (error: unknown) => settle(toError(error)),
    );
  }

  #fail(error: Error): void {
    const isStart = this.#state === 'starting';
    let directive = decideSafely(this.#options, error);
    if (isStart && directive.kind === 'resume') directive = supervise.stop();
    this.log.warn('actor-failed', { directive: directive.kind, error });
    switch (directive.kind) {
      case 'resume':
        return;
      case 'stop':
        this.#close({ kind: 'stop', error, isEscalated: false });
        return;
      case 'escalate':
        this.#close({ kind: 'stop', error, isEscalated: true });
        return;
      case 'restart':
        this.#restart(directive, error);
        return;
      default:
        unreachable(directive);
    }
  }

  #restart(rule: RestartSupervision, error: Error): void {
    const { clock, random } = this.platform;
    const delayMs = this.#budget.take(rule, clock.monotonicMs(), random);
    if (delayMs !== undefined) {
      this.#close({ kind: 'restart', error, delayMs });
      return;
    }
    this.log.error('actor-restarts-exhausted', { ...rule, error });
    this.#close({ kind: 'stop', error, isEscalated: rule.onExhausted === 'escalate' });
  }

  #close(closing: Closing): void {
    if (this.#state === 'closing') {
      this.#closing = closing; // a stop overtakes a restart
      return;
    }
    this.#closing = closing;
    this.#move('closing');
    if (closing.kind === 'stop') this.#abort?.abort();
    this.timers.cancelAll();
    this.#backOffTimer?.cancel();
    for (const unwatch of this.watched.values()) unwatch();
    this.watched.clear();
    for (const child of this.children.values()) child.stop();
    if (this.children.size === 0) this.#closeSelf();
  }

  #onChildStopped(child: AnyReceiver, error: Error | undefined, isEscalated: boolean): void {
    this.children.delete(child.name);
    if (this.#state === 'closing') {
      if (this.children.size === 0) this.#closeSelf();
    } else if (isEscalated && this.#state === 'running') {
      const what = `${child.path} failed: ${error?.message ?? ''}`;
      this.#fail(new ActorError('ERR_ACTOR_CHILD_FAILED', what, { cause: error }));
    }
  }

  /** All children are gone: say goodbye to the instance, then restart or end. */
  #closeSelf(): void {
    const closing = this.#closing;
    const behavior = this.#behavior;
    assert(closing !== undefined, 'closing-has-reason', { path: this.path });
    this.#behavior = undefined;
    this.#call(
      () => behavior?.postStop?.(this.#context, stopReason(closing)),
      (error) => {
        if (error !== undefined) this.log.warn('actor-post-stop-failed', { error });
        if (this.#closing?.kind === 'restart') this.#backOff(this.#closing.delayMs);
        else this.#end();
      },
    );
  }

  #backOff(delayMs: number): void {
    this.#closing = undefined;
    this.#move('backing-off');
    this.#mailbox.retainControl((entry) => entry.kind === 'message');
    this.#mailbox.unstashAll();
    const start = (): void => {
      this.#mailbox.addSystem({ kind: 'start' });
      this.#wake();
    };
    if (delayMs <= 0) start();
    else this.#backOffTimer = this.platform.scheduler.setTimer(delayMs, start);
  }

  #end(): void {
    const closing = this.#closing;
    assert(closing?.kind === 'stop', 'end-after-stop', { path: this.path });
    const { error, isEscalated } = closing;
    this.#stopError = error;
    this.#move('stopped');
    this.#mailbox.clear();
    const stopped = new ActorError('ERR_ACTOR_STOPPED', `${this.path} stopped before it replied`, {
      cause: error,
    });
    for (const fail of this.openAsks) fail(stopped);
    this.#host.onStopped();
    this.#parent?.childStopped(this, error, isEscalated);
    for (const listener of this.#stopListeners) listener(error);
    this.#stopListeners.clear();
  }

  childStopped(child: AnyReceiver, error: Error | undefined, isEscalated: boolean): void {
    this.#mailbox.addSystem({ kind: 'child-stopped', child, error, isEscalated });
    this.#wake();
  }
}

/** A throwing `choose` is a bug of the strategy: the actor stops and its parent hears of it. */
function decideSafely(options: SpawnOptions, error: Error): ReturnType<typeof decide> {
  try {
    return decide(options.supervision ?? supervise.restart(), error);
  } catch {
    return supervise.escalate();
  }
}

function stopReason(closing: Closing): StopReason {
  if (closing.kind === 'restart') return { kind: 'restarting', error: closing.error };
  if (closing.error === undefined) return { kind: 'stopped' };
  return { kind: 'failed', error: closing.error };
}
