// One call of a handler, to its end. Protects: the promise settles when the handler's observable has ended, which is when its work is
// done; an observable that errors is a failure, not a success; the error is the one the handler threw, the payload what Nest's filters
// made of it; Nest's processing hooks run around it, whether or not they return a promise.

import type { MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom, of, type Observable } from 'rxjs';
import type { DraveBatchContext, DraveContext } from './drave-context.js';
import { ReplyFailure } from './reply-sender.js';

export interface CallFailure {
  readonly error: unknown;
  /** What a client is told. */
  readonly payload: unknown;
}

/** Nest's hooks around a message; `run` must be called. */
export type AroundHooks = (
  context: DraveContext | DraveBatchContext,
  run: () => Promise<void>,
) => Promise<void>;

/** Runs an event handler; undefined when it succeeded. */
export function callHandler(
  callback: MessageHandler,
  data: unknown,
  { context, around }: CallOptions,
): Promise<CallFailure | undefined> {
  return attempt({ context, around }, async () => {
    const result: unknown = await callback(data, context as never);
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  });
}

/** Runs a request handler and hands its answers to `answer`; undefined when all of it succeeded. */
export function callAndAnswer(
  callback: MessageHandler,
  data: unknown,
  options: CallOptions & { readonly answer: (answers: Observable<unknown>) => Promise<void> },
): Promise<CallFailure | undefined> {
  return attempt(options, async () => {
    const result: unknown = await callback(data, options.context as never);
    await options.answer(isObservable(result) ? result : of(result));
  });
}

export interface CallOptions {
  readonly context: DraveContext | DraveBatchContext;
  readonly around: AroundHooks;
}

async function attempt(
  { context, around }: CallOptions,
  run: () => Promise<void>,
): Promise<CallFailure | undefined> {
  context.thrown = undefined;
  try {
    await around(context, run);
    return undefined;
  } catch (thrown) {
    const payload: unknown = thrown instanceof ReplyFailure ? thrown.payload : thrown;
    const captured = context.thrown as { readonly error: unknown } | undefined;
    return { error: captured ? captured.error : payload, payload };
  }
}
