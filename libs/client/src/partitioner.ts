// Which partition a record goes to. Protects: the same key lands where every Kafka client puts it (murmur2); records
// without a key fill one partition until a batch's worth of bytes went there, then another with a leader is drawn.
// Leaves out: load-aware choice. Sources: KIP-480, KIP-794.

import { partitionForKey } from '@drave/protocol';
import type { Random } from '@drave/platform';

import type { TopicMetadata } from './metadata-cache.js';

/** Must return an integer in [0, partitionCount). */
export type Partitioner = (record: {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly partitionCount: number;
}) => number;

export class DefaultPartitioner {
  readonly #random: Random;
  readonly #stickyBytes: number;
  readonly #sticky = new Map<string, { partition: number; bytes: number }>();

  constructor(options: { readonly random: Random; readonly stickyBytes: number }) {
    this.#random = options.random;
    this.#stickyBytes = options.stickyBytes;
  }

  partition(topic: TopicMetadata, key: Buffer | null, sizeBytes: number): number {
    if (key !== null) return partitionForKey(key, topic.partitions.length);
    let sticky = this.#sticky.get(topic.name);
    if (
      !sticky ||
      sticky.bytes >= this.#stickyBytes ||
      sticky.partition >= topic.partitions.length
    ) {
      sticky = { partition: this.#draw(topic, sticky?.partition), bytes: 0 };
      this.#sticky.set(topic.name, sticky);
    }
    sticky.bytes += sizeBytes;
    return sticky.partition;
  }

  #draw(topic: TopicMetadata, previous: number | undefined): number {
    const led = topic.partitions.filter((p) => p.leaderId >= 0 && p.partition !== previous);
    const candidates = led.length > 0 ? led : topic.partitions;
    return candidates[this.#random.nextInt(candidates.length)]?.partition ?? 0;
  }
}
