// How long a rebalance waits for joins. Protects: the first rebalance of an empty group ends by time alone and is put off at
// most up to the rebalance timeout in total. Times are monotonic ms. Source: KIP-134.

export class RebalanceWindow {
  #deadlineMs: number;
  /** undefined: not the first rebalance, ends as soon as all have joined. */
  #extensionLeftMs: number | undefined;
  #memberAdded = false;
  readonly #delayMs: number;

  /** `initialDelayMs` marks the first rebalance of an empty group. */
  constructor(options: {
    readonly nowMs: number;
    readonly timeoutMs: number;
    readonly initialDelayMs: number | undefined;
  }) {
    const { nowMs, timeoutMs, initialDelayMs } = options;
    this.#delayMs = Math.min(initialDelayMs ?? timeoutMs, timeoutMs);
    this.#deadlineMs = nowMs + this.#delayMs;
    this.#extensionLeftMs = initialDelayMs === undefined ? undefined : timeoutMs - this.#delayMs;
  }

  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  get endsByTimeAlone(): boolean {
    return this.#extensionLeftMs !== undefined;
  }

  onMemberAdded(): void {
    this.#memberAdded = true;
  }

  /** At the deadline: true when the wait goes on because somebody came meanwhile. */
  extend(nowMs: number): boolean {
    if (!this.#memberAdded || !this.#extensionLeftMs) return false;
    const delayMs = Math.min(this.#delayMs, this.#extensionLeftMs);
    this.#memberAdded = false;
    this.#extensionLeftMs -= delayMs;
    this.#deadlineMs = nowMs + delayMs;
    return true;
  }

  /** Nobody came: from now on the first rejoin of all ends it, at the latest after `timeoutMs`. */
  waitAgain(nowMs: number, timeoutMs: number): void {
    this.#extensionLeftMs = undefined;
    this.#deadlineMs = nowMs + timeoutMs;
  }
}
