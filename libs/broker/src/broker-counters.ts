// Plain numbers the broker counts as it works; `/metrics` and tests read them. Leaves out: rates, names for Prometheus.

import { RequestStats, type RequestFigures } from './request-stats.js';

export class BrokerCounters {
  bytesIn = 0;
  bytesOut = 0;
  recordsIn = 0;
  /** Record bytes accepted by Produce and returned by Fetch. */
  recordBytesIn = 0;
  recordBytesOut = 0;
  connections = 0;
  connectionsTotal = 0;
  /** Connections closed because of what came in on them. */
  connectionsRefused = 0;
  readonly requests = new RequestStats();
  readonly requestsByKey = new Map<number, number>();
  /** Versions that were asked for, one bit each. */
  readonly versionsByKey = new Map<number, number>();

  /** The version is one that is served, below 31. */
  countRequest(apiKey: number, apiVersion: number): void {
    this.requestsByKey.set(apiKey, (this.requestsByKey.get(apiKey) ?? 0) + 1);
    const versions = this.versionsByKey.get(apiKey) ?? 0;
    const bit = 1 << apiVersion;
    if ((versions & bit) === 0) this.versionsByKey.set(apiKey, versions | bit);
  }
}

/** A snapshot. Counters only grow while the broker runs; the other numbers are current. */
export interface BrokerMetrics {
  /** By the API's name, as in `Produce`. */
  readonly requests: Readonly<Record<string, number>>;
  /** By the API's name; APIs that were used. */
  readonly requestFigures: Readonly<Record<string, RequestFigures>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly recordsIn: number;
  readonly recordBytesIn: number;
  readonly recordBytesOut: number;
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly connectionsRefused: number;
  readonly topics: number;
  readonly partitions: number;
  readonly parkedFetches: number;
  /** Partitions that take no records because their storage failed. */
  readonly offlinePartitions: number;
  /** Partitions with fewer in-sync replicas than replicas. */
  readonly underReplicatedPartitions: number;
  /** Clients' records are refused: the disk is nearly full. */
  readonly isDiskShort: boolean;
  /** Bytes free on the disk as last asked, and those kept free of clients' records; undefined while unknown. */
  readonly diskFreeBytes: number | undefined;
  readonly diskReserveBytes: number | undefined;
  /** Groups by Kafka's name of their state. */
  readonly groups: Readonly<Record<string, number>>;
  /** Assignments made since the start. */
  readonly rebalances: number;
  /** Distance of committed offsets to the high watermark, largest first, at most `limits.groupLagsMax`. */
  readonly groupLags: readonly GroupLag[];
  /** Groups and topics left out of `groupLags`. */
  readonly groupLagsHidden: number;
  /** Bytes of all logs on disk, of user topics and internal ones. */
  readonly logBytes: number;
  /** Ranges of damaged offsets, which are not served: as far as reads and scrubs found them since the start. */
  readonly corruptRanges: number;
  /** Which they are. */
  readonly corruptOffsets: readonly CorruptPartitionRange[];
}

/** Of all partitions of a topic together. */
export interface GroupLag {
  readonly groupId: string;
  readonly topic: string;
  readonly records: number;
}

/** `[fromOffset, toOffset)` of a partition. */
export interface CorruptPartitionRange {
  readonly topic: string;
  readonly partition: number;
  readonly fromOffset: number;
  readonly toOffset: number;
}
