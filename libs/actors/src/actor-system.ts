// A tree of actors on one platform. Protects: an orderly end (children before parents, bounded in time) and that a
// failure nobody handles is told, never swallowed. Leaves out: several processes; streams places actors by partition.

import { assert, type Logger, type Platform } from '@drave/platform';
import { ActorCell, type CellHost } from './actor-cell.js';
import { ActorError } from './actor-error.js';
import type { ActorRef, AnyActorRef } from './actor-ref.js';
import type { BehaviorSource, SpawnOptions } from './behavior.js';
import { Dispatcher } from './dispatcher.js';
import { receiverOf } from './local-ref.js';
import { supervise } from './supervision.js';

export interface ActorSystemOptions {
  readonly platform: Platform;
  /** Root of all paths; default 'drave'. */
  readonly name?: string;
  /** Ordinary messages that may wait per actor unless `spawn` says otherwise; default 1,024. */
  readonly mailboxCapacity?: number;
  /** A turn of one actor ends after so many messages (default 64) … */
  readonly turnMessagesMax?: number;
  /** … or so many milliseconds (default 5), and the event loop goes on. */
  readonly turnMs?: number;
  /** A top-level actor escalated: the system stops all others, then calls this. Default: an error line. */
  readonly onFailure?: (error: Error) => void;
}

export interface ActorSystemMetrics {
  readonly actorCount: number;
  readonly spawnedCount: number;
  /** Messages that no handler finished: told to the stopped, dropped by overflow, or failed. */
  readonly deadLetterCount: number;
}

export class ActorSystem {
  readonly #log: Logger;
  readonly #root: ActorCell<never>;
  readonly #onFailure: (error: Error) => void;
  #actorCount = 0;
  #spawnedCount = 0;
  #deadLetterCount = 0;

  constructor(options: ActorSystemOptions) {
    const { platform } = options;
    const mailboxCapacityDefault = options.mailboxCapacity ?? 1_024;
    const turnMessagesMax = options.turnMessagesMax ?? 64;
    const turnMs = options.turnMs ?? 5;
    assert(turnMessagesMax >= 1 && turnMs > 0, 'turn-bounds', { turnMessagesMax, turnMs });
    this.#log = platform.logger;
    this.#onFailure =
      options.onFailure ?? ((error) => this.#log.error('actor-system-failed', { error }));
    const host: CellHost = {
      platform,
      dispatcher: new Dispatcher(platform, { turnMessagesMax, turnMs }),
      mailboxCapacityDefault,
      onDeadLetter: (path, _message, reason) => {
        this.#deadLetterCount += 1;
        this.#log.debug('actor-dead-letter', { path, reason });
      },
      onSpawned: () => {
        this.#actorCount += 1;
        this.#spawnedCount += 1;
      },
      onStopped: () => {
        this.#actorCount -= 1;
      },
    };
    const guardian = { receive: () => undefined };
    const rootOptions = { supervision: supervise.stop() };
    this.#root = new ActorCell<never>(
      host,
      undefined,
      options.name ?? 'drave',
      guardian,
      rootOptions,
    );
    this.#root.onStopped((error) => {
      if (error !== undefined) this.#onFailure(error);
    });
  }

  get metrics(): ActorSystemMetrics {
    return {
      actorCount: this.#actorCount - (this.#root.state === 'stopped' ? 0 : 1), // without the root
      spawnedCount: this.#spawnedCount - 1,
      deadLetterCount: this.#deadLetterCount,
    };
  }

  /**
   * Starts a top-level actor; it may be told to at once. Throws ERR_ACTOR_NAME for a bad or taken name and
   * ERR_ACTOR_STOPPED after `shutdown` or a failure of the system.
   */
  spawn<M>(source: BehaviorSource<M>, name?: string, options?: SpawnOptions): ActorRef<M> {
    return this.#root.spawnChild(source, name, options).ref;
  }

  /** Stops any actor of this system and settles when it has ended; at once when it has already. */
  async stop(ref: AnyActorRef): Promise<void> {
    receiverOf(ref).stop();
    await this.terminated(ref);
  }

  /** Settles with the error that ended the actor, or undefined. */
  terminated(ref: AnyActorRef): Promise<Error | undefined> {
    return new Promise((resolve) => {
      receiverOf(ref).onStopped(resolve);
    });
  }

  /**
   * Stops all actors, children first. Rejects with ERR_ACTOR_SHUTDOWN_TIMEOUT, naming those that still run, after
   * `timeoutMs` (default 10,000). Calling it again is fine.
   */
  shutdown(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? 10_000;
    const root = this.#root;
    return new Promise((resolve, reject) => {
      const timer = root.platform.scheduler.setTimer(timeoutMs, () => {
        const alive = root.pathsAlive().slice(1, 11).join(', ');
        const what = `actors still run after ${timeoutMs} ms: ${alive}`;
        reject(new ActorError('ERR_ACTOR_SHUTDOWN_TIMEOUT', what));
      });
      root.stop();
      root.onStopped(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
