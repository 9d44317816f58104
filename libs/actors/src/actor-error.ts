// What goes wrong around actors, each with a code. Errors of user code pass through supervision unchanged.

export type ActorErrorCode =
  | 'ERR_ACTOR_ASK_TIMEOUT'
  | 'ERR_ACTOR_MAILBOX_FULL'
  | 'ERR_ACTOR_STOPPED'
  | 'ERR_ACTOR_CHILD_FAILED'
  | 'ERR_ACTOR_UNHANDLED_TERMINATION'
  | 'ERR_ACTOR_NAME'
  | 'ERR_ACTOR_SHUTDOWN_TIMEOUT'
  | 'ERR_ACTOR_MISUSE';

export class ActorError extends Error {
  readonly code: ActorErrorCode;

  constructor(code: ActorErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'ActorError';
    this.code = code;
  }
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`not an Error was thrown: ${String(thrown)}`);
}
