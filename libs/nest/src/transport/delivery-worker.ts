// Takes deliveries of one partition to their end: handler, attempts, retry topic, dead letter. Protects: `done` is called for a record
// only when it was handled, or its retry or dead letter is acknowledged, or dropping it was asked for; nothing is called for a record
// that was abandoned (partition lost, shutdown), so that it is delivered again. Leaves out: order and offsets (lane, tracker).

import type { ProducerRecord, Tracing } from '@drave/client';
import type { Platform } from '@drave/platform';
import type { LoggerService } from '@nestjs/common';
import { decodeValue } from './codec.js';
import { deadLetter, errorClass, errorSentence, retryRecord, type Delivery } from './delivery.js';
import { DraveBatchContext, DraveContext, type ContextControl } from './drave-context.js';
import type { DriverProducer } from './driver.js';
import { isNonRetriable } from './error-capture.js';
import { callAndAnswer, callHandler, type AroundHooks, type CallFailure } from './handler-call.js';
import { retryTopic } from './handler-options.js';
import { replyAddress, ReplySender } from './reply-sender.js';
import { delayOf, type Route } from './route.js';
import { traceAttempt, traceBatch, type NoteFailure } from './spans.js';
import { transportLimits as limits } from './transport-limits.js';

/** What the workers of a group share. */
export interface WorkerTools {
  readonly group: string;
  readonly platform: Platform;
  readonly logger: LoggerService;
  readonly around: AroundHooks;
  /** Retries and dead letters. */
  readonly producer: DriverProducer;
  readonly replies: DriverProducer;
  readonly tracing: Tracing | undefined;
  readonly count: (what: 'handled' | 'retried' | 'deadLettered' | 'skipped') => void;
}

/** What a worker knows of its partition. */
export interface WorkerPartition {
  /** Aborted when the partition goes: whoever waits gives up. */
  readonly signal: AbortSignal;
  readonly control: ContextControl;
  readonly done: (delivery: Delivery) => void;
  /** Settles when somebody resumes the partition; rejects never. */
  readonly halt: (error: unknown) => Promise<void>;
}

type Step =
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'retry-topic'; readonly delayMs: number }
  | { readonly kind: 'dead-letter'; readonly topic: string }
  | { readonly kind: 'skip' }
  | { readonly kind: 'halt' };

/** Deliveries of one route; never rejects. More than one: a batch. */
export async function work(
  tools: WorkerTools,
  partition: WorkerPartition,
  { route, deliveries }: { readonly route: Route; readonly deliveries: readonly Delivery[] },
): Promise<void> {
  try {
    if (route.options.batch) await workBatch(tools, partition, { route, deliveries });
    else for (const delivery of deliveries) await workOne(tools, partition, { route, delivery });
  } catch (error) {
    // A bug of the transport: the record stays undone, and the partition says so.
    tools.logger.error(error);
    await partition.halt(error);
  }
}

/** A delivery no handler takes goes to `<group>.dlq`: dropping it would lose it, and it must not hold what comes after it. */
export async function setAside(
  tools: WorkerTools,
  partition: WorkerPartition,
  delivery: Delivery,
): Promise<void> {
  const { group, platform, logger } = tools;
  const { topic, partition: index, offset } = delivery.record;
  const error = new TypeError(`no handler of group '${group}' takes it`);
  const to = { topic: `${group}.dlq`, group, node: topic, nowMs: platform.clock.nowMs() };
  const letter = deadLetter(delivery, { error, attempts: delivery.failedBefore }, to);
  if (!(await write(tools, partition, letter))) return;
  logger.warn(`${topic}-${index}@${offset} went to '${to.topic}': ${error.message}`);
  finish(tools, partition, delivery, 'deadLettered');
}

