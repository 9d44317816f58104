// A broker's plain numbers as Prometheus metrics. Protects: one scrape takes one snapshot. Leaves out: rates.

import {
  type Broker,
  type BrokerMetrics,
  durationBounds,
  type RequestFigures,
} from '@drave/broker';
import { brokerMetrics } from '@drave/contracts';
import type { Registry } from 'prom-client';
import { addHistogram, addMetric, type Sample } from './declared-metrics.js';

/** For `MetricsModule.forRoot({ sources: [brokerMetricsSource(broker)] })`. */
export function brokerMetricsSource(broker: Broker): (registry: Registry) => void {
  return (registry) => {
    const snapshot = once(() => broker.metrics());
    const labels = { cluster_id: broker.clusterId, node_id: String(broker.nodeId) };
    const { info, requestDuration, ...read } = brokerMetrics;
    addMetric(registry, info, () => [{ value: 1, labels }]);
    addHistogram(registry, requestDuration, durationBounds, () =>
      perApi(snapshot(), ({ buckets, count, sumSeconds: sum }, api) => [
        { labels: { api }, buckets, count, sum },
      ]),
    );
    for (const [name, declared] of Object.entries(read)) {
      const samples = readers[name as keyof typeof read];
      addMetric(registry, declared, () => samples(snapshot()));
    }
  };
}

type Reader = (metrics: BrokerMetrics) => readonly Sample[];

const readers: Readonly<
  Record<Exclude<keyof typeof brokerMetrics, 'info' | 'requestDuration'>, Reader>
> = {
  requests: ({ requests }) => labelled('api', requests),
  requestsInFlight: (metrics) =>
    perApi(metrics, ({ inFlight: value }, api) => [{ value, labels: { api } }]),
  requestErrors: (metrics) =>
    perApi(metrics, ({ errors }, api) =>
      Object.entries(errors).map(([error, value]) => ({ value, labels: { api, error } })),
    ),
  bytesIn: ({ bytesIn }) => single(bytesIn),
  bytesOut: ({ bytesOut }) => single(bytesOut),
  recordsIn: ({ recordsIn }) => single(recordsIn),
  recordBytesIn: ({ recordBytesIn }) => single(recordBytesIn),
  recordBytesOut: ({ recordBytesOut }) => single(recordBytesOut),
  connections: ({ connections }) => single(connections),
  connectionsTotal: ({ connectionsTotal }) => single(connectionsTotal),
  connectionsRefused: ({ connectionsRefused }) => single(connectionsRefused),
  topics: ({ topics }) => single(topics),
  partitions: ({ partitions }) => single(partitions),
  parkedFetches: ({ parkedFetches }) => single(parkedFetches),
  offlinePartitions: ({ offlinePartitions }) => single(offlinePartitions),
  underReplicatedPartitions: ({ underReplicatedPartitions }) => single(underReplicatedPartitions),
  diskFree: ({ diskFreeBytes }) => single(diskFreeBytes),
  diskReserve: ({ diskReserveBytes }) => single(diskReserveBytes),
  diskShort: ({ isDiskShort }) => single(Number(isDiskShort)),
  groups: ({ groups }) => labelled('state', groups),
  rebalances: ({ rebalances }) => single(rebalances),
  groupLag: ({ groupLags }) =>
    groupLags.map(({ groupId: group, topic, records: value }) => ({
      value,
      labels: { group, topic },
    })),
  groupLagHidden: ({ groupLagsHidden }) => single(groupLagsHidden),
  logBytes: ({ logBytes }) => single(logBytes),
  corruptRanges: ({ corruptRanges }) => single(corruptRanges),
};

function single(value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ value }];
}

function labelled(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([key, value]) => ({ value, labels: { [label]: key } }));
}

function perApi<Item>(
  { requestFigures }: BrokerMetrics,
  read: (figures: RequestFigures, api: string) => Item[],
): Item[] {
  return Object.entries(requestFigures).flatMap(([api, figures]) => read(figures, api));
}

/** All that is read in one turn of the event loop sees the same value. */
function once<Value>(read: () => Value): () => Value {
  let held: { readonly value: Value } | undefined;
  return () => {
    if (!held) {
      held = { value: read() };
      queueMicrotask(() => (held = undefined));
    }
    return held.value;
  };
}
