// Health of a server's consumers, from their live status: no client is opened for a check. Leaves out: the cluster itself
// (`clusterIndicator`).

import type { HealthIndicator, HealthState } from '../health/health-indicator.js';
import type { DraveServer } from './drave-server.js';
import type { ConsumerStatus } from './group-consumer.js';
import { transportLimits as limits } from './transport-limits.js';

export interface TransportIndicatorOptions {
  /** More records behind than this is down; default: no limit. */
  readonly lagMax?: number;
  /** Milliseconds, default 30,000. */
  readonly pollAgeMsMax?: number;
  /** A handler that runs longer is stuck; milliseconds, default 300,000. */
  readonly handlerMsMax?: number;
}

/** Down while a consumer does not run, does not poll, stands still at a record, has a stuck handler or lags too far behind. */
export function transportIndicator(
  server: DraveServer,
  options: TransportIndicatorOptions = {},
): HealthIndicator {
  return {
    name: 'transport',
    check(): Promise<HealthState> {
      const consumers = server.consumers();
      const reasons = consumers.flatMap((consumer) =>
        reasonsOf(consumer, options).map((reason) => `group '${consumer.group}' ${reason}`),
      );
      const facts = { consumers: consumers.map(factsOf) };
      if (reasons.length === 0) return Promise.resolve({ status: 'up', ...facts });
      return Promise.resolve({ status: 'down', reason: reasons.slice(0, 5).join('; '), ...facts });
    },
  };
}

function reasonsOf(consumer: ConsumerStatus, options: TransportIndicatorOptions): string[] {
  const { state, failure, halted, lag, lastPollAgeMs, longestHandlerMs } = consumer;
  const pollAgeMsMax = options.pollAgeMsMax ?? limits.pollAgeMs;
  const handlerMsMax = options.handlerMsMax ?? limits.stuckMs;
  const reasons: string[] = [];
  if (state !== 'running') reasons.push(`is ${state}${failure ? ` (${failure})` : ''}`);
  else if (lastPollAgeMs > pollAgeMsMax) {
    reasons.push(`has not polled for ${Math.round(lastPollAgeMs)} ms`);
  }
  for (const { topic, partition, reason } of halted) {
    reasons.push(`stands still at ${topic}-${partition} (${reason})`);
  }
  if (longestHandlerMs > handlerMsMax) {
    reasons.push(`has a handler that runs for ${Math.round(longestHandlerMs)} ms`);
  }
  if (options.lagMax !== undefined && lag !== undefined && lag > options.lagMax) {
    reasons.push(`is ${lag} records behind`);
  }
  return reasons;
}

function factsOf(consumer: ConsumerStatus): object {
  const { group, state, lag, lastPollAgeMs, paused, halted, partitions, inFlight } = consumer;
  return {
    group,
    state,
    lag: lag ?? null,
    lastPollAgeMs: Math.round(lastPollAgeMs),
    partitions: partitions.length,
    pausedPartitions: paused.map(({ topic, partition }) => `${topic}-${partition}`),
    haltedPartitions: halted.map(({ topic, partition }) => `${topic}-${partition}`),
    inFlight,
  };
}