async function workOne(
  tools: WorkerTools,
  partition: WorkerPartition,
  { route, delivery }: { readonly route: Route; readonly delivery: Delivery },
): Promise<void> {
  let failed = delivery.failedBefore;
  while (!partition.signal.aborted) {
    const context = contextOf(partition, delivery, failed + 1);
    const failure = await traceAttempt(tools, delivery, (note) =>
      attempt(tools, { route, delivery, context, note }, partition.signal),
    );
    if (failure === 'abandoned') return;
    if (failure === undefined) {
      finish(tools, partition, delivery, 'handled');
      return;
    }
    failed++;
    const outcome = await recover(tools, partition, { route, delivery, failure, failed });
    if (outcome === 'done') return;
    if (outcome === 'halted') failed = 0;
  }
}

interface Attempt {
  readonly route: Route;
  readonly delivery: Delivery;
  readonly context: DraveContext;
  readonly note: NoteFailure;
}

/** One attempt; undefined when it succeeded. A request that failed for good has been answered and counts as success. */
async function attempt(
  tools: WorkerTools,
  what: Attempt,
  signal: AbortSignal,
): Promise<CallFailure | 'abandoned' | undefined> {
  const { route, context, note } = what;
  const address = route.isEvent ? undefined : replyAddress(context);
  const sender = address
    ? new ReplySender(address, {
        producer: tools.replies,
        codec: route.options.codec,
        context,
      })
    : undefined;
  const failure = await callRoute(tools, what, sender);
  if (!sender) {
    const verdict =
      route.options.isManual && !failure
        ? await verdictOf(context, signal)
        : decided(context, failure);
    if (verdict && verdict !== 'abandoned') note(verdict.error);
    return verdict;
  }
  if (!failure) return undefined;
  note(failure.error);
  const step = nextStep(route, failure.error, context.getAttempt());
  if (step.kind === 'again' && !sender.hasSent) return failure;
  try {
    await sender.fail(failure.payload);
  } catch (error) {
    tools.logger.warn(
      `an answer to a request in '${context.getTopic()}' was lost: ${errorSentence(error)}`,
    );
  }
  return undefined;
}

async function callRoute(
  tools: WorkerTools,
  what: Attempt,
  sender: ReplySender | undefined,
): Promise<CallFailure | undefined> {
  const { route, delivery, context } = what;
  let data: unknown;
  try {
    const decoded = decode(route, delivery);
    data = decoded instanceof Promise ? await decoded : decoded;
  } catch (error) {
    return { error, payload: error };
  }
  const options = { context, around: tools.around };
  const [first] = route.registrations;
  if (sender && first) {
    const answer = sender.stream.bind(sender);
    return callAndAnswer(first.callback, data, { ...options, answer });
  }
  if (first && route.registrations.length === 1) return callHandler(first.callback, data, options);
  const failures = await Promise.all(
    route.registrations.map(({ callback }) => callHandler(callback, data, options)),
  );
  return failures.find((failure) => failure !== undefined);
}

/** The handler's own word counts first, also when it threw afterwards. */
function decided(context: DraveContext, failure: CallFailure | undefined): CallFailure | undefined {
  const { verdict } = context;
  if (!verdict) return failure;
  return verdict.isDone ? undefined : { error: verdict.error, payload: verdict.error };
}

async function verdictOf(
  context: DraveContext,
  signal: AbortSignal,
): Promise<CallFailure | 'abandoned' | undefined> {
  const isDecided = await new Promise<boolean>((resolve) => {
    const give = (): void => resolve(false);
    signal.addEventListener('abort', give);
    void context.decided().then(() => {
      signal.removeEventListener('abort', give);
      resolve(true);
    });
  });
  return isDecided ? decided(context, undefined) : 'abandoned';
}

interface Failed {
  readonly route: Route;
  readonly delivery: Delivery;
  readonly failure: CallFailure;
  /** Attempts that failed, this one included. */
  readonly failed: number;
}

