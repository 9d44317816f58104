// Retrying of whole API calls: exponential backoff with jitter until the call's own deadline.
// Protects: a retriable error never becomes an endless or a tight loop. Leaves out: the producer's batches, which keep
// their own order (sender), and the group member, which is a machine.

import { KafkaError } from '@drave/contracts';
import type { Platform } from '@drave/platform';

import { clientLimits } from './limits.js';

export interface RetryContext {
  readonly platform: Platform;
  /** From the first attempt on, milliseconds. */
  readonly timeoutMs: number;
  /** Asked before each further attempt; true ends the retrying with the last error. */
  readonly isClosed?: () => boolean;
}

/** Pause before attempt `attempt` (1 = first retry): 50 ms doubling to 1 s, ±20 %. */
export function backoffMs(platform: Platform, attempt: number): number {
  const base = Math.min(
    clientLimits.retryBackoffMs * 2 ** Math.min(attempt - 1, 20),
    clientLimits.retryBackoffMsMax,
  );
  return base * (0.8 + platform.random.nextFloat() * 0.4);
}

/**
 * Runs `attempt` until it resolves, fails with an error that is not retriable, or the time is up; then rejects with the
 * last error.
 */
export async function retrying<T>(
  context: RetryContext,
  attempt: (attemptNumber: number) => Promise<T>,
): Promise<T> {
  const { platform } = context;
  const deadlineMs = platform.clock.monotonicMs() + context.timeoutMs;
  for (let number = 1; ; number++) {
    try {
      return await attempt(number);
    } catch (error) {
      if (!isRetriable(error) || context.isClosed?.()) throw error;
      const pauseMs = backoffMs(platform, number);
      if (platform.clock.monotonicMs() + pauseMs >= deadlineMs) throw error;
      await platform.scheduler.sleep(pauseMs);
      if (context.isClosed?.()) throw error;
    }
  }
}

export function isRetriable(error: unknown): boolean {
  return error instanceof KafkaError && error.retriable;
}
