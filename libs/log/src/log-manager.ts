// All logs of one data directory: opens and recovers them, creates, deletes, checkpoints and closes them. Protects: one process
// per directory; a partition directory is known by its topic id; a start after a clean stop opens no segment file; after a
// crash each log is recovered before anybody sees it.
// Leaves out: several data directories.

import {
  brokerSettings,
  isLegalTopicName,
  parseTopicPartitionKey,
  type TopicPartition,
  topicPartitionKey,
} from '@drave/contracts';
import { assert, type DiskLock, type Platform, type Timer } from '@drave/platform';
import { AppendQueue, type FlushMode } from './append-queue.js';
import {
  type CleanLog,
  cleanShutdownName,
  decodeCleanShutdown,
  encodeCleanShutdown,
} from './clean-shutdown.js';
import { DirectoryHealth, type Identity, openDirectory } from './data-directory.js';
import { DeletedFiles } from './deleted-files.js';
import { patientDisk } from './descriptors.js';
import { DiskReserve } from './disk-reserve.js';
import { LeaderEpochs } from './leader-epochs.js';
import {
  LogMaintenance,
  maintenanceDefaults,
  type MaintenanceSettings,
  type ScrubOptions,
  type ScrubTotals,
  type Sweep,
} from './log-maintenance.js';
import { logStartsName, recoveryPointsName } from './found-directory.js';
import { inLanes } from './lanes.js';
import { FoundJournal } from './journal-replay.js';
import { recoverLog } from './log-recovery.js';
import { logSettings, type LogSettings } from './log-settings.js';
import { type LogEnvironment, LogState, segmentOf } from './log-state.js';
import { snapshotLogs, type SnapshotOptions, type SnapshotPartition } from './log-snapshot.js';
import { OpenFiles } from './open-files.js';
import {
  leavingName,
  makePartitionDirectory,
  makePartitionDurable,
  readIfThere,
  readTopicId,
  setPartitionAside,
  syncMetadata,
} from './partition-directory.js';
import { PartitionLog } from './partition-log.js';
import { ProducerState } from './producer-state.js';
import { decodeOffsets, encodeOffsets } from './sealed-text.js';
import {
  journalDefaults,
  type JournalFigures,
  type JournalSettings,
  SharedJournal,
} from './shared-journal.js';
import { TailCache } from './tail-cache.js';

export interface LogManagerOptions {
  readonly platform: Platform;
  /** Made when missing. */
  readonly directory: string;
  /** `group`: acknowledged after fdatasync; `os`: acknowledged once written, a power loss may take it. */
  readonly flush: FlushMode;
  readonly nodeId: number;
  /** Given to a new directory, expected of an old one; default: random, or what the directory says. */
  readonly clusterId?: string;
  /** Segment files open at once; default 1,024. */
  readonly openFilesMax?: number;
  /** Clients' appends are refused while fewer bytes are free on the disk; 0 never refuses, default −1: `defaultReserve`. */
  readonly reserveBytes?: number;
  /** Bytes of the tail cache of all logs; default 32 MiB. */
  readonly tailCacheBytes?: number;
  /** Idle producers are forgotten after this; default: the declared default of producer.id.expiration.ms. */
  readonly producerIdExpirationMs?: number;
  /** The journal for commits of many dirty partitions (`flush: group`); default: 2 × 64 MiB, used where it is cheaper. */
  readonly journal?: Partial<JournalSettings>;
  /** When and how retention and compaction run; default: the declared defaults. */
  readonly maintenance?: Partial<MaintenanceSettings>;
}

export interface CreateLogOptions {
  readonly topicId: string;
  readonly settings?: LogSettings;
}

const openFilesMaxDefault = 1024;
const tailCacheBytesDefault = 32 * 1024 * 1024;
const reserveBytesDefault = -1;
const upkeepEveryMs = 30_000;
const upkeepsPerProducerExpiry = 20;

export class LogManager {
  /** True when the last stop was clean (or the directory is new): nothing had to be recovered. */
  readonly cleanStart: boolean;
  readonly #identity: Identity;
  readonly #lock: DiskLock;
  readonly #environment: LogEnvironment;
  readonly #logs = new Map<string, PartitionLog>();
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #maintenance: LogMaintenance;
  #checkpoint: { running: Promise<void>; next: Promise<void> | undefined } | undefined;
  #upkeepTimer: Timer | undefined;
  #upkeeps = 0;
  #closing: Promise<void> | undefined;

