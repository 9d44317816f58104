// Everything that waits for one actor, in the order in which it will be taken: system signals, control messages,
// unstashed messages, ordinary messages. Protects: each part has a bound; waiting offers enter before later tells.

import { assert, BoundedQueue } from '@drave/platform';
import { ActorError } from './actor-error.js';
import type { OverflowPolicy } from './behavior.js';

const systemCapacity = 65_536;
const controlCapacity = 256;
/** Own timers, piped promises and watches of one actor; each has at most one entry in the control queue. */
const ownSourcesMax = 1_024;

/** Refuses one more of what an actor may own only so many of. */
export function checkOwnSources(count: number, what: string): void {
  if (count < ownSourcesMax) return;
  const text = `more than ${ownSourcesMax} ${what} of one actor; wait for some to finish`;
  throw new ActorError('ERR_ACTOR_MAILBOX_FULL', text);
}

interface Offer<M> {
  readonly message: M;
  readonly resolve: (isAccepted: boolean) => void;
}

export interface MailboxOptions {
  readonly path: string;
  readonly capacity: number;
  readonly overflow: OverflowPolicy;
}

/** `S`: system signals, `C`: control entries. */
export class Mailbox<M, S, C> {
  readonly #options: MailboxOptions;
  readonly #system = new BoundedQueue<S>(systemCapacity);
  readonly #control = new BoundedQueue<C>(controlCapacity + 3 * ownSourcesMax);
  readonly #user: BoundedQueue<M>;
  readonly #onDropped: (message: M, reason: string) => void;
  #unstashed: BoundedQueue<M> | undefined;
  #stashed: BoundedQueue<M> | undefined;
  #offers: BoundedQueue<Offer<M>> | undefined;

  constructor(options: MailboxOptions, onDropped: (message: M, reason: string) => void) {
    this.#options = options;
    this.#user = new BoundedQueue(options.capacity);
    this.#onDropped = onDropped;
  }

  get userCount(): number {
    return this.#user.length;
  }

  get hasUser(): boolean {
    return this.#user.length > 0 || (this.#unstashed !== undefined && !this.#unstashed.isEmpty);
  }

  get hasWork(): boolean {
    return this.hasUser || !this.#control.isEmpty || !this.#system.isEmpty;
  }

  addSystem(signal: S): void {
    assert(this.#system.push(signal), 'system-queue-bounded', { path: this.#options.path });
  }

  /** From the actor's own timers, pipes and watches, whose number is bounded where they are made. */
  addOwnControl(entry: C): void {
    assert(this.#control.push(entry), 'control-queue-bounded', { path: this.#options.path });
  }

  addControl(entry: C): boolean {
    if (this.#control.length >= controlCapacity) return false;
    return this.#control.push(entry);
  }

  add(message: M): boolean {
    const isBehindOffers = this.#offers !== undefined && !this.#offers.isEmpty;
    if (!isBehindOffers && this.#user.push(message)) return true;
    switch (this.#options.overflow) {
      case 'reject':
        return false;
      case 'throw':
        throw this.#fullError('messages');
      case 'drop-oldest':
        this.#dropOldest();
        return this.#user.push(message);
    }
  }

  offer(message: M): Promise<boolean> {
    this.#offers ??= new BoundedQueue(this.#options.capacity);
    const offers = this.#offers;
    if (offers.isEmpty && this.#user.push(message)) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      if (!offers.push({ message, resolve })) reject(this.#fullError('waiting offers'));
    });
  }

  takeSystem(): S | undefined {
    return this.#system.shift();
  }

  takeControl(): C | undefined {
    return this.#control.shift();
  }

  /** Drops the control entries that a restart makes stale. */
  retainControl(isKept: (entry: C) => boolean): void {
    for (let count = this.#control.length; count > 0; count -= 1) {
      const entry = this.#control.shift() as C;
      if (isKept(entry)) this.#control.push(entry);
    }
  }

  /** Only when `hasUser`. */
  takeUser(): M {
    if (this.#unstashed !== undefined && !this.#unstashed.isEmpty) {
      return this.#unstashed.shift() as M;
    }
    const message = this.#user.shift() as M;
    if (this.#offers !== undefined) this.#admitOffers();
    return message;
  }

  stash(message: M): boolean {
    this.#stashed ??= new BoundedQueue(this.#options.capacity);
    const unstashedCount = this.#unstashed?.length ?? 0;
    if (this.#stashed.length + unstashedCount >= this.#options.capacity) return false;
    return this.#stashed.push(message);
  }

  unstashAll(): void {
    if (this.#stashed === undefined || this.#stashed.isEmpty) return;
    for (const message of this.#unstashed ?? []) {
      assert(this.#stashed.push(message), 'stash-bounded', { path: this.#options.path });
    }
    this.#unstashed = this.#stashed;
    this.#stashed = undefined;
  }

  /** Empties everything: each message goes to the dead letters, each offer is refused. */
  clear(): void {
    for (const queue of [this.#unstashed, this.#stashed, this.#user]) {
      for (const message of queue ?? []) this.#onDropped(message, 'stopped');
      queue?.clear();
    }
    for (const { message, resolve } of this.#offers ?? []) {
      this.#onDropped(message, 'stopped');
      resolve(false);
    }
    this.#offers?.clear();
    this.#control.clear();
    this.#system.clear();
  }

  #admitOffers(): void {
    for (let offer = this.#offers?.peek(); offer !== undefined; offer = this.#offers?.peek()) {
      if (!this.#user.push(offer.message)) return;
      this.#offers?.shift();
      offer.resolve(true);
    }
  }

  #dropOldest(): void {
    const oldest = this.#user.shift() as M;
    this.#onDropped(oldest, 'overflow');
    this.#admitOffers();
    if (this.#user.isFull) this.#onDropped(this.#user.shift() as M, 'overflow');
  }

  #fullError(what: string): ActorError {
    const { path, capacity } = this.#options;
    return new ActorError(
      'ERR_ACTOR_MAILBOX_FULL',
      `${path} has ${capacity} ${what}; slow down, wait with offer(), or raise mailboxCapacity`,
    );
  }
}
