// A CEL expression as a filter of records, run in a thread of its own. Protects: the event loop is never held up by an expression; one
// evaluation lasts 50 ms at most, and beyond 3 s in total 2 ms on average, after that the thread is ended and the caller told which record it was; memory is bounded; few run
// at a time. Leaves out: the language (filter-worker.ts).

import { Worker } from 'node:worker_threads';
import type { ConsumerRecord } from '@drave/client';
import { restErrorCodes } from '@drave/contracts/rest';
import { RestError } from '@drave/nest/http';
import { assert, type Platform, type Timer } from '@drave/platform';
import type { FilterMessage, FilterRecord, FilterStart } from './filter-worker.js';

export const filterLimits = Object.freeze({
  expressionCharsMax: 4_096,
  evaluationMs: 50,
  /** A filter that ran this long in total is ended when it takes more than `meanMs` per record. */
  totalMs: 3_000,
  meanMs: 2,
  /** Starting the thread; not the expression's fault. */
  loadMs: 15_000,
  compileMs: 1_000,
  heapMiB: 64,
  /** Expressions running at a time. */
  openMax: 8,
});
export type FilterLimits = { readonly [Name in keyof typeof filterLimits]: number };
/** The thread is looked at this often. Late looks count as one, so that a busy machine is not taken for a slow filter. */
const lookMs = 10;
const batchBytesMax = 8 * 1_048_576;
const { invalidFilter, tooManyRequests } = restErrorCodes;

export interface FilterFailures {
  /** Records of which the expression could say nothing, such as a field that is not there; they do not match. */
  readonly count: number;
  readonly first: string | undefined;
}

interface Waiting {
  readonly resolve: (message: FilterMessage) => void;
  readonly reject: (error: Error) => void;
}

/** Opens filters, a few at a time. */
export class RecordFilters {
  readonly #platform: Platform;
  readonly #limits: FilterLimits;
  #openCount = 0;

  constructor(platform: Platform, limits: Partial<FilterLimits> = {}) {
    this.#platform = platform;
    this.#limits = { ...filterLimits, ...limits };
  }

