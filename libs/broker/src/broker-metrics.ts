// A snapshot of what a broker counts and keeps, made when somebody asks. Protects: the number of groups' lags has a bound, so that
// `/metrics` stays small whatever clients name their groups. Costs time with the number of partitions and committed offsets.

import { limits } from '@drave/contracts';
import type { GroupSummary } from '@drave/coordinator';
import type { BrokerContext } from './broker-context.js';
import type { BrokerMetrics, CorruptPartitionRange, GroupLag } from './broker-counters.js';

export function metricsOf(context: BrokerContext): BrokerMetrics {
  const { counters, metadata, replicas, purgatory, apis, logs, coordinator } = context;
  const figures = apis.flatMap(({ name, apiKey }) => {
    const found = counters.requests.figures(apiKey);
    return found ? [[name, found] as const] : [];
  });
  return {
    requests: Object.fromEntries(
      apis.map(({ name, apiKey }) => [name, counters.requestsByKey.get(apiKey) ?? 0]),
    ),
    requestFigures: Object.fromEntries(figures),
    bytesIn: counters.bytesIn,
    bytesOut: counters.bytesOut,
    recordsIn: counters.recordsIn,
    recordBytesIn: counters.recordBytesIn,
    recordBytesOut: counters.recordBytesOut,
    connections: counters.connections,
    connectionsTotal: counters.connectionsTotal,
    connectionsRefused: counters.connectionsRefused,
    topics: metadata.image.topicCount,
    partitions: replicas.partitionCount,
    parkedFetches: purgatory.parkedCount,
    isDiskShort: logs.isShortOfSpace,
    diskFreeBytes: logs.diskSpace.freeBytes,
    diskReserveBytes: logs.diskSpace.reserveBytes,
    rebalances: coordinator.rebalanceCount,
    ...partitionFigures(context),
    ...groupFigures(coordinator.groupSummaries(), context),
  };
}

function partitionFigures({ replicas }: BrokerContext) {
  let logBytes = 0;
  let offlinePartitions = 0;
  let underReplicatedPartitions = 0;
  const corruptOffsets: CorruptPartitionRange[] = [];
  for (const partition of replicas.partitions()) {
    const { log, failure, inSyncReplicaCount } = partition;
    logBytes += log.sizeBytes;
    if (failure) offlinePartitions++;
    if (inSyncReplicaCount < partition.replicas.length) underReplicatedPartitions++;
    for (const { fromOffset, toOffset } of log.corruptRanges) {
      corruptOffsets.push({ ...log.topicPartition, fromOffset, toOffset });
    }
  }
  return {
    logBytes,
    offlinePartitions,
    underReplicatedPartitions,
    corruptRanges: corruptOffsets.length,
    corruptOffsets,
  };
}

function groupFigures(groups: readonly GroupSummary[], { replicas }: BrokerContext) {
  const states: Record<string, number> = {};
  const lags: GroupLag[] = [];
  for (const { groupId, state, offsets } of groups) {
    states[state] = (states[state] ?? 0) + 1;
    const byTopic = new Map<string, number>();
    for (const { topic, partition, offset } of offsets) {
      const end = replicas.partition(topic, partition)?.highWatermark ?? offset;
      byTopic.set(topic, (byTopic.get(topic) ?? 0) + Math.max(0, end - offset));
    }
    for (const [topic, records] of byTopic) lags.push({ groupId, topic, records });
  }
  lags.sort((a, b) => b.records - a.records);
  const groupLags = lags.slice(0, limits.groupLagsMax);
  return { groups: states, groupLags, groupLagsHidden: lags.length - groupLags.length };
}
