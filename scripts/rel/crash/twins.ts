// Broken twins: each is the product with one mistake, made by a disk that lies to it. A proof that stays green with a twin is no proof.
// Protects: the product has no switches for them; what it promises is broken only through the ports it stands on.
// Leaves out: mistakes that no disk can make for the log (a trusted index). Source: reliability design, 10.3.

import { type Disk, type DiskFile, errorCode, systemError } from '@drave/platform';
import { crc32c } from '@drave/protocol';

export interface Twin {
  readonly name: string;
  /** The mistake, as a clause. */
  readonly mistake: string;
  /** The proofs that must fail with it. */
  readonly seenBy: readonly ('torn' | 'bitflip' | 'ioerr' | 'diskfull')[];
  readonly disk: (disk: Disk) => Disk;
  /** The only files in which `bitflip` can see it; all of their bits are inverted. */
  readonly flips?: RegExp;
  /** For the proofs that keep a reserve. */
  readonly reserveBytes?: number;
}

/** The same disk with some calls of its own. */
function diskWith(disk: Disk, changes: Partial<Disk>): Disk {
  return new Proxy<Disk>(disk, {
    get: (_, name: keyof Disk) => {
      const value = changes[name] ?? disk[name];
      return typeof value === 'function' && changes[name] === undefined ? value.bind(disk) : value;
    },
  });
}

function fileWith(file: DiskFile, changes: Partial<DiskFile>): DiskFile {
  return new Proxy<DiskFile>(file, {
    get: (_, name: keyof DiskFile) => {
      const value = changes[name] ?? file[name];
      return typeof value === 'function' && changes[name] === undefined ? value.bind(file) : value;
    },
  });
}

/** All files whose path `matches` with some calls of their own. */
function filesWith(
  disk: Disk,
  matches: RegExp,
  change: (file: DiskFile) => Partial<DiskFile>,
): Disk {
  const changed = (file: DiskFile): DiskFile =>
    matches.test(file.path) ? fileWith(file, change(file)) : file;
  return diskWith(disk, {
    open: async (path, mode) => changed(await disk.open(path, mode)),
    openSync: (path, mode) => changed(disk.openSync(path, mode)),
  });
}

const done = (): Promise<void> => Promise.resolve();

/** The bytes of a segment file with the checksum of every batch made right. */
function withRightChecksums(file: DiskFile): Buffer {
  const bytes = Buffer.alloc(file.sizeSync());
  file.readSync(bytes, 0, bytes.length, 0);
  for (let at = 0; at + 61 <= bytes.length;) {
    const end = at + 12 + bytes.readInt32BE(at + 8);
    if (end < at + 61 || end > bytes.length) break;
    bytes.writeUInt32BE(crc32c(bytes, at + 21, end), at + 17);
    at = end;
  }
  return bytes;
}

/** Side files with a checksum at byte 2 over all from byte 6 on, cut to `sizeBytes` with their counts, at `counts`, zero. */
function emptied(sizeBytes: number, counts: readonly number[]) {
  return (file: DiskFile): Partial<DiskFile> => {
    const readSync: DiskFile['readSync'] = (target, targetStart, length, position) => {
      const bytes = Buffer.alloc(sizeBytes);
      file.readSync(bytes, 0, sizeBytes, 0);
      for (const at of counts) bytes.writeInt32BE(0, at);
      bytes.writeUInt32BE(crc32c(bytes, 6), 2);
      const part = bytes.subarray(position, position + length);
      target.set(part, targetStart);
      return part.length;
    };
    return {
      sizeSync: () => sizeBytes,
      readSync,
      read: async (...request) => readSync(...request),
    };
  };
}

function uncheckedReads(file: DiskFile): Partial<DiskFile> {
  const readSync: DiskFile['readSync'] = (target, targetStart, length, position) => {
    const bytes = withRightChecksums(file).subarray(position, position + length);
    target.set(bytes, targetStart);
    return bytes.length;
  };
  return { readSync, read: async (...request) => readSync(...request) };
}

