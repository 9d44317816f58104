// Who may work on one log's files just now: chores one after another in the background, a change of the whole log alone, nobody once it is
// closed. Protects: two changes of the files never overlap; the first that fails takes the directory out of service.
// Leaves out: the work. States: open ⇄ exclusive (truncation), open → closed.

import { KafkaError } from '@drave/contracts';
import type { LogEnvironment } from './log-state.js';

export class LogChores {
  readonly #environment: LogEnvironment;
  readonly #directory: string;
  readonly #key: string;
  /** Never rejects. */
  #last: Promise<void> = Promise.resolve();
  /** What is done to the log meanwhile, as a participle. */
  #exclusive: string | undefined;
  #isClosed = false;

  /** `directory` and `key` name the log in errors. */
  constructor(environment: LogEnvironment, names: { readonly directory: string; key: string }) {
    this.#environment = environment;
    this.#directory = names.directory;
    this.#key = names.key;
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

  close(): void {
    this.#isClosed = true;
  }

  /** Throws when the directory failed, KafkaError NOT_LEADER_OR_FOLLOWER when the log is closed or being changed. */
  checkUsable(): void {
    this.#environment.health.throwIfFailed();
    const key = this.#key;
    if (this.#isClosed) throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `the log ${key} is closed`);
    if (this.#exclusive !== undefined) {
      throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `the log ${key} is being ${this.#exclusive}`);
    }
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
        health.fail(`${action} in ${this.#directory}`, error);
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
    const directory = this.#directory;
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
