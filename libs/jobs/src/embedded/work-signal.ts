// Wakes workers that wait for a job: "there is work" or "work is due at". One announcement wakes one waiter and is kept until
// one comes. Protects: no announcement is lost between a look at the queue and the wait; waiters wake in the order they came.

export interface Announcement {
  readonly member: string;
  /** 0: look now; otherwise the time (ms) the next delayed job is due. */
  readonly score: number;
}

export class WorkSignal {
  #hasWork = false;
  #dueMs: number | undefined;
  readonly #waiters = new Set<(announcement: Announcement) => void>();

  announceWork(): void {
    if (!this.#handOver({ member: '0', score: 0 })) this.#hasWork = true;
  }

  announceDue(dueMs: number): void {
    if (!this.#handOver({ member: '1', score: dueMs })) this.#dueMs = dueMs;
  }

  /** Forgets what was announced: the queue is paused. */
  silence(): void {
    this.#hasWork = false;
    this.#dueMs = undefined;
  }

  take(): Announcement | undefined {
    if (this.#hasWork) {
      this.#hasWork = false;
      return { member: '0', score: 0 };
    }
    const dueMs = this.#dueMs;
    this.#dueMs = undefined;
    return dueMs === undefined ? undefined : { member: '1', score: dueMs };
  }

  wait(waiter: (announcement: Announcement) => void): void {
    this.#waiters.add(waiter);
  }

  stopWaiting(waiter: (announcement: Announcement) => void): void {
    this.#waiters.delete(waiter);
  }

  #handOver(announcement: Announcement): boolean {
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter);
      waiter(announcement);
      return true;
    }
    return false;
  }
}
