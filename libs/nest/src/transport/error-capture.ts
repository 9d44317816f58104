// Lets the transport see the error a handler threw, not only what Nest's filters made of it: without a filter of the user's, anything
// but an RpcException arrives as "Internal server error", and no class would be left to decide by. BaseRpcExceptionFilter.catch is the
// one place all of them pass; it is wrapped once per process, and only contexts of this transport notice. Works in Nest 11 and 12.
// Leaves out: a user's filter that answers by itself: then what it answers with decides.

import { HttpException, type ArgumentsHost } from '@nestjs/common';
import { BaseRpcExceptionFilter, RpcException } from '@nestjs/microservices';
import { PayloadError } from './codec.js';
import { DraveBatchContext, DraveContext } from './drave-context.js';
import type { ErrorClass } from './handler-options.js';

/** Thrown by a handler: do not try again. As a reply it looks like any RpcException. */
export class NonRetriableError extends RpcException {}

const marker = Symbol.for('drave.error-capture');

/** Idempotent. */
export function captureErrors(): void {
  const prototype = BaseRpcExceptionFilter.prototype;
  if (Reflect.has(prototype, marker)) return;
  Reflect.set(prototype, marker, true);
  const original = Reflect.get(prototype, 'catch');
  prototype.catch = function capture(
    this: BaseRpcExceptionFilter,
    error: unknown,
    host: ArgumentsHost,
  ) {
    for (const part of host.getArgs<unknown[]>()) {
      if (part instanceof DraveContext || part instanceof DraveBatchContext) {
        part.thrown ??= { error };
      }
    }
    return original.call(this, error as never, host);
  };
}

/** Whether trying again is pointless. */
export function isNonRetriable(error: unknown, classes: readonly ErrorClass[]): boolean {
  if (error instanceof PayloadError || error instanceof NonRetriableError) return true;
  if (error instanceof HttpException) {
    const status = error.getStatus();
    const isTemporary = status === 408 || status === 425 || status === 429;
    if (status >= 400 && status < 500 && !isTemporary) return true;
  }
  return classes.some((one) => error instanceof one);
}
