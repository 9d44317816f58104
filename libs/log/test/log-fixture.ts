// What the log's tests share: batches, a platform on a memory disk or a real directory, reading a log as records.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Disk,
  type DiskFile,
  type DiskLock,
  type Logger,
  memoryDisk,
  type MemoryDisk,
  nodePlatform,
  type Platform,
  silentLogger,
} from '@drave/platform';
import { forEachBatch, type KafkaRecord, RecordBatchBuilder } from '@drave/protocol';
import {
  LogManager,
  type LogManagerOptions,
  logSettings,
  type LogSettings,
  type PartitionLog,
} from '../src/index.js';

export const tp = { topic: 'flights', partition: 0 };
export const topicId = '5c1f8b1e-6a44-4a5e-9d0e-0d0f2d1f9a11';
export const nowMs = 1_700_000_000_000;

export interface BatchSpec {
  readonly values?: readonly string[];
  readonly timestamp?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isControl?: boolean;
  readonly isTransactional?: boolean;
  readonly keyed?: boolean;
}

/** A fresh client batch. */
export function batchOf(spec: BatchSpec = {}): Buffer {
  const { values = ['v'], timestamp = nowMs, keyed = true, ...options } = spec;
  const builder = new RecordBatchBuilder(options);
  for (const value of values) {
    builder.append({ key: keyed ? Buffer.from('k') : null, value: Buffer.from(value), timestamp });
  }
  return Buffer.from(builder.build());
}

export interface LoggedEvent {
  readonly level: string;
  readonly event: string;
  readonly fields: unknown;
}

export function recordingLogger(events: LoggedEvent[]): Logger {
  const at = (level: string) => (event: string, fields?: unknown) =>
    void events.push({ level, event, fields });
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return logger;
}

export function platformOn(disk: Disk, logger: Logger = silentLogger): Platform {
  return { ...nodePlatform(), disk, logger };
}

/** `isSlow`: asynchronous disk calls settle in a later turn, so that a crash finds them under way. */
export function memory(seed = 1, isSlow = false): { disk: MemoryDisk; platform: Platform } {
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const disk = memoryDisk(isSlow ? { seed, settle } : { seed });
  return { disk, platform: platformOn(disk) };
}

export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'drave-log-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export function openManager(
  platform: Platform,
  options: Partial<LogManagerOptions> = {},
): Promise<LogManager> {
  return LogManager.open({ platform, directory: '/data', flush: 'group', nodeId: 1, ...options });
}

export function createLog(manager: LogManager, settings: Partial<LogSettings> = {}): PartitionLog {
  return manager.create(tp, { topicId, settings: logSettings(settings) });
}

export const client = { leaderEpoch: 0, nowMs, origin: 'client' } as const;

/** Appends and waits until it is acknowledged. */
export async function append(log: PartitionLog, spec: BatchSpec = {}): Promise<number> {
  const result = log.appendAsLeader(batchOf(spec), client);
  await result.written;
  return result.baseOffset;
}

/** Everything from `offset` on, by reads of `maxBytes`. */
export async function readAll(
  log: PartitionLog,
  offset = log.logStartOffset,
  maxBytes = 1_000,
): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = [];
  for (let next = offset; next < log.logEndOffset;) {
    const result = await log.read({ offset: next, maxBytes, boundOffset: log.logEndOffset });
    if (result.records.length === 0) throw new Error(`nothing to read at ${next}`);
    forEachBatch(result.records, (batch) => {
      if (!batch.crcIsValid()) throw new Error(`checksum wrong at ${batch.baseOffset}`);
      records.push(...batch.records().filter((record) => record.offset >= next));
    });
    next = result.nextOffset;
  }
  return records;
}

export async function valuesOf(log: PartitionLog, offset?: number): Promise<string[]> {
  return (await readAll(log, offset)).map((record) => `${record.offset}:${record.value}`);
}

/** The disk as one process sees it: after `kill` a manager that still runs in this test reaches nothing any more. */
export function mortalDisk(disk: MemoryDisk): { disk: Disk; kill(): void } {
  let isAlive = true;
  const locks: DiskLock[] = [];
  const mortal = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get(_target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          if (isAlive) return born(Reflect.apply(member, target, args), name);
          if (!String(name).endsWith('Sync')) return new Promise(() => undefined);
          throw Object.assign(new Error('EIO: the process is dead'), { code: 'EIO' });
        };
      },
    });
  const born = (result: unknown, name: string | symbol): unknown => {
    if (name === 'openSync') return mortal(result as DiskFile);
    if (name === 'open') return (result as Promise<DiskFile>).then(mortal);
    if (name !== 'lock') return result;
    return (result as Promise<DiskLock>).then((lock) => {
      locks.push(lock);
      return lock;
    });
  };
  return {
    disk: mortal(disk as Disk),
    kill: () => {
      isAlive = false;
      for (const lock of locks) void lock.release();
    },
  };
}
