// Opening a task on this instance: read its last commit, bring its stores there, fence older owners, build the task.
// Protects: the commit order of R6 backwards. The state restored is the one of the offset commit: local files go no
// further (else they are discarded), the changelog tail up to the committed position is replayed, what lies behind it is
// undone in the changelog before the task runs. Each owner claims a higher epoch by an offset commit, which the group
// refuses to former members, then a fence record separates its changelog writes from those of older owners.
// Leaves out: standbys; taking over state files of other instances.

import type { Admin, CommittedOffset, KafkaClient, OffsetToCommit, Producer } from '@drave/client';
import type { TopicPartition } from '@drave/contracts';
import type { Platform } from '@drave/platform';
import { limits } from './limits.js';
import { Outbox } from './outbox.js';
import { streamHeaders, type RecordHeader } from './record.js';
import { ChangelogReplay } from './state/changelog-replay.js';
import type { StateEngine } from './state/engine.js';
import { HeaplogEngine } from './state/heaplog-engine.js';
import { MemoryEngine } from './state/memory-engine.js';
import { makeDirectories } from './state-directory.js';
import { StreamTask } from './stream-task.js';
import {
  decodeTaskMetadata,
  encodeTaskMetadata,
  noMetadata,
  type TaskMetadata,
} from './task-metadata.js';
import { changelogTopic, resolveTopic, taskIdOf, type Subtopology } from './subtopology.js';

export interface TaskEnvironment {
  readonly platform: Platform;
  readonly applicationId: string;
  readonly client: KafkaClient;
  /** Fails fast. */
  readonly producer: Producer;
  readonly onProducerFailed: (producer: Producer, error: Error) => void;
  readonly admin: Admin;
  /** Commits offsets as the group member that owns the task; rejects when it does not any more. */
  readonly commit: (offsets: readonly OffsetToCommit[]) => Promise<void>;
  /** undefined: state in memory only, restored from the changelogs at each start. */
  readonly stateDirectory: string | undefined;
  readonly maxIdleMs: number;
}

export interface TaskPlace {
  readonly subtopology: Subtopology;
  readonly partition: number;
}

export interface OpenedTask {
  readonly task: StreamTask;
  readonly outbox: Outbox;
  readonly engines: readonly StateEngine[];
  /** Where to continue reading, for every source partition. */
  readonly positions: readonly (TopicPartition & { readonly offset: number })[];
  readonly restoredCount: number;
}

/** Restore progress in records, over all stores of the task. */
export type RestoreProgress = (restored: number, total: number) => void;

interface OpenStore {
  readonly name: string;
  readonly topic: string;
  readonly engine: StateEngine;
  readonly replay: ChangelogReplay;
}

const fenceKey = Buffer.from('\u0000drave-fence');

/** Rejects when the broker or the disk fails, or `signal` aborts; nothing stays open then. */
export async function openTask(
  environment: TaskEnvironment,
  place: TaskPlace,
  options: { readonly signal: AbortSignal; readonly onProgress: RestoreProgress },
): Promise<OpenedTask> {
  const opened: StateEngine[] = [];
  try {
    return await open(environment, place, { ...options, opened });
  } catch (error) {
    await Promise.allSettled(opened.map((engine) => engine.close()));
    throw error;
  }
}

