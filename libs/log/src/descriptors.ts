// What happens when the process (or the machine) has no file descriptor left: waiting, because they come back as soon as sockets and
// files are closed. Protects: that the want of a descriptor is never taken for a failed disk, nor for a missing file; waiting has a bound.
// Leaves out: opens that cannot wait: appends stay queued (append-queue.ts), readers get an error.

import { type Disk, errorCode, type Platform } from '@drave/platform';
import { SyncError } from './sync-error.js';

const retryMs = 100;
/** Ten seconds in all. */
const attemptsMax = 100;

/** How long an append waits before it tries to open its segment again. */
export const descriptorWaitMs = 50;

export function isOutOfDescriptors(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'EMFILE' || code === 'ENFILE';
}

/** Runs `open` again while there is no descriptor for it; it must be safe to repeat. Rejects with its last error. */
export async function whenDescriptorsAllow<Result>(
  platform: Pick<Platform, 'scheduler' | 'logger'>,
  open: () => Result | Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await open();
    } catch (error) {
      if (!isOutOfDescriptors(error) || attempt === attemptsMax) throw error;
      if (attempt === 1) platform.logger.warn('descriptors-exhausted', { error: String(error) });
      await new Promise<void>((resolve) => void platform.scheduler.setTimer(retryMs, resolve));
    }
  }
}

/** `platform.disk`, whose asynchronous calls wait for descriptors. Each of them may be repeated as a whole. */
export function patientDisk(platform: Platform): Disk {
  const { disk } = platform;
  const patiently = <Result>(work: () => Promise<Result>): Promise<Result> =>
    whenDescriptorsAllow(platform, work);
  return {
    open: (path, mode) => patiently(() => disk.open(path, mode)),
    openSync: (path, mode) => disk.openSync(path, mode),
    readFile: (path) => patiently(() => disk.readFile(path)),
    writeFileAtomic: (path, content) => patiently(() => disk.writeFileAtomic(path, content)),
    list: (path) => patiently(() => disk.list(path)),
    makeDirectory: (path) => patiently(() => disk.makeDirectory(path)),
    stat: (path) => patiently(() => disk.stat(path)),
    rename: (from, to) => disk.rename(from, to),
    link: (from, to) => disk.link(from, to),
    remove: (path) => patiently(() => disk.remove(path)),
    syncDirectory: (path) =>
      patiently(() => disk.syncDirectory(path)).catch((error: unknown) => {
        throw isOutOfDescriptors(error) ? error : new SyncError(path, error);
      }),
    lock: (directory) => disk.lock(directory),
    freeBytes: (path) => disk.freeBytes(path),
    totalBytes: (path) => disk.totalBytes(path),
  };
}
