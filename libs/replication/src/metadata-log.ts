// The metadata log of a cluster of one voter: a partition log `__cluster_metadata-0` and the shard replayed from it.
// Protects: decide, append and replay happen in one turn, so decisions never overlap; a reply is released when its records, or
// the last ones it rests on, are committed. When an append fails the log takes no more decisions; a restart replays it.
// Record: no key, value = JSON of one MetadataRecord (UTF-8) with its own `version`; one decision is one batch.
// Leaves out: further voters, elections, snapshots (the log is replayed whole). Source: KIP-500, KIP-595.

import { KafkaError, limits, type BrokerId, type ProducerId } from '@drave/contracts';
import type { Random, Clock } from '@drave/platform';
import { assert } from '@drave/platform';
import { buildBatch, forEachBatch, forEachRecord } from '@drave/protocol';
import type { LogManager, LogSettings } from '@drave/log';
import type { ClusterSettingsRecord } from './cluster-settings-shard.js';
import {
  ControllerShard,
  type CreateTopicInput,
  type Decision,
  type MetadataRecord,
  type Refusal,
  type TopicImage,
} from './controller-shard.js';
import { MetadataImage, type MetadataListener } from './metadata-image.js';
import { Partition } from './partition.js';

export const metadataTopic = '__cluster_metadata';
/** Kafka's reserved id of the metadata topic. */
const metadataTopicId = '00000000-0000-0000-0000-000000000001';
const readBytes = 1024 * 1024;

export interface MetadataLogOptions {
  readonly logs: LogManager;
  readonly clock: Clock;
  readonly random: Random;
  readonly nodeId: BrokerId;
  readonly logSettings: LogSettings;
}

/** A decision already replayed; `committed` settles when it is durable and may be told, or rejects with KafkaError. */
export interface PendingReply<Reply> {
  readonly reply: Reply;
  readonly committed: Promise<void>;
}

export function isRefusal(reply: TopicImage | Refusal): reply is Refusal {
  return 'error' in reply;
}

export class MetadataLog {
  readonly image: MetadataImage;
  readonly #shard = new ControllerShard();
  readonly #partition: Partition;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listeners: MetadataListener[] = [];
  #lastCommitted: Promise<void> = Promise.resolve();
  #pendingCount = 0;
  #producerIds = { next: 0, end: 0 };
  #producerBlock: Promise<void> | undefined;

