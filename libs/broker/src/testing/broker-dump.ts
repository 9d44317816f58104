// What a test broker looks like at one moment, to attach to a failure: as an object, and as text. Leaves out: the records themselves.

import { isInternalTopic } from '@drave/contracts';
import type { BrokerContext } from '../broker-context.js';
import type { Interceptions, RequestTrace } from './interception.js';

export interface DumpedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly logEndOffset: number;
  readonly isPaused: boolean;
}

export interface DumpedGroup {
  readonly groupId: string;
  readonly state: string;
  readonly generation: number;
  readonly members: readonly string[];
  /** `topic-partition committed/high watermark`. */
  readonly offsets: readonly string[];
}

export class BrokerDump {
  readonly brokers: readonly { readonly nodeId: number; readonly port: number }[];
  readonly nowMs: number;
  readonly connections: number;
  /** Internal topics too. */
  readonly partitions: readonly DumpedPartition[];
  readonly groups: readonly DumpedGroup[];
  readonly interceptors: number;
  /** What interceptors threw by mistake. */
  readonly interceptorFaults: readonly string[];
  /** The last 100, oldest first. */
  readonly requests: readonly RequestTrace[];

  constructor(
    context: BrokerContext,
    {
      brokers,
      interceptions,
      isPaused,
    }: {
      readonly brokers: BrokerDump['brokers'];
      readonly interceptions: Interceptions;
      readonly isPaused: (topic: string, partition: number) => boolean;
    },
  ) {
    this.brokers = brokers;
    this.nowMs = context.clock.nowMs();
    this.connections = context.counters.connections;
    this.partitions = Array.from(context.replicas.partitions(), (partition) => ({
      ...partition.topicPartition,
      leader: partition.leader,
      leaderEpoch: partition.leaderEpoch,
      logStartOffset: partition.logStartOffset,
      highWatermark: partition.highWatermark,
      logEndOffset: partition.logEndOffset,
      isPaused: isPaused(partition.topicPartition.topic, partition.topicPartition.partition),
    }));
    this.groups = dumpGroups(context);
    this.interceptors = interceptions.count;
    this.interceptorFaults = interceptions.faults.map(String);
    this.requests = [...interceptions.traces];
  }

  /** For people: one line per broker, partition with records, group, member and request. */
  toString(): string {
    const lines = [`test broker at ${new Date(this.nowMs).toISOString()}`];
    for (const { nodeId, port } of this.brokers) lines.push(`broker ${nodeId} 127.0.0.1:${port}`);
    lines.push(`${this.connections} connections, ${this.interceptors} interceptors`);
    for (const fault of this.interceptorFaults) lines.push(`interceptor failed: ${fault}`);
    for (const partition of this.partitions) {
      if (isInternalTopic(partition.topic) && partition.logEndOffset === 0) continue;
      lines.push(describePartition(partition));
    }
    for (const { groupId, state, generation, members, offsets } of this.groups) {
      lines.push(`group ${groupId}: ${state}, generation ${generation}`);
      for (const member of members) lines.push(`  member ${member}`);
      for (const offset of offsets) lines.push(`  committed ${offset}`);
    }
    lines.push(`last ${this.requests.length} requests:`);
    for (const { nodeId, api, version, clientId, outcome } of this.requests) {
      const end = outcome === undefined ? '' : ` → ${outcome}`;
      lines.push(`  ${clientId} → ${nodeId}: ${api} v${version}${end}`);
    }
    return lines.join('\n');
  }
}

function describePartition(partition: DumpedPartition): string {
  const { topic, leader, leaderEpoch, logStartOffset, highWatermark, logEndOffset } = partition;
  const pending = highWatermark === logEndOffset ? '' : `, log end ${logEndOffset}`;
  const paused = partition.isPaused ? ', paused' : '';
  return `${topic}-${partition.partition}: offsets ${logStartOffset} to ${highWatermark}${pending}, leader ${leader} epoch ${leaderEpoch}${paused}`;
}

function dumpGroups({ coordinator, replicas }: BrokerContext): DumpedGroup[] {
  return coordinator.groupSummaries().map(({ groupId, state, generation, members, offsets }) => ({
    groupId,
    state,
    generation,
    members: members.map(
      ({ memberId, clientId, clientHost }) => `${memberId} (${clientId}, ${clientHost})`,
    ),
    offsets: offsets.map(({ topic, partition, offset }) => {
      const end = replicas.partition(topic, partition)?.highWatermark ?? 'gone';
      return `${topic}-${partition} ${offset}/${end}`;
    }),
  }));
}
