// One data directory: who may use it, and whether its disk still works.
// Protects: only an empty directory or one of ours is used, by one process; after a failed write or sync nothing is
// acknowledged any more (the pages may be gone although a second sync would succeed). Leaves out: partitions (log-manager.ts).
//
//   meta.properties: sealed text, `key=value` lines: drave.format=1, version=1, cluster.id, node.id, directory.id

import { dirname } from 'node:path';
import { KafkaError } from '@drave/contracts';
import { type Disk, type DiskLock, errorCode, type Platform } from '@drave/platform';
import { isDiskFull } from './disk-room.js';
import { openSealedText, sealText } from './sealed-text.js';

export type LogDirectoryErrorCode =
  | 'ERR_LOG_DIRECTORY_IN_USE'
  | 'ERR_LOG_DIRECTORY_UNREADABLE'
  | 'ERR_LOG_DIRECTORY_FULL'
  | 'ERR_LOG_DIRECTORY_FOREIGN'
  | 'ERR_LOG_DIRECTORY_IDENTITY';

/** A directory that is refused; the message is one sentence for the operator. */
export class LogDirectoryError extends Error {
  readonly code: LogDirectoryErrorCode;

  constructor(code: LogDirectoryErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'LogDirectoryError';
    this.code = code;
  }
}

export interface Identity {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: string;
}

export interface DirectoryOptions {
  readonly platform: Platform;
  readonly directory: string;
  readonly nodeId: number;
  /** Expected, or given to a new directory; a random one when absent. */
  readonly clusterId?: string;
}

const identityName = 'meta.properties';
/** What a fresh mount or our own interrupted first start may hold. */
const harmlessName = /^(lost\+found|\..*|.*\.tmp)$/;

/** Locks the directory, creates it when missing and reads or writes its identity. Throws LogDirectoryError. */
export async function openDirectory(
  options: DirectoryOptions,
): Promise<{ identity: Identity; lock: DiskLock; isNew: boolean }> {
  const { platform, directory } = options;
  const isNew = await prepare(platform.disk, directory);
  const lock = await takeLock(platform.disk, directory);
  try {
    // Looked at again under the lock: another process may have founded the directory meanwhile.
    const founded = await platform.disk.stat(`${directory}/${identityName}`);
    const identity = founded ? await readIdentity(options) : await found(options);
    return { identity, lock, isNew };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** True when the directory has no identity yet, nor anything else. */
async function prepare(disk: Disk, directory: string): Promise<boolean> {
  try {
    const stat = await disk.stat(directory);
    if (stat?.kind === 'file') {
      throw new LogDirectoryError(
        'ERR_LOG_DIRECTORY_UNREADABLE',
        `The data directory ${directory} is a file; name a directory.`,
      );
    }
    if (stat === undefined) await makeDurably(disk, directory);
    // Asked for by its name: a directory of many logs need not be listed for it.
    if ((await disk.stat(`${directory}/${identityName}`)) !== undefined) return false;
    const names = await disk.list(directory);
    if (names.includes(identityName)) return false;
    refuseForeign(directory, names);
    return true;
  } catch (error) {
    throw unreadable(directory, error);
  }
}

/** Makes the directory and its missing parents so that a crash does not take them, and the data in them, away. */
async function makeDurably(disk: Disk, directory: string): Promise<void> {
  const parents: string[] = [];
  for (let parent = dirname(directory); ; parent = dirname(parent)) {
    parents.push(parent);
    if ((await disk.stat(parent)) !== undefined || parent === dirname(parent)) break;
  }
  await disk.makeDirectory(directory);
  for (const parent of parents) await disk.syncDirectory(parent);
}

function refuseForeign(directory: string, names: readonly string[]): void {
  const strange = names.find((name) => !harmlessName.test(name));
  if (strange === undefined) return;
  throw new LogDirectoryError(
    'ERR_LOG_DIRECTORY_FOREIGN',
    `The data directory ${directory} holds other files (${strange}) but no ${identityName}: name an empty directory or one that Drave made.`,
  );
}

async function takeLock(disk: Disk, directory: string): Promise<DiskLock> {
  try {
    return await disk.lock(directory);
  } catch (error) {
    if (isDiskFull(error)) throw fullDisk(directory, error, 'for its lock');
    if (errorCode(error) !== 'ELOCKED') throw unreadable(directory, error);
    const pid = holderOf(error);
    throw new LogDirectoryError(
      'ERR_LOG_DIRECTORY_IN_USE',
      `The data directory ${directory} is in use by another process${pid === undefined ? '' : ` (pid ${pid})`}; stop it or name another directory.`,
      { cause: error },
    );
  }
}

async function readIdentity(options: DirectoryOptions): Promise<Identity> {
  const { directory, platform, nodeId, clusterId } = options;
  const content = await platform.disk.readFile(`${directory}/${identityName}`).catch((error) => {
    throw unreadable(directory, error);
  });
  const body = openSealedText(content);
  if (body === undefined) {
    const isKafkas = /^cluster\.id=/m.test(content.toString('latin1'));
    throw new LogDirectoryError(
      isKafkas ? 'ERR_LOG_DIRECTORY_FOREIGN' : 'ERR_LOG_DIRECTORY_IDENTITY',
      isKafkas
        ? `The data directory ${directory} was made by another program; name an empty directory or one that Drave made.`
        : `${directory}/${identityName} is damaged; restore it from a backup.`,
    );
  }
  const values = new Map(
    body.split('\n').map((line) => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)] as const;
    }),
  );
  if (values.get('drave.format') !== '1') {
    throw new LogDirectoryError(
      'ERR_LOG_DIRECTORY_IDENTITY',
      `The data directory ${directory} has format ${values.get('drave.format')}, this version reads format 1; use the version that wrote it.`,
    );
  }
  const identity = {
    clusterId: values.get('cluster.id') ?? '',
    nodeId: Number(values.get('node.id')),
    directoryId: values.get('directory.id') ?? '',
  };
  if (identity.nodeId !== nodeId || (clusterId ?? identity.clusterId) !== identity.clusterId) {
    throw new LogDirectoryError(
      'ERR_LOG_DIRECTORY_IDENTITY',
      `The data directory ${directory} belongs to node ${identity.nodeId} of cluster ${identity.clusterId}, not to node ${nodeId}${clusterId === undefined ? '' : ` of cluster ${clusterId}`}; name that node's directory.`,
    );
  }
  return identity;
}

