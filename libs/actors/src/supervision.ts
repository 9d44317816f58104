// What happens to an actor whose handler failed: data, chosen at spawn time and applied by its cell.
// Protects: restarts are bounded in a time window, wait longer each time, and never all at once (jitter).
// A failed assertion is a bug that leaves state in doubt, so `resume` restarts after one.

import { assert, AssertionFailed, BoundedQueue, type Random } from '@drave/platform';

export interface RestartOptions {
  /** Restarts allowed within `withinMs`; default 10. The next failure is `onExhausted`. */
  readonly maxRestarts?: number;
  /** The sliding window, default 60,000 ms. */
  readonly withinMs?: number;
  /**
   * The n-th restart in the window waits `minMs × 2^(n-1)`, at most `maxMs`, varied by ± `jitter` (0 … 1).
   * Default 100 … 10,000 ms, jitter 0.2. `minMs` 0 restarts at once.
   */
  readonly backoff?: { readonly minMs: number; readonly maxMs: number; readonly jitter?: number };
  /** Default 'escalate'. */
  readonly onExhausted?: 'stop' | 'escalate';
}

export interface RestartSupervision {
  readonly kind: 'restart';
  readonly maxRestarts: number;
  readonly withinMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly jitter: number;
  readonly onExhausted: 'stop' | 'escalate';
}

export type Directive =
  | { readonly kind: 'resume' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'escalate' }
  | RestartSupervision;

export type Supervision =
  Directive | { readonly kind: 'by-error'; readonly choose: (error: Error) => Directive };

/** The strategies. `supervise.restart()` is the default of every actor. */
export const supervise = {
  /** Drops the failing message and goes on with the same state. */
  resume: (): Directive => ({ kind: 'resume' }),
  /** Drops the failing message and starts a new instance; mailbox and stash stay, children stop. */
  restart: (options: RestartOptions = {}): RestartSupervision => restartSupervision(options),
  /** Stops the actor; its watchers hear the error. */
  stop: (): Directive => ({ kind: 'stop' }),
  /** Stops the actor and fails its parent, whose own strategy decides next. */
  escalate: (): Directive => ({ kind: 'escalate' }),
  /** Chooses by the error. Restarts share one window per actor. */
  byError: (choose: (error: Error) => Directive): Supervision => ({ kind: 'by-error', choose }),
} as const;

function restartSupervision(options: RestartOptions): RestartSupervision {
  const { minMs, maxMs, jitter } = options.backoff ?? { minMs: 100, maxMs: 10_000 };
  const result: RestartSupervision = {
    kind: 'restart',
    maxRestarts: options.maxRestarts ?? 10,
    withinMs: options.withinMs ?? 60_000,
    minMs,
    maxMs,
    jitter: jitter ?? 0.2,
    onExhausted: options.onExhausted ?? 'escalate',
  };
  const isCountValid = Number.isSafeInteger(result.maxRestarts) && result.maxRestarts >= 0;
  const isBackoffValid = minMs >= 0 && maxMs >= minMs && result.jitter >= 0 && result.jitter <= 1;
  assert(isCountValid && result.withinMs > 0 && isBackoffValid, 'restart-options', { ...result });
  return result;
}

/** The directive for this failure. */
export function decide(supervision: Supervision, error: Error): Directive {
  const directive = supervision.kind === 'by-error' ? supervision.choose(error) : supervision;
  if (directive.kind === 'resume' && error instanceof AssertionFailed) return supervise.restart();
  return directive;
}

/** Restarts of one actor within the sliding window. */
export class RestartBudget {
  #restartsAtMs: BoundedQueue<number> | undefined;

  /** Counts one more restart; milliseconds to wait before it, undefined when the budget is spent. */
  take(rule: RestartSupervision, nowMs: number, random: Random): number | undefined {
    if (rule.maxRestarts === 0) return undefined;
    let recent = this.#restartsAtMs;
    if (recent?.capacity !== rule.maxRestarts) recent = resized(recent, rule.maxRestarts);
    this.#restartsAtMs = recent;
    for (let first = recent.peek(); first !== undefined; first = recent.peek()) {
      if (nowMs - first < rule.withinMs) break;
      recent.shift();
    }
    if (!recent.push(nowMs)) return undefined;
    const delayMs = Math.min(rule.maxMs, rule.minMs * 2 ** Math.min(recent.length - 1, 30));
    return delayMs * (1 + rule.jitter * (2 * random.nextFloat() - 1));
  }
}

function resized(old: BoundedQueue<number> | undefined, capacity: number): BoundedQueue<number> {
  const result = new BoundedQueue<number>(capacity);
  for (const atMs of old ?? []) {
    if (result.isFull) result.shift();
    result.push(atMs);
  }
  return result;
}
