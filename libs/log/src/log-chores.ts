// Who may work on one log's files just now: chores one after another in the background, a change of the whole log alone, nobody once it is
// closed. Protects: two changes of the files never overlap; the first that fails takes the directory out of service.
// Leaves out: the work. States: open ⇄ exclusive (truncation), open → closed.

import { basename } from 'node:path';
import { KafkaError } from '@drave/contracts';
import type { LogEnvironment, LogState } from './log-state.js';

/** Shared: an idle log has no chore of its own. */
const nothing = Promise.resolve();

export class LogChores {
  readonly #environment: LogEnvironment;
  readonly #state: LogState;
  /** Never rejects. */
  #last: Promise<void> = nothing;
  /** What is done to the log meanwhile, as a participle. */
  #exclusive: string | undefined;
  #isEnding = false;
  #isClosed = false;

  constructor(environment: LogEnvironment, state: LogState) {
    this.#environment = environment;
    this.#state = state;
  }

  /** No retention, compaction or scrub begins any more. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isExclusive(): boolean {
    return this.#exclusive !== undefined;
  }

  /** Settles when the chores so far are done; never rejects. */
  get idle(): Promise<void> {
    return this.#last;
  }

  end(): void {
    this.#isEnding = true;
  }

  close(): void {
    this.#isEnding = true;
    this.#isClosed = true;
  }

  /** Throws when the directory failed, KafkaError NOT_LEADER_OR_FOLLOWER when the log is closed or being changed. */
  checkUsable(): void {
    this.#environment.health.throwIfFailed();
    if (!this.#isClosed && this.#exclusive === undefined) return;
    const key = basename(this.#state.directory);
    const what = this.#isClosed ? 'closed' : `being ${this.#exclusive}`;
    throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `the log ${key} is ${what}`);
  }

  /**
   * Runs `work` after the chores before it; its failure takes the directory out of service, but for a full disk and missing
   * descriptors: then it rejects, and `work` may run again.
   */
  run(action: string, work: () => Promise<void>): Promise<void> {
    const { health, room } = this.#environment;
    const run = this.#last.then(async () => {
      if (health.failure !== undefined) return;
      try {
        await work();
      } catch (error) {
        if (room.mayPass(error)) throw error;
        health.fail(`${action} in ${this.#state.directory}`, error);
      }
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Runs `before`, which waits for all that is under way, then `work`, while the log is not usable. */
  async exclusively(
    participle: string,
    steps: { readonly before: () => Promise<void>; readonly work: () => Promise<void> },
  ): Promise<void> {
    this.#exclusive = participle;
    const { health, platform } = this.#environment;
    const { directory } = this.#state;
    try {
      await steps.before();
      health.throwIfFailed();
      await steps.work();
    } catch (error) {
      if (error instanceof KafkaError) throw error;
      throw health.fail(`change ${directory}`, error);
    } finally {
      this.#exclusive = undefined;
      platform.logger.debug('log-changed', { directory, participle });
    }
  }
}
