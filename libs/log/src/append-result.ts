// What an append needs to know beside its bytes, and what it answers. Leaves out: doing it (partition-log.ts).

import type { AppendOrigin } from './batch-validator.js';

export interface AppendOptions {
  readonly leaderEpoch: number;
  /** Wall clock, milliseconds. */
  readonly nowMs: number;
  readonly origin: AppendOrigin;
}

export interface AppendResult {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** -1 unless the topic's timestamps are append times. */
  readonly logAppendTimeMs: number;
  /** The batch was there already; the offsets are the first one's. */
  readonly duplicate: boolean;
  /** Settles when the batch can be read and is as durable as the flush mode promises; rejects with KAFKA_STORAGE_ERROR. */
  readonly written: Promise<void>;
}
