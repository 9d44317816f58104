// The address of an actor: all that others may hold of it. Protects: sending never runs the receiver, never waits and
// never grows memory beyond the mailbox; a refusal is told to the sender.

export interface Recipient<M> {
  /** False: not accepted (mailbox full, or stopped). */
  readonly tell: (message: M) => boolean;
}

/** Where the answer to an `ask` goes; the first call counts, later ones return false. */
export interface ReplyTo<R> extends Recipient<R> {
  /** Rejects the ask with this error. */
  readonly fail: (error: Error) => boolean;
}

export interface AskOptions {
  /** Milliseconds ≥ 0 until the ask rejects with ERR_ACTOR_ASK_TIMEOUT. */
  readonly timeoutMs: number;
}

export interface ActorRef<M> extends Recipient<M> {
  /** Unique in its system while the actor lives, e.g. `drave/app/task-0_1`. */
  readonly path: string;
  /**
   * Appends to the mailbox. Messages of one sender arrive in the order they were told. When the mailbox is full the
   * actor's overflow policy decides: refuse (false), drop the oldest, or throw ERR_ACTOR_MAILBOX_FULL.
   */
  readonly tell: (message: M) => boolean;
  /** As `tell`, but ahead of all ordinary messages; control messages keep their order among each other. */
  readonly tellControl: (message: M) => boolean;
  /**
   * Waits for room; true once the message is in the mailbox, false when the actor stops first. Offers enter in their
   * order and before later tells. Rejects with ERR_ACTOR_MAILBOX_FULL when too many offers wait already.
   */
  readonly offer: (message: M) => Promise<boolean>;
  /**
   * Sends the message that `make` builds around a reply address, and settles with the reply. Rejects with
   * ERR_ACTOR_ASK_TIMEOUT, ERR_ACTOR_MAILBOX_FULL, ERR_ACTOR_STOPPED (also when the actor stops before it replies)
   * or the error given to `fail`.
   */
  readonly ask: <R>(make: (replyTo: ReplyTo<R>) => M, options: AskOptions) => Promise<R>;
  /** Ordinary messages that wait, without those stashed. */
  readonly queuedCount: number;
  readonly isStopped: boolean;
}

/** Any actor, when only its identity matters. */
export type AnyActorRef = ActorRef<never>;
