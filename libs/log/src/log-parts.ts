// What works on one log that is in use: made at the log's first use, so that thousands of idle ones cost little. Protects: one of each
// for a log; each sees of the others what its host interface names, which is this object. Leaves out: the work.

import { type AppenderHost, LogAppender } from './log-appender.js';
import type { LogChores } from './log-chores.js';
import { LogReader } from './log-reader.js';
import { LogSealer } from './log-sealer.js';
import type { LogSettings } from './log-settings.js';
import type { LogEnvironment, LogState } from './log-state.js';
import { LogTransactions } from './log-transactions.js';
import { LogUpkeep, type UpkeepHost } from './log-upkeep.js';
import { type LogIdentity, LogWriter } from './log-writer.js';
import type { Segment } from './segment.js';
import type { LogTail } from './tail-cache.js';
import { TimeLookup } from './time-lookup.js';

export class LogParts implements AppenderHost, UpkeepHost {
  readonly environment: LogEnvironment;
  readonly state: LogState;
  readonly tail: LogTail;
  readonly writer: LogWriter;
  readonly reader: LogReader;
  readonly times: TimeLookup;
  readonly sealer: LogSealer;
  readonly transactions: LogTransactions;
  readonly appender: LogAppender;
  readonly upkeep: LogUpkeep;
  readonly #chores: LogChores;

  constructor(
    environment: LogEnvironment,
    state: LogState,
    by: { readonly identity: LogIdentity; readonly chores: LogChores },
  ) {
    this.environment = environment;
    this.state = state;
    this.#chores = by.chores;
    this.tail = environment.tailCache.tail();
    this.writer = new LogWriter(environment, state, by.identity);
    this.reader = new LogReader(environment, state);
    this.times = new TimeLookup(environment, state);
    this.sealer = new LogSealer(environment, state);
    this.transactions = new LogTransactions(environment, state);
    this.appender = new LogAppender(this);
    this.upkeep = new LogUpkeep(this);
  }

  settings(): LogSettings {
    return this.state.settings;
  }

  chore(action: string, work: () => Promise<void>): Promise<void> {
    return this.#chores.run(action, work);
  }

  idle(): Promise<void> {
    return this.#chores.idle;
  }

  isExclusive(): boolean {
    return this.#chores.isExclusive;
  }

  isEnding(): boolean {
    return this.#chores.isEnding;
  }

  isClosed(): boolean {
    return this.#chores.isClosed;
  }

  roll(nowMs: number): void {
    this.appender.roll(nowMs);
  }

  nameActive(): Promise<void> {
    return this.writer.nameSegment(this.state.active);
  }

  sealed(segment: Segment): void {
    this.upkeep.scrub.sealLater(segment);
  }

  compacted(offset: number): void {
    this.tail.dropBelow(offset);
  }

  logStartMoved(): void {
    this.state.owner?.onLogStart();
  }
}
