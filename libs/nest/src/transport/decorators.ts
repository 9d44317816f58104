// Typed spellings of Nest's own decorators for this transport: `@EventPattern` and `@MessagePattern` with checked options, and handlers
// of batches. Protects: a handler declared here is registered with this transport alone, whatever other transports the app has.
// Leaves out: @Transactional, until the client has transactions.

import { EventPattern, MessagePattern } from '@nestjs/microservices';
import type { BatchOptions, HandlerOptions } from './handler-options.js';

/** Identifies this transport; another symbol per server when an application has several. */
export const DRAVE_TRANSPORT: unique symbol = Symbol('drave');

type EventOptions = Omit<HandlerOptions, 'batch'> & { readonly transport?: symbol };

/** Handles the records of a topic (or what `topics` names) one by one. */
export function EventHandler(
  pattern: string | RegExp,
  options: EventOptions = {},
): MethodDecorator {
  const { transport = DRAVE_TRANSPORT, ...extras } = options;
  return EventPattern(pattern, transport, extras);
}

/** Answers requests that arrive in a topic; an observable answers with a stream. */
export function RequestHandler(
  pattern: string | RegExp,
  options: Omit<EventOptions, 'ack'> = {},
): MethodDecorator {
  const { transport = DRAVE_TRANSPORT, ...extras } = options;
  return MessagePattern(pattern, transport, extras);
}

/** Handles arrays of values of one partition; the context is a DraveBatchContext. */
export function BatchPattern(
  pattern: string | RegExp,
  options: BatchOptions &
    Omit<EventOptions, 'ack' | 'ordering' | 'concurrency' | keyof BatchOptions> = {},
): MethodDecorator {
  const { transport = DRAVE_TRANSPORT, size, lingerMs, ...extras } = options;
  const batch = {
    ...(size === undefined ? {} : { size }),
    ...(lingerMs === undefined ? {} : { lingerMs }),
  };
  return EventPattern(pattern, transport, { ...extras, batch });
}
