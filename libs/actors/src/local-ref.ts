// The one ActorRef of this process: an address in front of an actor's cell. Protects: an ask always settles, by reply,
// failure, timeout or the end of the actor, and leaves nothing behind.

import type { Scheduler } from '@drave/platform';
import { ActorError } from './actor-error.js';
import type { ActorRef, AnyActorRef, AskOptions, ReplyTo } from './actor-ref.js';

/** What a ref needs of the actor behind it. */
export interface Receiver<M> {
  readonly path: string;
  readonly name: string;
  readonly isOpen: boolean;
  readonly userCount: number;
  readonly scheduler: Scheduler;
  readonly openAsks: Set<(error: Error) => void>;
  accept(message: M): boolean;
  acceptControl(message: M): boolean;
  acceptOffer(message: M): Promise<boolean>;
  /** Asks the actor to stop; it does after the call that runs now. */
  stop(): void;
  /** Calls back once the actor has ended, at once if it has; returns how to forget it. */
  onStopped(listener: (error: Error | undefined) => void): () => void;
}

/** What may be done to any actor, whatever its messages. */
export type AnyReceiver = Pick<Receiver<never>, 'path' | 'name' | 'isOpen' | 'stop' | 'onStopped'>;

/** The actor behind an address. Throws ERR_ACTOR_MISUSE for a ref that no ActorSystem made. */
export function receiverOf(ref: AnyActorRef): AnyReceiver {
  if (ref instanceof LocalRef) return ref.receiver;
  throw new ActorError('ERR_ACTOR_MISUSE', `${ref.path} does not belong to an actor system`);
}

export class LocalRef<M> implements ActorRef<M> {
  readonly path: string;
  readonly receiver: Receiver<M>;

  constructor(receiver: Receiver<M>) {
    this.path = receiver.path;
    this.receiver = receiver;
  }

  get queuedCount(): number {
    return this.receiver.userCount;
  }

  get isStopped(): boolean {
    return !this.receiver.isOpen;
  }

  readonly tell = (message: M): boolean => this.receiver.accept(message);

  readonly tellControl = (message: M): boolean => this.receiver.acceptControl(message);

  readonly offer = (message: M): Promise<boolean> => this.receiver.acceptOffer(message);

  readonly ask = <R>(make: (replyTo: ReplyTo<R>) => M, options: AskOptions): Promise<R> =>
    new Promise<R>((resolve, reject) => {
      const { receiver, path } = this;
      let isOpen = true;
      const close = (): boolean => {
        if (!isOpen) return false;
        isOpen = false;
        timer.cancel();
        receiver.openAsks.delete(fail);
        return true;
      };
      const fail = (error: Error): boolean => {
        if (!close()) return false;
        reject(error);
        return true;
      };
      const timer = receiver.scheduler.setTimer(options.timeoutMs, () => {
        const what = `${path} did not reply in ${options.timeoutMs} ms`;
        fail(new ActorError('ERR_ACTOR_ASK_TIMEOUT', what));
      });
      receiver.openAsks.add(fail);
      const tell = (reply: R): boolean => {
        if (!close()) return false;
        resolve(reply);
        return true;
      };
      try {
        if (!this.tell(make({ tell, fail }))) fail(this.#refusal());
      } catch (error) {
        close();
        throw error;
      }
    });

  #refusal(): ActorError {
    if (this.isStopped) return new ActorError('ERR_ACTOR_STOPPED', `${this.path} has stopped`);
    const what = `the mailbox of ${this.path} is full; ask again later`;
    return new ActorError('ERR_ACTOR_MAILBOX_FULL', what);
  }
}