async function recover(
  tools: WorkerTools,
  partition: WorkerPartition,
  { route, delivery, failure, failed }: Failed,
): Promise<'done' | 'again' | 'halted'> {
  const { error } = failure;
  const { platform, logger, group } = tools;
  const step = nextStep(route, error, failed, delivery);
  const { topic, partition: index, offset } = delivery.origin;
  const where = `${topic}-${index}@${offset}`;
  const nowMs = platform.clock.nowMs();
  const facts = { error, attempts: failed };
  switch (step.kind) {
    case 'again':
      await sleep(platform, step.delayMs, partition.signal);
      return 'again';
    case 'retry-topic': {
      const to = { topic: retryTopic(group, step.delayMs), dueAtMs: nowMs + step.delayMs, nowMs };
      const isWritten = await write(tools, partition, retryRecord(delivery, facts, to));
      if (isWritten) finish(tools, partition, delivery, 'retried');
      return 'done';
    }
    case 'dead-letter': {
      const to = { topic: step.topic, group, node: route.pattern, nowMs };
      const isWritten = await write(tools, partition, deadLetter(delivery, facts, to));
      if (!isWritten) return 'done';
      logger.warn(
        `${where} went to '${step.topic}' after ${failed} attempts: ${errorClass(error)}: ${errorSentence(error)}`,
      );
      finish(tools, partition, delivery, 'deadLettered');
      return 'done';
    }
    case 'skip':
      logger.error(`${where} is dropped after ${failed} attempts: ${errorSentence(error)}`);
      finish(tools, partition, delivery, 'skipped');
      return 'done';
    case 'halt':
      logger.error(
        `${where} failed ${failed} times and has nowhere to go (${errorClass(error)}: ${errorSentence(error)}); its partition stands still. ` +
          `Give the handler '${route.pattern}' a deadLetter topic, or whenExhausted: 'skip'`,
      );
      await partition.halt(error);
      return 'halted';
  }
}

function finish(
  tools: WorkerTools,
  partition: WorkerPartition,
  delivery: Delivery,
  what: Parameters<WorkerTools['count']>[0],
): void {
  tools.count(what);
  partition.done(delivery);
}

/** What follows after `failed` attempts. */
function nextStep({ options }: Route, error: unknown, failed: number, delivery?: Delivery): Step {
  const { retry, nonRetriable, whenExhausted, deadLetter: letters } = options;
  if (failed < retry.attempts && !isNonRetriable(error, nonRetriable)) {
    const delayMs = delayOf(retry, failed);
    return { kind: retry.through === 'topics' ? 'retry-topic' : 'again', delayMs };
  }
  if (letters === false) return { kind: whenExhausted };
  const topic = letters === true ? `${delivery?.origin.topic ?? ''}.dlq` : letters;
  return { kind: 'dead-letter', topic };
}

async function workBatch(
  tools: WorkerTools,
  partition: WorkerPartition,
  { route, deliveries }: { readonly route: Route; readonly deliveries: readonly Delivery[] },
): Promise<void> {
  const { readable, unreadable } = await decodeAll(route, deliveries);
  if (readable.length > 0) await callBatch(tools, partition, { route, readable });
  for (const { delivery, failure } of unreadable) {
    await settle(tools, partition, { route, delivery, failure, failed: delivery.failedBefore + 1 });
  }
}

interface Readable {
  readonly delivery: Delivery;
  readonly value: unknown;
}

