// What a handler asks of the transport, checked once when the server starts. Protects: contradictions (several records at once, yet in
// partition order; a retry topic without a legal name) are refused with the remedy before anything is consumed.

import { isLegalTopicName } from '@drave/contracts';
import type { Codec } from './codec.js';
import { transportLimits as limits } from './transport-limits.js';

/** A class of errors, for `instanceof`. */
export type ErrorClass = abstract new (...parts: never[]) => unknown;

export interface RetryOptions {
  /** Attempts in all, the first included; 1 … 100, default 3. */
  readonly attempts?: number;
  /** Milliseconds before the second, third … attempt; the last one repeats. At most 10 different ones. */
  readonly delaysMs?: readonly number[];
  /**
   * `topics` (default): a failed record waits in a retry topic of its group, one per delay, while its partition goes on; records of
   * one key may overtake each other. `inPlace`: it waits where it is and holds its partition, or with ordering `key` only its key.
   */
  readonly through?: 'topics' | 'inPlace';
}

export interface BatchOptions {
  /** Records at most; 1 … 10,000, default 100. */
  readonly size?: number;
  /** How long to wait for a full batch; milliseconds, default 20. */
  readonly lingerMs?: number;
}

/** The third argument of Nest's `@EventPattern` and `@MessagePattern` takes it, and so do the decorators of this transport. */
export interface HandlerOptions {
  /** Consumer group; default: the server's. Handlers of one group share one consumer. */
  readonly group?: string;
  /** What to consume; default: the pattern. A RegExp takes every topic it matches, also future ones. */
  readonly topics?: string | RegExp | readonly (string | RegExp)[];
  /** Which order is kept; default `partition`. `key`: records of one key one after the other, those without a key in any order. */
  readonly ordering?: 'partition' | 'key' | 'none';
  /** Records of one partition handled at once; 1 … 1,000; default 1, with ordering `key` or `none` 16. */
  readonly concurrency?: number;
  /** Hand over arrays of records. Not for request handlers. */
  readonly batch?: BatchOptions | boolean;
  /** `manual`: a record is done when the handler calls `context.ack()`, however much later. Default `auto`. */
  readonly ack?: 'auto' | 'manual';
  /** Default: 3 attempts in place. `false`: one attempt. Requests are answered with the error instead, unless set. */
  readonly retry?: RetryOptions | false;
  /** Where records go that fail for good; `true` means `<topic>.dlq`. */
  readonly deadLetter?: boolean | string;
  /** Errors that no retry mends, besides PayloadError, NonRetriableError and HTTP exceptions with status 4xx. */
  readonly nonRetriable?: readonly ErrorClass[];
  /** Without `deadLetter`: `halt` (default) stops the partition at the record and says so in log and health; `skip` drops it. */
  readonly whenExhausted?: 'halt' | 'skip';
  /** Default: the server's. */
  readonly codec?: Codec;
}

/** Options of one handler with every default filled in. */
export interface ResolvedOptions {
  readonly group: string;
  readonly topics: readonly (string | RegExp)[];
  readonly ordering: 'partition' | 'key' | 'none';
  readonly concurrency: number;
  readonly batch: Required<BatchOptions> | undefined;
  readonly isManual: boolean;
  readonly retry: {
    readonly attempts: number;
    readonly delaysMs: readonly number[];
    readonly through: 'topics' | 'inPlace';
  };
  readonly deadLetter: boolean | string;
  readonly nonRetriable: readonly ErrorClass[];
  readonly whenExhausted: 'halt' | 'skip';
  readonly codec: Codec;
}

