// Who waits for which offset of a log to become durable. Protects: each waiter is settled once; appends that leave in one write
// share one promise. A rejected one that nobody awaits is no unhandled rejection: the directory reported the failure already.

import type { KafkaError } from '@drave/contracts';

interface Group {
  endOffset: number;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: KafkaError) => void;
}

export class DurableWaiters {
  #groups: Group[] = [];
  #open: Group | undefined;

  /** Settles once `advance` got at least `endOffset`. `isQueued`: more appends may still leave in the same write. */
  wait(endOffset: number, isQueued: boolean): Promise<void> {
    const open = this.#open;
    if (open !== undefined) {
      open.endOffset = Math.max(open.endOffset, endOffset);
      return open.promise;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const group = { endOffset, promise, resolve, reject };
    this.#groups.push(group);
    if (isQueued) this.#open = group;
    return promise;
  }

  /** A write begins: later appends leave with another one. */
  closeGroup(): void {
    this.#open = undefined;
  }

  advance(durableOffset: number): void {
    const [first] = this.#groups;
    if (first === undefined) return;
    if (this.#groups.length === 1) {
      if (first.endOffset > durableOffset) return;
      this.#groups = [];
      if (this.#open === first) this.#open = undefined;
      first.resolve();
      return;
    }
    const reached = this.#groups.filter((group) => group.endOffset <= durableOffset);
    this.#groups = this.#groups.filter((group) => group.endOffset > durableOffset);
    for (const group of reached) {
      if (this.#open === group) this.#open = undefined;
      group.resolve();
    }
  }

  fail(error: KafkaError): void {
    this.#open = undefined;
    for (const group of this.#groups.splice(0)) {
      group.promise.catch(() => undefined);
      group.reject(error);
    }
  }

  static rejected(error: KafkaError): Promise<void> {
    const rejected = Promise.reject<void>(error);
    rejected.catch(() => undefined);
    return rejected;
  }
}
