// A broker's plain numbers as Prometheus metrics. Leaves out: rates and histograms; lag of groups, which `/v3/…/lags` has.

import type { Broker } from '@drave/broker';
import { brokerMetrics } from '@drave/contracts';
import type { Registry } from 'prom-client';
import { addMetric } from './declared-metrics.js';

/** For `MetricsModule.forRoot({ sources: [brokerMetricsSource(broker)] })`. */
export function brokerMetricsSource(broker: Broker): (registry: Registry) => void {
  return (registry) => {
    const { info, requests, ...plain } = brokerMetrics;
    const labels = { cluster_id: broker.clusterId, node_id: String(broker.nodeId) };
    addMetric(registry, info, () => [{ value: 1, labels }]);
    addMetric(registry, requests, () =>
      Object.entries(broker.metrics().requests).map(([api, value]) => ({ value, labels: { api } })),
    );
    for (const [name, declared] of Object.entries(plain)) {
      addMetric(registry, declared, () => [
        { value: broker.metrics()[name as keyof typeof plain] },
      ]);
    }
  };
}