/** Fills in defaults. Throws TypeError that names the handler. */
export function resolveOptions(
  handler: { readonly pattern: string | RegExp; readonly isEvent: boolean },
  options: HandlerOptions,
  defaults: HandlerOptions & { readonly group: string; readonly codec: Codec },
): ResolvedOptions {
  const fail = (problem: string): never => {
    throw new TypeError(`handler '${String(handler.pattern)}': ${problem}`);
  };
  const merged = { ...defaults, ...definedOf(options) };
  const ordering = merged.ordering ?? 'partition';
  const batch = batchOf(merged.batch, fail);
  const concurrency = merged.concurrency ?? (ordering === 'partition' || batch ? 1 : 16);
  checkRange(fail, 'concurrency', concurrency, 1, limits.concurrencyMax);
  if (concurrency > 1 && ordering === 'partition') {
    fail(`concurrency ${concurrency} cannot keep the order of a partition; set ordering to 'key'`);
  }
  if (batch && ordering !== 'partition') fail(`a batch handler has ordering 'partition'`);
  if (batch && !handler.isEvent) fail('a request handler takes single requests, not batches');
  const isManual = merged.ack === 'manual';
  if (batch && isManual) fail('a batch handler resolves records by its context; leave ack out');
  if (isManual && !handler.isEvent) fail('a request is done when it is answered; leave ack out');
  if (merged.group === '') fail('its group is empty');
  const retry = retryOf(merged.retry, handler.isEvent, fail);
  return Object.freeze({
    group: merged.group,
    topics: topicsOf(merged.topics ?? handler.pattern, fail),
    ordering,
    concurrency,
    batch,
    isManual,
    retry,
    deadLetter: deadLetterOf(merged.deadLetter, fail),
    nonRetriable: merged.nonRetriable ?? [],
    whenExhausted: merged.whenExhausted ?? (handler.isEvent ? 'halt' : 'skip'),
    codec: merged.codec,
  });
}

/** Names the topic in which records of `group` wait `delayMs` for their next attempt. */
export function retryTopic(group: string, delayMs: number): string {
  return `${group}.retry.${delayMs}ms`;
}

type Fail = (problem: string) => never;

function definedOf<Options extends object>(options: Options): Options {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Options;
}

function batchOf(batch: HandlerOptions['batch'], fail: Fail): Required<BatchOptions> | undefined {
  if (!batch) return undefined;
  const options = batch === true ? {} : batch;
  const size = options.size ?? limits.batchRecords;
  const lingerMs = options.lingerMs ?? limits.batchLingerMs;
  checkRange(fail, 'batch.size', size, 1, limits.batchRecordsMax);
  checkRange(fail, 'batch.lingerMs', lingerMs, 0, 60_000);
  return { size, lingerMs };
}

function retryOf(
  given: HandlerOptions['retry'],
  isEvent: boolean,
  fail: Fail,
): ResolvedOptions['retry'] {
  const none = { attempts: 1, delaysMs: [], through: 'inPlace' } as const;
  if (given === false || (given === undefined && !isEvent)) return none;
  const through = given ? (given.through ?? (isEvent ? 'topics' : 'inPlace')) : 'inPlace';
  if (through === 'topics' && !isEvent) {
    fail('a request cannot wait in a retry topic; retry it inPlace or let the client ask again');
  }
  const usual = through === 'topics' ? limits.topicDelaysMs : limits.inPlaceDelaysMs;
  const delaysMs = given?.delaysMs ?? usual;
  if (delaysMs.length === 0) fail('retry.delaysMs is empty; give at least one delay');
  for (const delayMs of delaysMs) checkRange(fail, 'retry.delaysMs', delayMs, 0, 86_400_000);
  if (new Set(delaysMs).size > limits.delaysMax) {
    fail(`retry.delaysMs has more than ${limits.delaysMax} different delays, one topic each`);
  }
  const attempts = given?.attempts ?? limits.attempts;
  checkRange(fail, 'retry.attempts', attempts, 1, limits.attemptsMax);
  return { attempts, delaysMs, through };
}

function deadLetterOf(given: boolean | string | undefined, fail: Fail): boolean | string {
  if (typeof given === 'string' && !isLegalTopicName(given)) {
    fail(`deadLetter '${given}' is no legal topic name`);
  }
  return given ?? false;
}

function topicsOf(
  given: NonNullable<HandlerOptions['topics']>,
  fail: Fail,
): readonly (string | RegExp)[] {
  const topics = typeof given === 'string' || given instanceof RegExp ? [given] : [...given];
  if (topics.length === 0) fail('it has no topics');
  for (const topic of topics) {
    if (topic instanceof RegExp) {
      if (topic.global || topic.sticky) fail(`${String(topic)}: leave out the flags g and y`);
    } else if (!isLegalTopicName(topic)) {
      fail(`'${topic}' is no topic name; name the topics: { topics: 'orders' }`);
    }
  }
  return topics;
}

function checkRange(fail: Fail, name: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  fail(`${name} is ${value}, it must be a whole number from ${min} to ${max}`);
}