export const twins: readonly Twin[] = [
  {
    name: 'ack-before-sync',
    mistake: 'acknowledges before fdatasync',
    seenBy: ['torn'],
    disk: (disk) => filesWith(disk, /./, () => ({ sync: done })),
  },
  {
    name: 'no-directory-sync',
    mistake: 'never syncs a directory after making or renaming a file',
    seenBy: ['torn'],
    disk: (disk) => diskWith(disk, { syncDirectory: done }),
  },
  {
    name: 'rename-without-sync',
    mistake: 'replaces small files without syncing the new one before the rename',
    seenBy: ['torn'],
    disk: (disk) => {
      let serial = 0;
      return diskWith(disk, {
        writeFileAtomic: async (path, content) => {
          const temporary = `${path}.${++serial}.tmp`;
          const file = await disk.open(temporary, 'create');
          await file.write([content], 0);
          await file.close();
          await disk.rename(temporary, path);
          await disk.syncDirectory(path.slice(0, path.lastIndexOf('/')));
        },
      });
    },
  },
  {
    name: 'no-journal-replay',
    mistake: 'does not look into the journal after a crash',
    seenBy: ['torn'],
    disk: (disk) =>
      diskWith(disk, {
        stat: async (path) => (/journal\.\d$/.test(path) ? undefined : disk.stat(path)),
      }),
  },
  {
    name: 'journal-recycled-early',
    mistake: 'recycles the journal before its segments are synced',
    seenBy: ['torn'],
    disk: (disk) => filesWith(disk, /\d{20}\.log$/, () => ({ sync: done })),
  },
  {
    name: 'no-crc',
    mistake: 'checks no batch checksum, neither in recovery nor on reads',
    seenBy: ['torn', 'bitflip'],
    disk: (disk) => filesWith(disk, /\d{20}\.log$/, uncheckedReads),
  },
  {
    name: 'seals-ignored',
    mistake: 'holds no segment against its seal',
    seenBy: ['bitflip'],
    flips: /keys-0.*\.log$/, // only among compacted offsets does nothing else tell
    disk: (disk) =>
      diskWith(disk, {
        openSync: (path, mode) => {
          if (path.endsWith('.seal')) throw systemError('ENOENT', 'the mistake', { path });
          return disk.openSync(path, mode);
        },
      }),
  },
  {
    name: 'aborts-forgotten',
    mistake: 'takes the transaction index of a segment for empty',
    seenBy: ['torn'],
    disk: (disk) => filesWith(disk, /\.txnindex$/, emptied(38, [30, 34])),
  },
  {
    name: 'producers-forgotten',
    mistake: 'begins a recovery at a snapshot without what it says of producers',
    seenBy: ['torn'],
    disk: (disk) => filesWith(disk, /\.snapshot$/, emptied(18, [14])),
  },
  {
    name: 'torn-tail-kept',
    mistake: 'does not cut the torn tail of a segment',
    seenBy: ['torn'],
    disk: (disk) => filesWith(disk, /\d{20}\.log$/, () => ({ truncate: done })),
  },
  {
    name: 'stale-marker',
    mistake: 'leaves the clean-shutdown marker in place after a start',
    seenBy: ['torn'],
    disk: (disk) =>
      diskWith(disk, {
        remove: (path) => (path.endsWith('.clean-shutdown') ? done() : disk.remove(path)),
      }),
  },
  {
    name: 'sync-retried',
    mistake: 'tries a failed fdatasync again and believes the second answer',
    seenBy: ['ioerr'],
    disk: (disk) =>
      filesWith(disk, /./, (file) => ({ sync: () => file.sync().catch(() => file.sync()) })),
  },
  {
    name: 'write-error-ignored',
    mistake: 'takes a failed write for a whole one',
    seenBy: ['ioerr'],
    disk: (disk) =>
      filesWith(disk, /\d{20}\.log$/, (file) => ({
        writeSync: (chunks, position) => {
          try {
            file.writeSync(chunks, position);
          } catch {
            // The mistake.
          }
        },
      })),
  },
  {
    name: 'no-reserve',
    mistake: 'lets clients fill the disk',
    seenBy: ['diskfull'],
    disk: (disk) => disk,
    reserveBytes: 0,
  },
  {
    name: 'full-disk-ignored',
    mistake: 'takes a write that found no room for a whole one', // seen on the tmpfs
    seenBy: ['diskfull'],
    disk: (disk) =>
      filesWith(disk, /\d{20}\.log$/, (file) => ({
        writeSync: (chunks, position) => withoutRoom(() => file.writeSync(chunks, position)),
        write: async (chunks, position) =>
          file.write(chunks, position).catch((error: unknown) => {
            withoutRoom(() => {
              throw error;
            });
          }),
      })),
  },
];

/** The mistake: a full disk is no error. */
function withoutRoom(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (errorCode(error) !== 'ENOSPC') throw error;
  }
}

/** The twin that `--twin NAME` asks for; undefined without the option. An unknown name ends the process with the known ones. */
export function twinOption(options: readonly string[]): Twin | undefined {
  const index = options.indexOf('--twin');
  if (index < 0) return undefined;
  const twin = twins.find(({ name }) => name === options[index + 1]);
  if (twin !== undefined) return twin;
  console.error(`--twin takes one of: ${twins.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