  /** Compiles. Rejects with 40004 for an expression that is none, 42901 when too many run. */
  async open(expression: string): Promise<RecordFilter> {
    const { expressionCharsMax, openMax } = this.#limits;
    if (expression.length > expressionCharsMax) {
      throw refusal(`it is longer than ${expressionCharsMax} characters`);
    }
    if (this.#openCount >= openMax) {
      throw new RestError(tooManyRequests, `${openMax} filters run already; try again later`);
    }
    this.#openCount += 1;
    const [platform, limits] = [this.#platform, this.#limits];
    const filter = new RecordFilter(expression, { platform, limits }, () => (this.#openCount -= 1));
    try {
      await filter.compile();
      return filter;
    } catch (error) {
      await filter.close();
      throw error;
    }
  }
}

export class RecordFilter {
  readonly #worker: Worker;
  readonly #platform: Platform;
  readonly #counter: Int32Array;
  readonly #limits: FilterLimits;
  /** Time in evaluations, counted in looks: never more than it was. */
  #spentMs = 0;
  #waiting: Waiting | undefined;
  /** Came before it was asked for: `ready` right behind `loaded`. */
  #unread: FilterMessage | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #failed = 0;
  #failure: string | undefined;
  #isClosed = false;

  readonly #onClosed: () => void;

  /** Made by RecordFilters. */
  constructor(
    expression: string,
    { platform, limits }: { readonly platform: Platform; readonly limits: FilterLimits },
    onClosed: () => void,
  ) {
    this.#limits = limits;
    this.#onClosed = onClosed;
    const counter = new SharedArrayBuffer(4);
    const workerData: FilterStart = { expression, counter };
    this.#counter = new Int32Array(counter);
    this.#platform = platform;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./filter-worker.${extension}`, import.meta.url), {
      workerData,
      execArgv: [],
      env: {},
      resourceLimits: {
        maxOldGenerationSizeMb: filterLimits.heapMiB,
        maxYoungGenerationSizeMb: 16,
      },
    });
    this.#worker.on('message', (message: FilterMessage) => this.#onMessage(message));
    this.#worker.on('error', (error: Error) => {
      const isMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      const reason = isMemory ? `it needs more than ${filterLimits.heapMiB} MiB` : error.message;
      this.#fail(refusal(reason));
    });
    this.#worker.on('exit', () => this.#fail(refusal('it was ended')));
  }

  /** To be awaited before anything else. Rejects with 40004. */
  async compile(): Promise<void> {
    const { loadMs, compileMs } = filterLimits;
    let message = await this.#next(() => refusal('its thread did not start in time'), loadMs);
    if (message.kind === 'loaded') {
      message = await this.#next(() => refusal('it takes too long to compile'), compileMs);
    }
    if (message.kind === 'invalid') throw refusal(message.reason);
  }

  get failures(): FilterFailures {
    return { count: this.#failed, first: this.#failure };
  }

  /** One answer per record. Rejects with 40004 when an evaluation takes too long or too much memory. Calls are taken in turn. */
  matches(records: readonly ConsumerRecord[]): Promise<boolean[]> {
    const answers = this.#turn.then(() => this.#evaluate(records));
    this.#turn = answers.catch(() => []);
    return answers;
  }

  async #evaluate(records: readonly ConsumerRecord[]): Promise<boolean[]> {
    if (this.#isClosed) throw refusal('it was ended');
    const answers: boolean[] = [];
    for (const batch of batchesOf(records)) {
      const before = Atomics.load(this.#counter, 0);
      const late = (): RestError => {
        if (this.#isTooSlow()) {
          const { meanMs, totalMs } = this.#limits;
          return refusal(
            `it takes more than ${meanMs} ms per record, and ${totalMs} ms in total; make it simpler, or search less with from, until, key or contains`,
          );
        }
        const record = batch[Math.max(0, Atomics.load(this.#counter, 0) - before - 1)];
        const where = record ? ` for the record at ${record.partition}:${record.offset}` : '';
        return refusal(`it takes longer than ${this.#limits.evaluationMs} ms${where}`);
      };
      const answered = this.#next(late, this.#limits.evaluationMs, () => {
        this.#spentMs += lookMs;
        return this.#isTooSlow();
      });
      this.#worker.postMessage(batch.map(toFilterRecord));
      const message = await answered;
      if (message.kind !== 'answers') throw refusal('it was ended');
      answers.push(...message.matches);
      this.#failed += message.failed;
      this.#failure ??= message.failure;
    }
    return answers;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (!this.#isClosed) this.#onClosed();
    this.#isClosed = true;
    this.#fail(refusal('it was ended'));
    await this.#worker.terminate();
  }

  #isTooSlow(): boolean {
    const { totalMs, meanMs } = this.#limits;
    return this.#spentMs > totalMs && this.#spentMs > meanMs * Atomics.load(this.#counter, 0);
  }

  /** The next message; when the thread does not get on for `ms`, or a look says that it is over, it is ended and `late` is the reason. */
  #next(late: () => RestError, ms: number, isOver = () => false): Promise<FilterMessage> {
    assert(!this.#waiting, 'one-question-at-a-time');
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread) return Promise.resolve(unread);
    const { promise, resolve, reject } = Promise.withResolvers<FilterMessage>();
    let timer: Timer;
    let seen = Atomics.load(this.#counter, 0);
    let idleMs = 0;
    const look = (): void => {
      const now = Atomics.load(this.#counter, 0);
      idleMs = now === seen ? idleMs + lookMs : 0;
      seen = now;
      if (isOver() || idleMs > ms) {
        const error = late();
        void this.#worker.terminate();
        this.#fail(error);
      } else timer = this.#platform.scheduler.setTimer(lookMs, look);
    };
    timer = this.#platform.scheduler.setTimer(lookMs, look);
    this.#waiting = { resolve, reject };
    return promise.finally(() => timer.cancel());
  }

  #onMessage(message: FilterMessage): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting.resolve(message);
    else this.#unread = message;
  }

  #fail(error: RestError): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }
}

function refusal(reason: string): RestError {
  return new RestError(invalidFilter, `the filter is refused: ${reason}`);
}

function* batchesOf(records: readonly ConsumerRecord[]): Iterable<ConsumerRecord[]> {
  let batch: ConsumerRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    batch.push(record);
    bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (bytes < batchBytesMax) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/** Copies: what is posted would otherwise drag the whole fetched buffer along. */
function toFilterRecord(record: ConsumerRecord): FilterRecord {
  const own = (bytes: Buffer | null): Uint8Array | null => (bytes ? new Uint8Array(bytes) : null);
  const { offset, partition, timestamp } = record;
  return {
    key: own(record.key),
    value: own(record.value),
    headers: record.headers.map(({ key, value }) => [key, own(value)] as const),
    offset,
    partition,
    timestamp,
  };
}