async function found(options: DirectoryOptions): Promise<Identity> {
  const { platform, directory, nodeId } = options;
  const identity: Identity = {
    clusterId: options.clusterId ?? platform.random.bytes(16).toString('base64url'),
    nodeId,
    directoryId: platform.random.bytes(16).toString('base64url'),
  };
  const lines = [
    'drave.format=1',
    'version=1',
    `cluster.id=${identity.clusterId}`,
    `node.id=${nodeId}`,
    `directory.id=${identity.directoryId}`,
  ];
  try {
    await platform.disk.writeFileAtomic(`${directory}/${identityName}`, sealText(lines.join('\n')));
  } catch (error) {
    throw unreadable(directory, error);
  }
  return identity;
}

function unreadable(directory: string, error: unknown): LogDirectoryError {
  if (error instanceof LogDirectoryError) return error;
  if (isDiskFull(error)) return fullDisk(directory, error);
  const reason = errorCode(error) ?? String(error);
  return new LogDirectoryError(
    'ERR_LOG_DIRECTORY_UNREADABLE',
    `The data directory ${directory} cannot be read and written (${reason}); check its path, owner and permissions.`,
    { cause: error },
  );
}

/** The directory cannot be opened for want of room; `purpose`: what that was to be. */
export function fullDisk(directory: string, error: unknown, purpose = ''): LogDirectoryError {
  return new LogDirectoryError(
    'ERR_LOG_DIRECTORY_FULL',
    `The disk of the data directory ${directory} is full (${errorCode(error) ?? String(error)}): a start needs some room there${purpose === '' ? '' : ` ${purpose}`}; free some, by files that are not Drave's or a larger disk, and start again, no record is lost.`,
    { cause: error },
  );
}

function holderOf(error: unknown): number | undefined {
  const { holderPid } = error as { holderPid?: unknown };
  return typeof holderPid === 'number' ? holderPid : undefined;
}

/** Whether the directory's disk still works; the first failure is final. */
export class DirectoryHealth {
  readonly #platform: Platform;
  readonly #directory: string;
  readonly #onFailure: Array<(error: KafkaError) => void> = [];
  #failure: KafkaError | undefined;

  constructor(platform: Platform, directory: string) {
    this.#platform = platform;
    this.#directory = directory;
  }

  get failure(): KafkaError | undefined {
    return this.#failure;
  }

  /** Runs `callback` once, at the first failure. */
  onFailure(callback: (error: KafkaError) => void): void {
    this.#onFailure.push(callback);
  }

  /** Takes the directory out of service for good. `action` is what failed: "write …", "sync …". */
  fail(action: string, cause: unknown): KafkaError {
    if (this.#failure) return this.#failure;
    const failure = new KafkaError(
      'KAFKA_STORAGE_ERROR',
      `cannot ${action} (${errorCode(cause) ?? String(cause)}): the data directory ${this.#directory} takes no more writes; free or replace the disk and restart the broker`,
      { cause },
    );
    this.#failure = failure;
    this.#platform.logger.error('log-directory-failed', {
      directory: this.#directory,
      action,
      error: String(cause),
    });
    for (const callback of this.#onFailure.splice(0)) callback(failure);
    return failure;
  }

  throwIfFailed(): void {
    if (this.#failure) throw this.#failure;
  }
}