async function callBatch(
  tools: WorkerTools,
  partition: WorkerPartition,
  { route, readable }: { readonly route: Route; readonly readable: readonly Readable[] },
): Promise<void> {
  const contexts: DraveContext[] = [];
  const completeAcked = (): void => {
    contexts.forEach((context, index) => {
      const delivery = readable[index]?.delivery;
      if (delivery && context.verdict?.isDone) partition.done(delivery);
    });
  };
  const control: ContextControl = {
    ...partition.control,
    commit: () => {
      completeAcked();
      return partition.control.commit();
    },
  };
  for (const { delivery } of readable) {
    contexts.push(new DraveContext(delivery, control, delivery.failedBefore + 1));
  }
  const context = new DraveBatchContext(contexts, control);
  const data = readable.map(({ value }) => value);
  const deliveries = readable.map(({ delivery }) => delivery);
  const failure = await traceBatch(tools, deliveries, async (note) => {
    const calls = route.registrations.map(({ callback }) =>
      callHandler(callback, data, { context, around: tools.around }),
    );
    const failed = (await Promise.all(calls)).find((one) => one !== undefined);
    if (failed) note(failed.error);
    return failed;
  });
  const openCount = contexts.filter(({ verdict }) => verdict === undefined).length;
  // One bad record must not take the others along: when retrying is pointless, each is tried alone.
  const isSplit =
    failure !== undefined &&
    openCount > 1 &&
    isNonRetriable(failure.error, route.options.nonRetriable);
  for (const [index, one] of readable.entries()) {
    const record = contexts[index];
    if (!record || partition.signal.aborted) return;
    const isOpen = record.verdict === undefined;
    if (isOpen && isSplit) {
      await callBatch(tools, partition, { route, readable: [one] });
      continue;
    }
    const { delivery } = one;
    const own = isOpen ? failure : decided(record, undefined);
    if (!own) finish(tools, partition, delivery, 'handled');
    else {
      const failed = record.getAttempt();
      await settle(tools, partition, { route, delivery, failure: own, failed });
    }
  }
}

/** Brings a record that failed in a batch to its end: in place alone, or in its retry topic, or among the dead letters. */
async function settle(
  tools: WorkerTools,
  partition: WorkerPartition,
  failed: Failed,
): Promise<void> {
  const outcome = await recover(tools, partition, failed);
  if (outcome === 'done' || partition.signal.aborted) return;
  const { route, delivery } = failed;
  const failedBefore = outcome === 'halted' ? 0 : failed.failed;
  await workBatch(tools, partition, { route, deliveries: [{ ...delivery, failedBefore }] });
}

async function decodeAll(
  route: Route,
  deliveries: readonly Delivery[],
): Promise<{
  readonly readable: readonly Readable[];
  readonly unreadable: readonly { readonly delivery: Delivery; readonly failure: CallFailure }[];
}> {
  const readable: Readable[] = [];
  const unreadable: { delivery: Delivery; failure: CallFailure }[] = [];
  for (const delivery of deliveries) {
    try {
      readable.push({ delivery, value: await decode(route, delivery) });
    } catch (error) {
      unreadable.push({ delivery, failure: { error, payload: error } });
    }
  }
  return { readable, unreadable };
}

function decode({ options }: Route, { record, origin, headers }: Delivery): unknown {
  return decodeValue(options.codec, record.value, {
    topic: origin.topic,
    part: 'value',
    header: (name) => headers.find(({ key }) => key === name)?.value ?? undefined,
  });
}

function contextOf(partition: WorkerPartition, delivery: Delivery, attempt: number): DraveContext {
  const control: ContextControl = {
    ...partition.control,
    commit: () => {
      if (context.verdict?.isDone) partition.done(delivery);
      return partition.control.commit();
    },
  };
  const context = new DraveContext(delivery, control, attempt);
  return context;
}

/** Until it is acknowledged; false when the partition went meanwhile. */
async function write(
  { producer, platform, logger }: WorkerTools,
  { signal }: WorkerPartition,
  record: ProducerRecord,
): Promise<boolean> {
  for (let failures = 0; ; failures++) {
    try {
      await producer.send(record);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      logger.error(`cannot write to '${record.topic}', trying again: ${errorSentence(error)}`);
      const backoffMs = limits.writeBackoffMs * 2 ** Math.min(failures, 20);
      await sleep(platform, Math.min(backoffMs, limits.writeBackoffMsMax), signal);
      if (signal.aborted) return false;
    }
  }
}

/** Settles after `delayMs` or when the signal is aborted. */
export function sleep(platform: Platform, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = platform.scheduler.setTimer(delayMs, end);
    signal.addEventListener('abort', end);
  });
}