async function open(
  environment: TaskEnvironment,
  { subtopology, partition }: TaskPlace,
  options: {
    readonly signal: AbortSignal;
    readonly onProgress: RestoreProgress;
    readonly opened: StateEngine[];
  },
): Promise<OpenedTask> {
  const { applicationId, admin, platform, producer } = environment;
  const sources = subtopology.sources.map(({ topic }) => ({
    topic: resolveTopic(topic, applicationId),
    partition,
  }));
  const committed = await admin.groupOffsets(applicationId, sources);
  const metadata = newestMetadata(committed);
  const stores: OpenStore[] = [];
  for (const { name } of subtopology.stores) {
    const engine = await openEngine(environment, taskIdOf(subtopology.id, partition), name);
    options.opened.push(engine);
    const topic = changelogTopic(name, applicationId);
    const committedOffset = committedChangelogOffset(name, metadata, committed);
    if ((engine.committed?.changelogOffset ?? 0) > committedOffset) await engine.clear();
    stores.push({ name, topic, engine, replay: new ChangelogReplay(engine, committedOffset) });
  }
  const outbox = new Outbox({ producer, admin, onFailed: environment.onProducerFailed });
  const positions = await startPositions(admin, sources, committed);
  const before = metadata ?? noMetadata;
  const scene = { stores, partition, outbox, before, positions };
  const claimed = stores.length === 0 ? before : await restore(environment, scene, options);
  const task = new StreamTask({
    applicationId,
    subtopology,
    partition,
    collector: outbox,
    engines: new Map(stores.map(({ name, engine }) => [name, engine])),
    metadata: claimed,
    positions: new Map(positions.map(({ topic, offset }) => [topic, offset])),
    epoch: claimed.epoch,
    nowMs: () => platform.clock.nowMs(),
    maxIdleMs: environment.maxIdleMs,
  });
  const corrected = outbox.takeChangelogOffsets();
  for (const { name, topic, replay } of stores) {
    task.setChangelogOffset(name, corrected.get(topic) ?? replay.position);
  }
  const restoredCount = stores.reduce((sum, { replay }) => sum + replay.applied, 0);
  return { task, outbox, engines: options.opened, positions, restoredCount };
}

function newestMetadata(committed: readonly CommittedOffset[]): TaskMetadata | undefined {
  let newest: TaskMetadata | undefined;
  for (const offset of committed) {
    const metadata = decodeTaskMetadata(offset.metadata);
    if (metadata && metadata.sequence > (newest?.sequence ?? -1)) newest = metadata;
  }
  return newest;
}

/** Without metadata: everything counts when somebody set offsets by hand, nothing when none were ever committed. */
function committedChangelogOffset(
  store: string,
  metadata: TaskMetadata | undefined,
  committed: readonly CommittedOffset[],
): number {
  if (metadata) return metadata.changelogOffsets.get(store) ?? 0;
  return committed.length > 0 ? Number.POSITIVE_INFINITY : 0;
}

async function openEngine(
  { platform, stateDirectory }: TaskEnvironment,
  taskId: string,
  store: string,
): Promise<StateEngine> {
  if (stateDirectory === undefined) return new MemoryEngine();
  const directory = `${stateDirectory}/${taskId}`;
  await makeDirectories(platform.disk, directory, 1);
  return HeaplogEngine.open({ disk: platform.disk, path: `${directory}/${store}.heaplog` });
}

async function startPositions(
  admin: Admin,
  sources: readonly TopicPartition[],
  committed: readonly CommittedOffset[],
): Promise<OpenedTask['positions']> {
  const known = new Map(committed.map(({ topic, offset }) => [topic, offset]));
  const fresh = sources.filter(({ topic }) => !known.has(topic));
  if (fresh.length > 0) {
    const queries = fresh.map((source) => ({ ...source, at: 'earliest' as const }));
    for (const { topic, offset } of await admin.listOffsets(queries)) known.set(topic, offset);
  }
  return sources.map((source) => ({ ...source, offset: known.get(source.topic) ?? 0 }));
}

interface Scene {
  readonly stores: readonly OpenStore[];
  readonly partition: number;
  readonly outbox: Outbox;
  readonly before: TaskMetadata;
  readonly positions: OpenedTask['positions'];
}

/** Replays, claims, fences, replays up to the fence, corrects. Returns the commit that claimed the task. */
async function restore(
  environment: TaskEnvironment,
  scene: Scene,
  options: { readonly signal: AbortSignal; readonly onProgress: RestoreProgress },
): Promise<TaskMetadata> {
  const { client, admin, platform } = environment;
  const { stores, partition, outbox } = scene;
  const ends = await admin.listOffsets(
    stores.map(({ topic }) => ({ topic, partition, at: 'latest' as const })),
  );
  const reader = new ChangelogReader(client, stores, partition);
  try {
    const targets = new Map(ends.map(({ topic, offset }) => [topic, offset]));
    await reader.readTo(targets, options);
    for (const { topic, replay } of stores) replay.settleCommitted(targets.get(topic) ?? 0);
    const claimed = await claim(environment, scene);
    await reader.readTo(await writeFences(environment, scene, claimed.epoch), options);
    const headers = [epochHeader(claimed.epoch)];
    for (const { topic, replay } of stores) {
      await replay.checkpoint();
      for (const { key, value } of replay.corrections()) {
        const timestamp = platform.clock.nowMs();
        outbox.send({ purpose: 'changelog', topic, partition, key, value, timestamp, headers });
      }
    }
    await outbox.settled();
    return claimed;
  } finally {
    await reader.close();
  }
}