  private constructor(
    options: LogManagerOptions,
    opened: { readonly identity: Identity; readonly lock: DiskLock; readonly isClean: boolean },
  ) {
    const { directory, flush } = options;
    const platform = { ...options.platform, disk: patientDisk(options.platform) };
    this.cleanStart = opened.isClean;
    this.#identity = opened.identity;
    this.#lock = opened.lock;
    const health = new DirectoryHealth(platform, directory);
    const files = new OpenFiles(
      platform.disk,
      options.openFilesMax ?? openFilesMaxDefault,
      (error) => void health.fail('close a segment file', error),
    );
    const reserve = new DiskReserve({
      platform,
      directory,
      reserveBytes: options.reserveBytes ?? reserveBytesDefault,
    });
    const settings = { ...journalDefaults, ...options.journal };
    const journal =
      flush === 'group' && settings.isEnabled
        ? new SharedJournal({ platform, directory, health, reserve, settings })
        : undefined;
    this.#environment = {
      platform,
      directory,
      flush,
      health,
      files,
      queue: new AppendQueue({ platform, health, files, flush, journal }),
      journal,
      tailCache: new TailCache(options.tailCacheBytes ?? tailCacheBytesDefault),
      reserve,
      producerIdExpirationMs:
        options.producerIdExpirationMs ?? brokerSettings.producerIdExpirationMs.default,
      saveCheckpoints: () => this.#saveCheckpoints(),
      deletedFiles: new DeletedFiles(platform),
    };
    this.#maintenance = new LogMaintenance({
      platform,
      health,
      logs: () => this.#logs.values(),
      settings: { ...maintenanceDefaults(), ...options.maintenance },
    });
    health.onFailure(() => {
      for (const log of this.#logs.values()) log.failWaiting();
    });
  }

  /** Locks, identifies and recovers. Rejects with LogDirectoryError (`code`, one sentence) or the disk's error. */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const { platform, directory } = options;
    const { identity, lock, isNew } = await openDirectory(options);
    try {
      const clean = await takeMarker(platform, directory);
      const manager = new LogManager(options, {
        identity,
        lock,
        isClean: isNew || clean !== undefined,
      });
      await manager.#load(clean ?? []);
      await manager.#environment.reserve.ask();
      await manager.#environment.journal?.start();
      manager.#scheduleUpkeep();
      manager.#maintenance.start();
      return manager;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get clusterId(): string {
    return this.#identity.clusterId;
  }

  get nodeId(): number {
    return this.#identity.nodeId;
  }

  /** Names this directory among all; stays with it for ever. */
  get directoryId(): string {
    return this.#identity.directoryId;
  }

  get directory(): string {
    return this.#environment.directory;
  }

  /** Why nothing can be written any more; undefined while the directory is in service. */
  get failure(): Error | undefined {
    return this.#environment.health.failure;
  }

  /** True while clients' appends are refused because the disk is nearly full. */
  get isShortOfSpace(): boolean {
    return this.#environment.reserve.isShort;
  }

  /** As last asked, less what was appended since; undefined while unknown. */
  get diskSpace(): { readonly freeBytes: number | undefined; readonly reserveBytes: number } {
    const { freeBytes, reserveBytes } = this.#environment.reserve;
    return { freeBytes: Number.isFinite(freeBytes) ? freeBytes : undefined, reserveBytes };
  }

  /** Segment files opened since the start, and open now. */
  get openFiles(): { readonly opens: number; readonly openCount: number } {
    const { opens, openCount } = this.#environment.files;
    return { opens, openCount };
  }

  /** What the journal did since the start; undefined when there is none. */
  get journalFigures(): Readonly<JournalFigures> | undefined {
    return this.#environment.journal?.figures;
  }

  logs(): Iterable<PartitionLog> {
    return this.#logs.values();
  }

  get(topicPartition: TopicPartition): PartitionLog | undefined {
    return this.#logs.get(topicPartitionKey(topicPartition));
  }

  /**
   * A new log, usable at once: its directory is made in the background, durably before the first append is acknowledged.
   * The existing one when it has the same topic id. Throws an Error with code ERR_LOG_TOPIC_ID when it has another.
   */
  create(topicPartition: TopicPartition, options: CreateLogOptions): PartitionLog {
    const { health } = this.#environment;
    health.throwIfFailed();
    const key = topicPartitionKey(topicPartition);
    const { topic, partition } = topicPartition;
    assert(isLegalTopicName(topic) && partition >= 0, 'log-name', { topic, partition });
    assert(Buffer.byteLength(options.topicId) <= 255, 'topic-id-length', { key });
    assert(this.#closing === undefined, 'log-manager-open');
    const settings = options.settings ?? logSettings();
    const existing = this.#logs.get(key);
    if (existing !== undefined) {
      if (existing.topicId !== options.topicId) throw otherTopicId(key, existing, options.topicId);
      existing.updateSettings(settings);
      return existing;
    }
    const directory = `${this.directory}/${key}`;
    const segments = [segmentOf(this.#environment, directory, { baseOffset: 0, sizeBytes: 0 })];
    const log = new PartitionLog({
      environment: this.#environment,
      topicPartition,
      topicId: options.topicId,
      settings,
      state: new LogState({
        directory,
        segments,
        logStartOffset: 0,
        logEndOffset: 0,
        producers: new ProducerState(),
        epochs: new LeaderEpochs(),
      }),
      makeDurable: () => this.#makeDurable(directory),
    });
    this.#logs.set(key, log);
    const made = this.#makeDirectory(key, directory, options.topicId);
    made.catch((error: unknown) => health.fail(`create ${directory}`, error));
    log.waitFor(made);
    return log;
  }

  /** Forgets the log at once; its files are gone when it settles. Nothing happens when there is none. */
  async delete(topicPartition: TopicPartition): Promise<void> {
    const key = topicPartitionKey(topicPartition);
    const log = this.#logs.get(key);
    if (log === undefined) return;
    this.#logs.delete(key);
    const leaving = this.#removeLog(log, topicPartition).finally(() => this.#leaving.delete(key));
    this.#leaving.set(key, leaving);
    await leaving;
  }

  /**
   * Deletes what retention says from all logs that have an owner, as the sweep does every `log.retention.check.interval.ms`; settles
   * with the number of segments. `nowMs`: wall clock.
   */
  applyRetention(nowMs?: number): Promise<number> {
    return this.#maintenance.applyRetention(nowMs);
  }

  /**
   * Compacts the logs that have an owner and are due, as the cleaner does every `log.cleaner.backoff.ms`; with `isForced` all that
   * can be compacted, whatever their dirty ratio. Settles with their number.
   */
  compact(options: { readonly nowMs?: number; readonly isForced?: boolean } = {}): Promise<number> {
    return this.#maintenance.compact({ isForced: false, ...options });
  }

  /** Scrubs all logs now, as a sweep does every `log.scrub.interval.ms`; settles with what it found. */
  scrub(options: ScrubOptions = {}): Promise<ScrubTotals> {
    return this.#maintenance.scrub(options);
  }

  /** Copies all logs as they are now into the new directory `target`; rejects with the disk's errors. */
  snapshot(
    target: string,
    onProgress?: SnapshotOptions['onProgress'],
  ): Promise<SnapshotPartition[]> {
    const { disk } = this.#environment.platform;
    const logs = () => this.#logs.values();
    const names = { recoveryPoints: recoveryPointsName, logStarts: logStartsName };
    const options = { disk, directory: this.directory, target, logs, names };
    return this.#maintenance.alone(() =>
      snapshotLogs(onProgress ? { ...options, onProgress } : options),
    );
  }

  /** The caller runs this sweep now and again within `withinMs`: the timer of its own stays away as long as that is true. */
  expectSweep(sweep: Sweep, withinMs: number): void {
    this.#maintenance.expectSweep(sweep, withinMs);
  }

  /** Flushes all, writes what a clean start needs, unlocks. Rejects when the directory failed; the lock is free even then. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { platform, files, health } = this.#environment;
    this.#upkeepTimer?.cancel();
    this.#environment.reserve.stop();
    try {
      await Promise.all(this.#leaving.values());
      const logs = [...this.#logs.values()];
      const stopped = this.#maintenance.stop();
      await Promise.all(logs.map((log) => log.stopUpkeep()));
      await stopped;
      await inLanes(logs, (log) => log.close());
      await this.#environment.journal?.close();
      await this.#environment.deletedFiles.removeNow();
      await this.#saveCheckpoints();
      await files.closeAll();
      health.throwIfFailed();
      await platform.disk.writeFileAtomic(
        `${this.directory}/${cleanShutdownName}`,
        encodeCleanShutdown(logs.map(cleanLogOf)),
      );
    } finally {
      await this.#lock.release();
    }
  }

  async #load(clean: readonly CleanLog[]): Promise<void> {
    const { platform } = this.#environment;
    const { disk, logger } = platform;
    const known = new Map(clean.map((log) => [topicPartitionKey(log), log]));
    const recoveryPoints = await this.#readOffsets(recoveryPointsName);
    const logStarts = await this.#readOffsets(logStartsName);
    const unknown: TopicPartition[] = [];
    for (const name of await disk.list(this.directory)) {
      if (name.endsWith('-delete')) await disk.remove(`${this.directory}/${name}`);
      const topicPartition = parseTopicPartitionKey(name);
      if (topicPartition === undefined) continue;
      const cleanLog = known.get(name);
      if (cleanLog !== undefined) {
        this.#logs.set(name, this.#coldLog(cleanLog));
        known.delete(name);
        continue;
      }
      unknown.push(topicPartition);
    }
    // Whether it must be replayed says the marker: a clean stop leaves it empty.
    const journal = this.cleanStart ? undefined : await FoundJournal.read(disk, this.directory);
    await inLanes(unknown, (topicPartition) => {
      const key = topicPartitionKey(topicPartition);
      return this.#recover(topicPartition, {
        journal,
        recoveryPoint: recoveryPoints.get(key) ?? 0,
        logStartOffset: logStarts.get(key) ?? 0,
      });
    });
    if (unknown.length > 0) await disk.syncDirectory(this.directory);
    await journal?.clear(platform.random);
    for (const [name, { logEndOffset }] of known) {
      if (logEndOffset === 0) continue; // nothing was ever promised of it; whoever needs it makes it again
      logger.error('log-directory-missing', { directory: this.directory, partition: name });
    }
    if (clean.length === 0) await this.#saveCheckpoints();
  }

  #coldLog(clean: CleanLog): PartitionLog {
    const directory = `${this.directory}/${topicPartitionKey(clean)}`;
    const segments = clean.bases.map((baseOffset, index) => {
      const isActive = index === clean.bases.length - 1;
      const sizeBytes = isActive ? clean.activeBytes : undefined;
      return segmentOf(this.#environment, directory, { baseOffset, sizeBytes });
    });
    return new PartitionLog({
      environment: this.#environment,
      topicPartition: { topic: clean.topic, partition: clean.partition },
      topicId: clean.topicId,
      settings: logSettings(),
      state: new LogState({
        directory,
        segments,
        logStartOffset: clean.logStartOffset,
        logEndOffset: clean.logEndOffset,
        producers: new ProducerState(),
        epochs: LeaderEpochs.ofOne(clean.leaderEpoch, clean.bases[0] ?? 0),
      }),
      cold: clean,
      // Of a log that never had a byte no name need have survived: its directory is made again.
      ...(clean.activeBytes === 0
        ? {
            makeDurable: async () => {
              await this.#makeDirectory(topicPartitionKey(clean), directory, clean.topicId);
              await this.#makeDurable(directory);
            },
          }
        : {}),
    });
  }

  async #recover(
    topicPartition: TopicPartition,
    start: {
      readonly journal: FoundJournal | undefined;
      readonly recoveryPoint: number;
      readonly logStartOffset: number;
    },
  ): Promise<void> {
    const { platform } = this.#environment;
    const key = topicPartitionKey(topicPartition);
    const directory = `${this.directory}/${key}`;
    const stat = await platform.disk.stat(directory);
    if (stat?.kind !== 'directory') return;
    const topicId = await readTopicId(platform, directory);
    if (topicId === undefined) {
      await setPartitionAside(platform, this.directory, topicPartition);
      return;
    }
    const state = await recoverLog(this.#environment, {
      directory,
      recoveryPoint: start.recoveryPoint,
      logStartOffset: start.logStartOffset,
      entries: start.journal?.entriesOf(topicPartition, topicId) ?? [],
    });
    await syncMetadata(platform, directory);
    this.#logs.set(
      key,
      new PartitionLog({
        environment: this.#environment,
        topicPartition,
        topicId,
        settings: logSettings(),
        state,
      }),
    );
    platform.logger.info('log-recovered', {
      directory,
      logStartOffset: state.logStartOffset,
      logEndOffset: state.logEndOffset,
    });
  }

  async #makeDirectory(key: string, directory: string, topicId: string): Promise<void> {
    await this.#leaving.get(key);
    await makePartitionDirectory(this.#environment.platform, directory, topicId);
  }

  #makeDurable(directory: string): Promise<void> {
    return makePartitionDurable(this.#environment.platform, { root: this.directory, directory });
  }

  async #removeLog(log: PartitionLog, topicPartition: TopicPartition): Promise<void> {
    const { platform } = this.#environment;
    const { disk } = platform;
    await log.abandon();
    const from = `${this.directory}/${topicPartitionKey(topicPartition)}`;
    this.#environment.deletedFiles.forget(from);
    const to = `${this.directory}/${leavingName(platform, topicPartition, 'delete')}`;
    try {
      await disk.rename(from, to);
      await disk.syncDirectory(this.directory);
      await disk.remove(to);
      await this.#saveCheckpoints();
    } catch (error) {
      throw this.#environment.health.fail(`delete ${from}`, error);
    }
  }

  #saveCheckpoints(): Promise<void> {
    const current = this.#checkpoint;
    if (current === undefined) {
      const running = this.#writeCheckpoints().finally(() => {
        this.#checkpoint = undefined;
      });
      this.#checkpoint = { running, next: undefined };
      return running;
    }
    current.next ??= current.running.catch(() => undefined).then(() => this.#saveCheckpoints());
    return current.next;
  }

  async #writeCheckpoints(): Promise<void> {
    const { disk } = this.#environment.platform;
    const recoveryPoints = new Map<string, number>();
    const logStarts = new Map<string, number>();
    for (const [key, { state }] of this.#logs) {
      if (state.recoveryPoint > 0) recoveryPoints.set(key, state.recoveryPoint);
      if (state.logStartOffset > 0) logStarts.set(key, state.logStartOffset);
    }
    await disk.writeFileAtomic(`${this.directory}/${logStartsName}`, encodeOffsets(logStarts));
    await disk.writeFileAtomic(
      `${this.directory}/${recoveryPointsName}`,
      encodeOffsets(recoveryPoints),
    );
  }

  /** Every 30 s: recovery points move, so that a crash costs little scanning; now and then idle producers go. */
  #scheduleUpkeep(): void {
    const { platform, health } = this.#environment;
    this.#upkeepTimer = platform.scheduler.setTimer(upkeepEveryMs, () => {
      if (health.failure !== undefined || this.#closing !== undefined) return;
      this.#upkeeps++;
      void this.#environment.journal?.drain(); // for the next time
      this.#moveRecoveryPoints();
      if (this.#upkeeps % upkeepsPerProducerExpiry === 0) {
        for (const log of this.#logs.values()) log.expireProducers(platform.clock.nowMs());
      }
      this.#scheduleUpkeep();
    });
  }

  /** In durable mode they follow what is synced; with `os` only sealing a segment moves them. */
  #moveRecoveryPoints(): void {
    const { flush, health } = this.#environment;
    if (flush !== 'group') return;
    let hasMoved = false;
    for (const { state } of this.#logs.values()) {
      if (state.recoveryPoint >= state.syncedOffset) continue;
      state.recoveryPoint = state.syncedOffset;
      hasMoved = true;
    }
    if (!hasMoved) return;
    this.#saveCheckpoints().catch((error: unknown) => health.fail('write checkpoints', error));
  }

  async #readOffsets(name: string): Promise<Map<string, number>> {
    const { disk, logger } = this.#environment.platform;
    const content = await readIfThere(this.#environment.platform, `${this.directory}/${name}`);
    if (content === undefined) return new Map();
    const offsets = decodeOffsets(content);
    if (offsets !== undefined) return offsets;
    logger.error('log-checkpoint-damaged', { path: `${this.directory}/${name}` });
    await disk.remove(`${this.directory}/${name}`);
    return new Map();
  }
}

/** Reads the marker and removes it, so that a crash from now on is one. undefined: recover. */
async function takeMarker(platform: Platform, directory: string): Promise<CleanLog[] | undefined> {
  const path = `${directory}/${cleanShutdownName}`;
  const content = await readIfThere(platform, path);
  if (content === undefined) return undefined;
  await platform.disk.remove(path);
  await platform.disk.syncDirectory(directory);
  return decodeCleanShutdown(content);
}

function cleanLogOf(log: PartitionLog): CleanLog {
  const { state } = log;
  return {
    topic: log.topicPartition.topic,
    partition: log.topicPartition.partition,
    topicId: log.topicId,
    logStartOffset: state.logStartOffset,
    logEndOffset: state.logEndOffset,
    ...log.coldProducers,
    activeBytes: state.active.sizeBytes,
    bases: state.segments.map((segment) => segment.baseOffset),
    leaderEpoch: state.onlyLeaderEpoch,
  };
}

function otherTopicId(key: string, existing: PartitionLog, topicId: string): Error {
  const message = `the log ${key} belongs to topic id ${existing.topicId}, not ${topicId}; delete it first`;
  return Object.assign(new Error(message), { code: 'ERR_LOG_TOPIC_ID' });
}
