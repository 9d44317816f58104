// Metrics of what apps plug in by functions: the store of the cluster, background jobs. Leaves out: what those are.

import { jobMetrics, storeMetrics } from '@drave/contracts';
import type { Registry } from 'prom-client';
import { addMetric } from './declared-metrics.js';

/** For `MetricsModule.forRoot`: whether the store of the cluster answers. */
export function storeMetricsSource(isConnected: () => boolean): (registry: Registry) => void {
  return (registry) =>
    addMetric(registry, storeMetrics.connected, () => [{ value: Number(isConnected()) }]);
}

/**
 * For `MetricsModule.forRoot`: how many jobs there are in each state, as counted after the scrape before, so that a queue that does
 * not answer holds up no scrape.
 */
export function jobMetricsSource(
  count: () => Promise<Readonly<Record<string, number>>>,
): (registry: Registry) => void {
  let known: Readonly<Record<string, number>> = {};
  let isAsking = false;
  const ask = (): void => {
    if (isAsking) return;
    isAsking = true;
    const settle = (counts: Readonly<Record<string, number>>): void => {
      known = counts;
      isAsking = false;
    };
    count().then(settle, () => settle({}));
  };
  return (registry) =>
    addMetric(registry, jobMetrics.jobs, () => {
      ask();
      return Object.entries(known).map(([state, value]) => ({ value, labels: { state } }));
    });
}