/**
 * Commits the same facts again under a higher epoch. The group refuses it to a member that lost the task meanwhile, so
 * epochs rise in the order of ownership; a slow former owner can neither claim nor fence out its successor.
 */
async function claim(environment: TaskEnvironment, scene: Scene): Promise<TaskMetadata> {
  const { stores, before, positions } = scene;
  const epoch = Math.max(before.epoch, ...stores.map(({ replay }) => replay.maxEpoch)) + 1;
  const offsets = stores.map(({ name, replay }) => [name, replay.committedOffset] as const);
  const claimed: TaskMetadata = {
    ...before,
    sequence: before.sequence + 1,
    epoch,
    changelogOffsets: new Map(offsets),
  };
  const metadata = encodeTaskMetadata(claimed);
  await environment.commit(positions.map((position) => ({ ...position, metadata })));
  return claimed;
}

/** Appends a fence to each changelog; topic → offset behind it. */
async function writeFences(
  { producer, platform }: TaskEnvironment,
  { stores, partition }: Scene,
  epoch: number,
): Promise<Map<string, number>> {
  const headers = [epochHeader(epoch), { key: streamHeaders.fence, value: Buffer.from('1') }];
  const timestamp = platform.clock.nowMs();
  const value = String(epoch);
  const fences = await producer.sendBatch(
    stores.map(({ topic }) => ({ topic, partition, key: fenceKey, value, timestamp, headers })),
  );
  return new Map(fences.map(({ topic, offset }) => [topic, offset + 1]));
}

function epochHeader(epoch: number): RecordHeader {
  return { key: streamHeaders.epoch, value: Buffer.from(String(epoch)) };
}

/** Reads the changelog partitions of one task without a group. */
class ChangelogReader {
  readonly #consumer: ReturnType<KafkaClient['consumer']>;
  readonly #stores: readonly OpenStore[];
  readonly #partition: number;
  #sinceCheckpoint = 0;

  constructor(client: KafkaClient, stores: readonly OpenStore[], partition: number) {
    this.#stores = stores;
    this.#partition = partition;
    this.#consumer = client.consumer({ autoOffsetReset: 'earliest' });
    this.#consumer.assign(stores.map(({ topic }) => ({ topic, partition })));
    for (const { topic, replay } of stores) {
      this.#consumer.seek({ topic, partition }, replay.position);
    }
  }

  /** Until the position of each topic has reached its target (R14); holes before it are normal. */
  async readTo(
    targets: ReadonlyMap<string, number>,
    { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: RestoreProgress },
  ): Promise<void> {
    const start = this.#total((store) => store.replay.position);
    const total = this.#total(({ topic }) => targets.get(topic) ?? 0) - start;
    while (!this.#reached(targets)) {
      signal.throwIfAborted();
      const records = await this.#consumer.poll({ maxRecords: 5000, timeoutMs: 200 });
      for (const store of this.#stores) {
        store.replay.feed(records.filter(({ topic }) => topic === store.topic));
      }
      this.#sinceCheckpoint += records.length;
      if (this.#sinceCheckpoint >= limits.restoreCommitRecords) {
        this.#sinceCheckpoint = 0;
        for (const { replay } of this.#stores) await replay.checkpoint();
      }
      onProgress(this.#total((store) => store.replay.position) - start, Math.max(0, total));
    }
  }

  close(): Promise<void> {
    return this.#consumer.close();
  }

  #total(position: (store: OpenStore) => number): number {
    return this.#stores.reduce((sum, store) => sum + position(store), 0);
  }

  #reached(targets: ReadonlyMap<string, number>): boolean {
    return this.#stores.every(({ topic, replay }) => {
      const read = this.#consumer.position({ topic, partition: this.#partition }) ?? 0;
      return Math.max(read, replay.position) >= (targets.get(topic) ?? 0);
    });
  }
}
