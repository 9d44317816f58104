// The ActorContext in front of a cell. Protects: what a behaviour started in one instance (pipes, watches) does not reach
// the next one.

import type { Logger, Platform } from '@drave/platform';
import { ActorError, toError } from './actor-error.js';
import type { ActorRef, AnyActorRef } from './actor-ref.js';
import type {
  ActorContext,
  ActorTimers,
  BehaviorSource,
  Settled,
  SpawnOptions,
} from './behavior.js';
import { receiverOf, type AnyReceiver } from './local-ref.js';
import { checkOwnSources } from './mailbox.js';

/** What the context needs of its cell. */
export interface ContextOwner<M> {
  readonly path: string;
  readonly ref: ActorRef<M>;
  readonly platform: Platform;
  readonly log: Logger;
  readonly timers: ActorTimers<M>;
  readonly stopping: AbortSignal;
  readonly children: ReadonlyMap<string, AnyReceiver & { readonly ref: AnyActorRef }>;
  /** Watched actors and how to forget them. */
  readonly watched: Map<AnyActorRef, () => void>;
  /** Promises piped to this instance and not delivered yet. */
  openPipes: number;
  /** Counts instances; what belongs to an older one is dropped. */
  readonly instanceSerial: number;
  spawnChild<C>(
    source: BehaviorSource<C>,
    name: string | undefined,
    options: SpawnOptions | undefined,
  ): { readonly ref: ActorRef<C> };
  stashCurrent(): boolean;
  unstashAll(): void;
  addTermination(ref: AnyActorRef, error: Error | undefined): void;
  addPiped(make: () => M): void;
}

export class CellContext<M> implements ActorContext<M> {
  readonly #cell: ContextOwner<M>;

  constructor(cell: ContextOwner<M>) {
    this.#cell = cell;
  }

  get self(): ActorRef<M> {
    return this.#cell.ref;
  }

  get platform(): Platform {
    return this.#cell.platform;
  }

  get log(): Logger {
    return this.#cell.log;
  }

  get timers(): ActorTimers<M> {
    return this.#cell.timers;
  }

  get stopping(): AbortSignal {
    return this.#cell.stopping;
  }

  spawn<C>(source: BehaviorSource<C>, name?: string, options?: SpawnOptions): ActorRef<C> {
    return this.#cell.spawnChild(source, name, options).ref;
  }

  children(): readonly AnyActorRef[] {
    return [...this.#cell.children.values()].map((child) => child.ref);
  }

  stop(ref: AnyActorRef = this.#cell.ref): void {
    const target = receiverOf(ref);
    const isChild = this.#cell.children.get(target.name) === target;
    if (!isChild && ref !== this.#cell.ref) {
      const what = `${this.#cell.path} may stop itself and its children, not ${ref.path}`;
      throw new ActorError('ERR_ACTOR_MISUSE', what);
    }
    target.stop();
  }

  watch(ref: AnyActorRef): void {
    const cell = this.#cell;
    if (cell.watched.has(ref)) return;
    checkOwnSources(cell.watched.size, 'watched actors');
    const target = receiverOf(ref);
    cell.watched.set(ref, () => undefined);
    const unwatch = target.onStopped((error) => cell.addTermination(ref, error));
    cell.watched.set(ref, unwatch);
  }

  unwatch(ref: AnyActorRef): void {
    this.#cell.watched.get(ref)?.();
    this.#cell.watched.delete(ref);
  }

  stash(): boolean {
    return this.#cell.stashCurrent();
  }

  unstashAll(): void {
    this.#cell.unstashAll();
  }

  pipeToSelf<T>(promise: Promise<T>, map: (result: Settled<T>) => M): void {
    const cell = this.#cell;
    checkOwnSources(cell.openPipes, 'piped promises');
    cell.openPipes += 1;
    const serial = cell.instanceSerial;
    const deliver = (result: Settled<T>): void => {
      if (serial !== cell.instanceSerial) return;
      cell.addPiped(() => map(result));
    };
    promise.then(
      (value) => deliver({ ok: true, value }),
      (error: unknown) => deliver({ ok: false, error: toError(error) }),
    );
  }
}
