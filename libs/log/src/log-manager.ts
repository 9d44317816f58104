// All logs of one data directory: opens and recovers them, creates, deletes, checkpoints and closes them. Protects: one process
// per directory; a partition directory is known by its topic id; a start after a clean stop opens no segment file; after a
// crash each log is recovered before anybody sees it.
// Leaves out: several data directories.

import {
  brokerSettings,
  isLegalTopicName,
  type TopicPartition,
  topicPartitionKey,
} from '@drave/contracts';
import { assert, type Disk, type DiskLock, type Platform, type Timer } from '@drave/platform';
import { AppendQueue, type FlushMode } from './append-queue.js';
import { type CleanLog, cleanShutdownName, encodeCleanShutdown } from './clean-shutdown.js';
import type { Compactor } from './compactor.js';
import { LoopCompactor } from './loop-compactor.js';
import { DirectoryHealth, fullDisk, type Identity, openDirectory } from './data-directory.js';
import { DeletedFiles } from './deleted-files.js';
import { patientDisk } from './descriptors.js';
import { DiskRoom, isDiskFull, isPassing } from './disk-room.js';
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
import { inLanes } from './lanes.js';
import { loadLogs, takeMarker } from './log-loading.js';
import { defaultLogSettings, type LogSettings } from './log-settings.js';
import { type LogEnvironment, LogState, segmentOf } from './log-state.js';
import { snapshotLogs, type SnapshotOptions, type SnapshotPartition } from './log-snapshot.js';
import { logStartsName, OffsetCheckpoints, recoveryPointsName } from './offset-checkpoints.js';
import { OpenFiles } from './open-files.js';
import {
  leavingName,
  makePartitionDirectory,
  makePartitionDurable,
} from './partition-directory.js';
import { PartitionLog } from './partition-log.js';
import { ProducerState } from './producer-state.js';
import { ReadAhead } from './read-ahead.js';
import {
  journalDefaults,
  type JournalFigures,
  type JournalSettings,
  SharedJournal,
} from './shared-journal.js';
import { TailCache } from './tail-cache.js';
import { ThreadCompactor } from './thread-compactor.js';

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
  /** Who does the heavy part of compactions, ours from now on; default: a thread where the disk has threads, else this one. */
  readonly compactor?: Compactor;
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
  readonly #checkpoints: OffsetCheckpoints;
  #upkeepTimer: Timer | undefined;
  #upkeeps = 0;
  /** A full disk kept recovery points from being written. */
  #hasUnsavedPoints = false;
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
    const room = new DiskRoom(platform);
    const settings = { ...journalDefaults, ...options.journal };
    const journal =
      flush === 'group' && settings.isEnabled
        ? new SharedJournal({ platform, directory, health, reserve, room, settings })
        : undefined;
    this.#checkpoints = new OffsetCheckpoints(platform, directory, () => this.#logs.values());
    this.#environment = {
      platform,
      directory,
      flush,
      health,
      files,
      queue: new AppendQueue({ platform, health, files, room, flush, journal }),
      room,
      compactor: options.compactor ?? compactorFor(platform, options.platform.disk),
      journal,
      readAhead: new ReadAhead(platform.scheduler, files),
      tailCache: new TailCache(options.tailCacheBytes ?? tailCacheBytesDefault),
      reserve,
      producerIdExpirationMs:
        options.producerIdExpirationMs ?? brokerSettings.producerIdExpirationMs.default,
      saveCheckpoints: () => this.#checkpoints.save(),
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

  /**
   * Locks, identifies and recovers. On a full disk it opens for reading where it can: appends of clients are refused, others wait, until
   * there is room. Rejects with LogDirectoryError (`code`, one sentence) or the disk's error.
   */
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
      await manager.#load(clean);
      await manager.#environment.reserve.ask();
      await manager.#environment.journal?.start();
      manager.#scheduleUpkeep();
      manager.#maintenance.start();
      return manager;
    } catch (error) {
      await lock.release();
      throw isDiskFull(error) ? fullDisk(directory, error) : error;
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
    assert(this.#closing === undefined, 'log-manager-open');
    const settings = options.settings ?? defaultLogSettings;
    const existing = this.#logs.get(key);
    if (existing !== undefined) {
      if (existing.topicId !== options.topicId) throw otherTopicId(key, existing, options.topicId);
      existing.updateSettings(settings);
      return existing;
    }
    const { topic, partition } = topicPartition;
    assert(isLegalTopicName(topic) && partition >= 0, 'log-name', { topic, partition });
    assert(Buffer.byteLength(options.topicId) <= 255, 'topic-id-length', { key });
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
        makeDurable: () => this.#makeDurable(directory),
      }),
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
    this.#environment.room.giveUp();
    try {
      await this.#environment.readAhead.close();
      await Promise.all(this.#leaving.values());
      const logs = [...this.#logs.values()];
      const stopped = this.#maintenance.stop();
      await Promise.all(logs.map((log) => log.stopUpkeep()));
      await stopped;
      await this.#environment.compactor.close();
      await inLanes(logs, (log) => log.close());
      await this.#environment.journal?.close();
      await this.#environment.deletedFiles.removeNow();
      await this.#checkpoints.save();
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

  async #load(clean: Iterable<CleanLog> | undefined): Promise<void> {
    await loadLogs({
      environment: this.#environment,
      checkpoints: this.#checkpoints,
      clean,
      isClean: this.cleanStart,
      add: (key, log) => this.#logs.set(key, log),
      makeDirectory: async (key, directory, topicId) => {
        await this.#makeDirectory(key, directory, topicId);
        await this.#makeDurable(directory);
      },
      saveCheckpoints: () => this.#saveFoundPoints(),
    });
    this.#environment.room.opened();
  }

  /**
   * What recovery found may end below the recovery points of before: nothing is written until the new ones are saved. A full disk
   * is opened for reading meanwhile.
   */
  async #saveFoundPoints(): Promise<void> {
    const { platform, queue, room, health } = this.#environment;
    try {
      await this.#checkpoints.save();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      platform.logger.error('disk-full', { error: String(error) });
      queue.hold();
      room.opened();
      const saved = room.wait(() => this.#checkpoints.save());
      void saved.then(
        () => {
          platform.logger.info('disk-takes-writes-again');
          queue.resume();
        },
        (cause: unknown) => void health.fail('write checkpoints', cause),
      );
    }
  }

  async #makeDirectory(key: string, directory: string, topicId: string): Promise<void> {
    await this.#leaving.get(key);
    const { platform, room } = this.#environment;
    await room.wait(() => makePartitionDirectory(platform, directory, topicId));
  }

  #makeDurable(directory: string): Promise<void> {
    return makePartitionDurable(this.#environment.platform, { root: this.directory, directory });
  }

  async #removeLog(log: PartitionLog, topicPartition: TopicPartition): Promise<void> {
    const { platform, room } = this.#environment;
    const { disk } = platform;
    await log.abandon();
    const from = `${this.directory}/${topicPartitionKey(topicPartition)}`;
    this.#environment.deletedFiles.forget(from);
    const to = `${this.directory}/${leavingName(platform, topicPartition, 'delete')}`;
    try {
      await room.wait(() => disk.rename(from, to));
      await disk.syncDirectory(this.directory);
      await disk.remove(to);
      await room.wait(() => this.#checkpoints.save());
    } catch (error) {
      throw this.#environment.health.fail(`delete ${from}`, error);
    }
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
    let hasMoved = this.#hasUnsavedPoints;
    for (const { state } of this.#logs.values()) {
      if (state.recoveryPoint >= state.syncedOffset) continue;
      state.recoveryPoint = state.syncedOffset;
      hasMoved = true;
    }
    if (!hasMoved) return;
    this.#hasUnsavedPoints = false;
    this.#checkpoints.save().catch((error: unknown) => {
      this.#hasUnsavedPoints = true;
      if (!isPassing(error)) health.fail('write checkpoints', error);
    });
  }
}

function compactorFor(platform: Platform, { threads }: Disk): Compactor {
  return threads ? new ThreadCompactor(platform, threads) : new LoopCompactor(platform);
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
    ...state.outline,
    leaderEpoch: state.onlyLeaderEpoch,
    damageCount: state.corrupt.list.length,
  };
}

function otherTopicId(key: string, existing: PartitionLog, topicId: string): Error {
  const message = `the log ${key} belongs to topic id ${existing.topicId}, not ${topicId}; delete it first`;
  return Object.assign(new Error(message), { code: 'ERR_LOG_TOPIC_ID' });
}