  private constructor(partition: Partition, { clock, random }: MetadataLogOptions) {
    this.image = new MetadataImage(this.#shard);
    this.#partition = partition;
    this.#clock = clock;
    this.#random = random;
  }

  /** Opens or creates the log and replays it. Rejects when a record is not understood: the data are newer than this version. */
  static async open(options: MetadataLogOptions): Promise<MetadataLog> {
    const topicPartition = { topic: metadataTopic, partition: 0 };
    // Nothing else knows what it says: neither retention nor compaction may touch it, whatever the defaults are.
    const forEver = { cleanupPolicy: ['delete'], retentionMs: -1, retentionBytes: -1 };
    const log = options.logs.create(topicPartition, {
      topicId: metadataTopicId,
      settings: { ...options.logSettings, ...forEver },
    });
    const partition = new Partition({ log, replicas: [options.nodeId], leaderEpoch: 0 });
    const metadata = new MetadataLog(partition, options);
    await metadata.#replayAll();
    return metadata;
  }

  /** Adds a listener; listeners are told in the order they were added. */
  subscribe(listener: MetadataListener): void {
    this.#listeners.push(listener);
  }

  /** Creates a topic, visible to this broker at once. Name, counts and configs are the caller's to check. */
  createTopic(input: Omit<CreateTopicInput, 'topicId'>): PendingReply<TopicImage | Refusal> {
    const topicId = freshTopicId(this.#random);
    return this.#run(this.#shard.decideCreateTopic({ ...input, topicId }, this.#clock.nowMs()));
  }

  /** What `createTopic` would answer, without doing it. */
  validateTopic(input: Omit<CreateTopicInput, 'topicId'>): TopicImage | Refusal {
    const topicId = freshTopicId(this.#random);
    return this.#shard.decideCreateTopic({ ...input, topicId }, this.#clock.nowMs()).reply;
  }

  /** Why no topic of this name can be created, whatever else is asked for. */
  refuseTaken(name: string): Refusal | undefined {
    return this.#shard.refuseTaken(name);
  }

  deleteTopic(topicId: string): PendingReply<TopicImage | Refusal> {
    return this.#run(this.#shard.decideDeleteTopic(topicId));
  }

  /** Replaces the overrides of a topic; names and texts are the caller's to check. */
  setTopicConfigs(
    topicId: string,
    configs: ReadonlyMap<string, string>,
  ): PendingReply<TopicImage | Refusal> {
    return this.#run(this.#shard.decideSetTopicConfigs(topicId, configs));
  }

  /** Grows a topic; the new partitions take appends at once. */
  addPartitions(
    topicId: string,
    partitionCount: number,
    assignments: readonly (readonly BrokerId[])[] = [],
  ): PendingReply<TopicImage | Refusal> {
    return this.#run(this.#shard.decideAddPartitions(topicId, partitionCount, assignments));
  }

  /** What `addPartitions` would answer, without doing it. */
  validatePartitions(topicId: string, partitionCount: number): TopicImage | Refusal {
    return this.#shard.decideAddPartitions(topicId, partitionCount).reply;
  }

  /** Sets quotas, credentials and broker settings, visible at once; what is legal is the caller's to check. */
  setClusterSettings(records: readonly ClusterSettingsRecord[]): PendingReply<undefined> {
    return this.#run(this.#shard.decideClusterSettings(records));
  }

  /** Settles when everything the image shows now is committed, or never will be; undefined when nothing is pending. */
  get settling(): Promise<void> | undefined {
    return this.#pendingCount === 0 ? undefined : this.#lastCommitted.catch(() => undefined);
  }

  /** A producer id nobody ever had; its block is committed before it is returned. */
  async allocateProducerId(): Promise<ProducerId> {
    while (this.#producerIds.next >= this.#producerIds.end) {
      this.#producerBlock ??= this.#allocateBlock();
      await this.#producerBlock;
    }
    return this.#producerIds.next++;
  }

  async #allocateBlock(): Promise<void> {
    try {
      const { reply, committed } = this.#run(this.#shard.decideAllocateProducerIds());
      await committed;
      this.#producerIds = { next: reply.first, end: reply.first + reply.count };
    } finally {
      this.#producerBlock = undefined;
    }
  }

  #run<Reply>(decision: Decision<Reply>): PendingReply<Reply> {
    if (decision.records.length > 0) this.#lastCommitted = this.#append(decision.records);
    return { reply: decision.reply, committed: this.#lastCommitted };
  }

  #append(records: readonly MetadataRecord[]): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const batch = buildBatch(
      records.map((record) => ({
        key: null,
        value: encodeRecord(record),
        headers: [],
        timestamp: nowMs,
      })),
      {},
    );
    const { lastOffset } = this.#partition.append(batch, { nowMs, origin: 'coordinator' });
    this.#pendingCount++;
    const committed = new Promise<void>((resolve, reject) => {
      this.#partition.whenCommitted(lastOffset, (error) => {
        this.#pendingCount--;
        if (error) reject(error);
        else resolve();
      });
    });
    committed.catch(() => undefined); // Whoever waits is told too; nobody may be waiting.
    for (const record of records) this.#replay(record);
    return committed;
  }

  #replay(record: MetadataRecord): void {
    const deleted =
      record.kind === 'topic-deleted' ? this.image.topicById(record.topicId) : undefined;
    this.#shard.replay(record);
    for (const listener of this.#listeners) {
      if (deleted) listener.topicDeleted?.(deleted);
      if (record.kind === 'topic-created') {
        const topic = this.image.topic(record.name);
        if (topic) listener.topicCreated?.(topic);
      }
      if (record.kind === 'client-quotas-set') listener.clientQuotasSet?.();
      if (record.kind === 'broker-configs-set') listener.brokerConfigsSet?.();
      if (record.kind === 'topic-configs-set' || record.kind === 'partitions-added') {
        const topic = this.image.topicById(record.topicId);
        if (!topic) continue;
        if (record.kind === 'partitions-added') listener.partitionsAdded?.(topic);
        else listener.topicConfigsSet?.(topic);
      }
    }
  }

  async #replayAll(): Promise<void> {
    const { log } = this.#partition;
    let offset = log.logStartOffset;
    while (offset < log.logEndOffset) {
      const { records } = await log.read({
        offset,
        maxBytes: readBytes,
        boundOffset: log.logEndOffset,
        minOneBatch: true,
      });
      const before = offset;
      forEachBatch(records, (batch) => {
        forEachRecord(batch, (record) => this.#shard.replay(decodeRecord(record.value)));
        offset = batch.lastOffset + 1;
      });
      assert(offset > before, 'metadata-replay-advances', { offset, logEnd: log.logEndOffset });
    }
  }
}

function encodeRecord(record: MetadataRecord): Buffer {
  const bytes = Buffer.from(JSON.stringify(record), 'utf8');
  if (bytes.length > limits.metadataRecordBytesMax) {
    throw new KafkaError('POLICY_VIOLATION', 'The metadata of this topic or resource is too large');
  }
  return bytes;
}

function decodeRecord(value: Buffer | null): MetadataRecord {
  assert(value !== null, 'metadata-record-has-value');
  return JSON.parse(value.toString('utf8')) as MetadataRecord;
}

/** A random uuid whose short text form (base64url) does not start with '-', which tools would take for a flag. */
function freshTopicId(random: Random): string {
  for (;;) {
    const topicId = random.uuid();
    if (!/^f[89ab]/i.test(topicId)) return topicId;
  }
}
