// Where the answers to one client come in: a partition, chosen by chance, of a reply topic that all clients share, read by direct
// assignment from its end. Why so: no group has to be joined, so the first request goes out at once and no rebalance ever takes the
// partition away; no instance needs a partition of its own; the topic does not have to exist per pattern. The price: an instance reads
// past the answers of the others in its partition; more reply partitions make it smaller.
// Protects: the end is known before the first request leaves, so no answer is missed. Leaves out: whom an answer belongs to.

import type { ConsumerRecord } from '@drave/client';
import type { Platform } from '@drave/platform';
import type { LoggerService } from '@nestjs/common';
import { errorSentence } from './delivery.js';
import { sleep } from './delivery-worker.js';
import type { DriverConsumer, TransportDriver } from './driver.js';
import { transportLimits as limits } from './transport-limits.js';

export interface ReplyInboxOptions {
  readonly driver: TransportDriver;
  readonly platform: Platform;
  readonly logger: LoggerService;
  readonly topic: string;
  /** When the topic has to be created. */
  readonly partitions: number;
  readonly onReply: (record: ConsumerRecord) => void;
}

export class ReplyInbox {
  readonly topic: string;
  readonly partition: number;
  readonly #options: ReplyInboxOptions;
  readonly #consumer: DriverConsumer;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  private constructor(options: ReplyInboxOptions, consumer: DriverConsumer, partition: number) {
    this.topic = options.topic;
    this.partition = partition;
    this.#options = options;
    this.#consumer = consumer;
    this.#loop = this.#read();
  }

  /** Ready to receive when it settles. */
  static async open(options: ReplyInboxOptions): Promise<ReplyInbox> {
    const { driver, platform, topic, partitions } = options;
    const configs = { 'retention.ms': String(limits.replyRetentionMs) };
    await driver.ensureTopics([{ topic, partitions, configs }]);
    const count = await driver.partitionCount(topic);
    const partition = platform.random.nextInt(Math.max(1, count));
    const consumer = driver.consumer({ autoOffsetReset: 'latest' });
    const at = { topic, partition };
    consumer.assign([at]);
    consumer.seek(at, await driver.endOffset(at));
    return new ReplyInbox(options, consumer, partition);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#consumer.close();
    await this.#loop;
  }

  async #read(): Promise<void> {
    const { platform, logger, onReply } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const maxRecords = limits.pollRecords;
        for (const record of await this.#consumer.poll({ maxRecords, timeoutMs: limits.pollMs })) {
          onReply(record);
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.warn(`replies in '${this.topic}' cannot be read just now: ${errorSentence(error)}`);
        await sleep(platform, limits.restartBackoffMs, signal);
      }
    }
  }
}
