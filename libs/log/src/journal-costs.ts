// Which way of making a round durable costs less on this disk. Protects: few dirty files are never journaled, many always are;
// in between the cheaper way by the last rounds is taken, and the other one now and then, so that its figure stays true.
// Source of the figures it starts with: performance design, section 4.

/** Rounds with fewer logs are always synced directly, with at least so many always journaled. */
const logsMin = 4;
const logsMax = 32;
const startMsPerLog = 0.06;
const startJournalMs = 0.4;
/** Weight of the last round. */
const weight = 0.1;
/** One round in so many goes the dearer way. */
const probeEvery = 64;

export class JournalCosts {
  readonly #fromLogs: number | undefined;
  #msPerLog = startMsPerLog;
  #journalMs = startJournalMs;
  #rounds = 0;

  /** `fromLogs`: the number from which on rounds are journaled, instead of a measured one. */
  constructor(fromLogs: number | undefined) {
    this.#fromLogs = fromLogs;
  }

  prefersJournal(logCount: number): boolean {
    if (this.#fromLogs !== undefined) return logCount >= this.#fromLogs;
    if (logCount < logsMin || logCount >= logsMax) return logCount >= logsMax;
    const isCheaper = logCount * this.#msPerLog > this.#journalMs;
    return ++this.#rounds % probeEvery === 0 ? !isCheaper : isCheaper;
  }

  /** A round of so many logs is journaled whatever it costs. */
  isMany(logCount: number): boolean {
    return logCount >= (this.#fromLogs ?? logsMax);
  }

  /** A round of so many logs was synced directly. */
  syncTook(ms: number, logCount: number): void {
    if (logCount >= logsMin) this.#msPerLog += weight * (ms / logCount - this.#msPerLog);
  }

  journalTook(ms: number): void {
    this.#journalMs += weight * (ms - this.#journalMs);
  }
}
