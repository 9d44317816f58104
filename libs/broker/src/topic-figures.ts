// The counters a sampler of rates needs, and no more: cheap enough for every few seconds. Protects: nothing is counted per record; bytes
// are counted per batch and per partition of an answer. Costs time with the number of partitions. Leaves out: rates (the sampler's).

import type { BrokerContext } from './broker-context.js';

/** Only grow while the topic (by its id) is there and the broker runs. */
export interface TopicFigures {
  readonly topic: string;
  readonly topicId: string;
  /** Offsets given out, also for the records that mark ends of transactions. */
  readonly recordsIn: number;
  /** Bytes of records by Produce and by Fetch. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface BrokerFigures {
  readonly recordsIn: number;
  readonly recordBytesIn: number;
  readonly recordBytesOut: number;
  readonly requests: number;
  readonly connections: number;
  readonly logBytes: number;
  readonly topics: readonly TopicFigures[];
}

export function figuresOf({ counters, metadata, replicas }: BrokerContext): BrokerFigures {
  let requests = 0;
  for (const count of counters.requestsByKey.values()) requests += count;
  let logBytes = 0;
  const topics: TopicFigures[] = [];
  for (const { name: topic, topicId } of metadata.image.topics()) {
    let [recordsIn, bytesIn, bytesOut] = [0, 0, 0];
    for (const { log, traffic } of replicas.topic(topic)?.partitions ?? []) {
      recordsIn += log.logEndOffset;
      bytesIn += traffic.bytesIn;
      bytesOut += traffic.bytesOut;
      logBytes += log.sizeBytes;
    }
    topics.push({ topic, topicId, recordsIn, bytesIn, bytesOut });
  }
  const { recordsIn, recordBytesIn, recordBytesOut, connections } = counters;
  return { recordsIn, recordBytesIn, recordBytesOut, requests, connections, logBytes, topics };
}
