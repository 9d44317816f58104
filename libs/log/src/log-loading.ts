// Finds the logs of a data directory at its start. Protects: after a clean stop no file of a log is opened; after a crash each log is
// recovered, journal included, before anybody sees it; a directory without sound metadata is put aside, never deleted.
// Leaves out: the recovery of one log (log-recovery.ts).

import { basename } from 'node:path';
import { parseTopicPartitionKey, type TopicPartition, topicPartitionKey } from '@drave/contracts';
import type { Platform } from '@drave/platform';
import {
  type CleanLog,
  cleanShutdownName,
  coldProducersOf,
  decodeCleanShutdown,
} from './clean-shutdown.js';
import { adoptDamage } from './damage-checkpoint.js';
import { FoundJournal } from './journal-replay.js';
import { inLanes } from './lanes.js';
import { LeaderEpochs } from './leader-epochs.js';
import { recoverLog } from './log-recovery.js';
import { defaultLogSettings } from './log-settings.js';
import { type LogEnvironment, LogState, type SegmentsOutline } from './log-state.js';
import { logStartsName, type OffsetCheckpoints, recoveryPointsName } from './offset-checkpoints.js';
import {
  readIfThere,
  readTopicId,
  setPartitionAside,
  syncMetadata,
} from './partition-directory.js';
import { PartitionLog } from './partition-log.js';
import { ProducerState } from './producer-state.js';

export interface LogLoading {
  readonly environment: LogEnvironment;
  readonly checkpoints: OffsetCheckpoints;
  /** What the marker says; undefined without a sound one. */
  readonly clean: Iterable<CleanLog> | undefined;
  /** The last stop was clean, or the directory is new. */
  readonly isClean: boolean;
  /** Hears of each log; `key`: `<topic>-<partition>`. */
  readonly add: (key: string, log: PartitionLog) => void;
  /** Makes a partition's directory anew, durably. */
  readonly makeDirectory: (key: string, directory: string, topicId: string) => Promise<void>;
  /** Makes the checkpoints say what was found. */
  readonly saveCheckpoints: () => Promise<void>;
}

/** Settles when all logs are known. Rejects with the disk's errors. */
export async function loadLogs(loading: LogLoading): Promise<void> {
  const { environment, checkpoints, clean = [] } = loading;
  const { platform, directory } = environment;
  const { disk, logger } = platform;
  const names = new Set(await disk.list(directory));
  const prefix = `${directory}/`;
  let cleanCount = 0;
  for (const log of clean) {
    cleanCount++;
    const name = topicPartitionKey(log);
    if (names.delete(name)) loading.add(name, coldLog(loading, prefix + name, log));
    // Of an empty one nothing was ever promised; whoever needs it makes it again.
    else if (log.logEndOffset > 0) {
      logger.error('log-directory-missing', { directory, partition: name });
    }
  }
  const unknown: TopicPartition[] = [];
  for (const name of names) {
    if (name.endsWith('-delete')) await disk.remove(prefix + name);
    const topicPartition = parseTopicPartitionKey(name);
    if (topicPartition !== undefined) unknown.push(topicPartition);
  }
  // Only what has to be recovered asks them: after a clean stop nothing does.
  const isAsked = unknown.length > 0;
  const recoveryPoints = isAsked ? await checkpoints.read(recoveryPointsName) : undefined;
  const logStarts = isAsked ? await checkpoints.read(logStartsName) : undefined;
  // Whether it must be replayed says the marker: a clean stop leaves it empty.
  const journal = loading.isClean ? undefined : await FoundJournal.read(disk, directory);
  await inLanes(unknown, (topicPartition) => {
    const key = topicPartitionKey(topicPartition);
    return recover(loading, topicPartition, {
      journal,
      recoveryPoint: recoveryPoints?.get(key) ?? 0,
      logStartOffset: logStarts?.get(key) ?? 0,
    });
  });
  if (unknown.length > 0) await disk.syncDirectory(directory);
  await journal?.clear(platform.random);
  if (cleanCount === 0) await loading.saveCheckpoints();
}

function coldLog(loading: LogLoading, directory: string, clean: CleanLog): PartitionLog {
  const { environment } = loading;
  const state = new LogState({
    directory,
    segments: { environment, outline: outlineOf(clean) },
    logStartOffset: clean.logStartOffset,
    logEndOffset: clean.logEndOffset,
    producers: new ProducerState(),
    epochs: LeaderEpochs.ofOne(clean.leaderEpoch, clean.bases[0] ?? 0),
    // Of a log that never had a byte no name need have survived: its directory is made again.
    makeDurable:
      clean.activeBytes === 0 ? againMaker(loading, directory, clean.topicId) : undefined,
  });
  if (clean.damageCount > 0) adoptDamage(environment, state);
  return new PartitionLog({
    environment,
    topicPartition: { topic: clean.topic, partition: clean.partition },
    topicId: clean.topicId,
    settings: defaultLogSettings,
    state,
    cold: coldProducersOf(clean),
  });
}

const justZero: readonly number[] = Object.freeze([0]);

function outlineOf({ bases, activeBytes, newestMs }: CleanLog): SegmentsOutline {
  const isFirst = bases.length === 1 && bases[0] === 0;
  return { bases: isFirst ? justZero : bases, activeBytes, newestMs };
}

/** A closure of its own, which keeps nothing else alive. */
function againMaker(
  { makeDirectory }: LogLoading,
  directory: string,
  topicId: string,
): () => Promise<void> {
  return () => makeDirectory(basename(directory), directory, topicId);
}

async function recover(
  { environment, add }: LogLoading,
  topicPartition: TopicPartition,
  start: {
    readonly journal: FoundJournal | undefined;
    readonly recoveryPoint: number;
    readonly logStartOffset: number;
  },
): Promise<void> {
  const { platform } = environment;
  const directory = `${environment.directory}/${topicPartitionKey(topicPartition)}`;
  const stat = await platform.disk.stat(directory);
  if (stat?.kind !== 'directory') return;
  const topicId = await readTopicId(platform, directory);
  if (topicId === undefined) {
    await setPartitionAside(platform, environment.directory, topicPartition);
    return;
  }
  const state = await recoverLog(environment, {
    directory,
    recoveryPoint: start.recoveryPoint,
    logStartOffset: start.logStartOffset,
    entries: start.journal?.entriesOf(topicPartition, topicId) ?? [],
  });
  await syncMetadata(platform, directory);
  const key = topicPartitionKey(topicPartition);
  add(
    key,
    new PartitionLog({ environment, topicPartition, topicId, settings: defaultLogSettings, state }),
  );
  const { logStartOffset, logEndOffset } = state;
  platform.logger.info('log-recovered', { directory, logStartOffset, logEndOffset });
}

/** Reads the marker and removes it, so that a crash from now on is one. undefined: recover. */
export async function takeMarker(
  platform: Platform,
  directory: string,
): Promise<Iterable<CleanLog> | undefined> {
  const path = `${directory}/${cleanShutdownName}`;
  const content = await readIfThere(platform, path);
  if (content === undefined) return undefined;
  await platform.disk.remove(path);
  await platform.disk.syncDirectory(directory);
  return decodeCleanShutdown(content);
}
