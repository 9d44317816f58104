// A small XFS on a loop device that can lose its power: the shutdown ioctl ends all I/O at once, what was not synced is gone after the next
// mount. Protects: what was made (image, loop device, mount) goes in the end, whatever ends the process.
// Leaves out: disks that lie about flushing; the image itself is in the page cache of the real disk.

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onEnd } from './endings.ts';

const run = promisify(execFile);
const imageBytes = 1024 * 1024 * 1024;

export class XfsVolume {
  readonly mountPoint: string;
  readonly #folder: string;
  readonly #device: string;
  #isMounted = false;

  private constructor(folder: string, device: string) {
    this.#folder = folder;
    this.#device = device;
    this.mountPoint = join(folder, 'volume');
  }

  /** Makes and mounts one; where that is not possible: why, as a clause. */
  static async make(): Promise<XfsVolume | string> {
    if (process.platform !== 'linux') return 'XFS is mounted on Linux only';
    if (process.getuid?.() !== 0) return 'only root may mount';
    for (const [tool, ...args] of [
      ['mkfs.xfs', '-V'],
      ['xfs_io', '-V'],
      ['losetup', '--version'],
    ] as const) {
      const isThere = await run(tool, args).then(
        () => true,
        () => false,
      );
      if (!isThere) return `${tool} is missing (package xfsprogs or mount)`;
    }
    const folder = mkdtempSync(join(tmpdir(), 'drave-powerloss-'));
    onEnd(() => rmSync(folder, { recursive: true, force: true }));
    const image = join(folder, 'image');
    writeFileSync(image, '');
    truncateSync(image, imageBytes);
    try {
      await run('mkfs.xfs', ['-q', image]);
      const { stdout } = await run('losetup', ['--find', '--show', image]);
      const volume = new XfsVolume(folder, stdout.trim());
      onEnd(() => volume.remove());
      await run('mkdir', [volume.mountPoint]);
      await volume.mount();
      await run('xfs_io', ['-x', '-c', 'help shutdown', volume.mountPoint]);
      return volume;
    } catch (error) {
      return `a loop device with XFS cannot be mounted here (${firstLine(error)})`;
    }
  }

  async mount(): Promise<void> {
    await run('mount', ['-t', 'xfs', this.#device, this.mountPoint]);
    this.#isMounted = true;
  }

  /** From now on all is durable that was written before. */
  async settle(): Promise<void> {
    await run('sync', ['-f', this.mountPoint]);
  }

  /**
   * The power fails: all I/O ends with EIO, the page cache of the volume is void. `keepsJournal`: the file system's own journal is
   * flushed first, so that metadata are newer than data; else it is lost as well.
   */
  async shutDown({ keepsJournal }: { readonly keepsJournal: boolean }): Promise<void> {
    await run('xfs_io', ['-x', '-c', keepsJournal ? 'shutdown -f' : 'shutdown', this.mountPoint]);
  }

  /** Nobody may have a file open on it. */
  async unmount(): Promise<void> {
    await run('umount', [this.mountPoint]);
    this.#isMounted = false;
  }

  /** Unmounts and detaches, even when a file is still open. May be called again. */
  remove(): void {
    const quietly = { stdio: 'ignore' } as const;
    try {
      if (this.#isMounted) execFileSync('umount', ['-l', this.mountPoint], quietly);
      this.#isMounted = false;
      execFileSync('losetup', ['-d', this.#device], quietly);
    } catch {
      // Detached before.
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function firstLine(error: unknown): string {
  const { stderr } = error as { readonly stderr?: string };
  return (stderr || String(error)).split('\n')[0] ?? '';
}
