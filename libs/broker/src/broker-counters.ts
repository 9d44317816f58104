// Plain numbers the broker counts as it works; `/metrics` and tests read them. Leaves out: rates, histograms, names for Prometheus.

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
  readonly requestsByKey = new Map<number, number>();

  countRequest(apiKey: number): void {
    this.requestsByKey.set(apiKey, (this.requestsByKey.get(apiKey) ?? 0) + 1);
  }
}

/** A snapshot. Counters only grow while the broker runs; the other numbers are current. */
export interface BrokerMetrics {
  /** By the API's name, as in `Produce`. */
  readonly requests: Readonly<Record<string, number>>;
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
  /** Bytes of all logs on disk, of user topics and internal ones. */
  readonly logBytes: number;
  /** Ranges of damaged offsets, which are not served: as far as reads and scrubs found them since the start. */
  readonly corruptRanges: number;
  /** Which they are. */
  readonly corruptOffsets: readonly CorruptPartitionRange[];
}

/** `[fromOffset, toOffset)` of a partition. */
export interface CorruptPartitionRange {
  readonly topic: string;
  readonly partition: number;
  readonly fromOffset: number;
  readonly toOffset: number;
}
