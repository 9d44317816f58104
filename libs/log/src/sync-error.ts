// The error of a sync. Protects: what a sync did not make durable is never taken for durable because a second one succeeds; no code of it
// says that another attempt is worth it. Leaves out: the syncs of segments (log-writer.ts), of which the first failure ends all.

import { errorCode } from '@drave/platform';

/** A sync that failed, whatever the reason: never repeated. */
export class SyncError extends Error {
  readonly code = 'EIO';

  constructor(path: string, cause: unknown) {
    super(`cannot sync ${path} (${errorCode(cause) ?? String(cause)})`, { cause });
    this.name = 'SyncError';
  }
}
