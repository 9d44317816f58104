// Disk errors on demand: fail the n-th operation of a kind from now on. A fault tells whether it was hit, so that a test
// can prove that it tested something.

import { systemError } from '../system-error.js';

export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'rename'
  | 'remove'
  | 'sync-directory'
  | 'make-directory'
  | 'list';

export interface DiskFaultOptions {
  readonly operation: DiskOperation;
  /** 1: the next operation of the kind (default), 2: the one after it, … */
  readonly nth?: number;
  readonly code: 'EIO' | 'ENOSPC' | 'EACCES' | 'EMFILE';
  /** Only operations on paths that contain this text count. */
  readonly pathPart?: string;
  /** True: all later ones fail as well, until `remove`. Default false. */
  readonly isLasting?: boolean;
}

export interface DiskFault {
  /** How often it struck. */
  readonly hitCount: number;
  remove(): void;
}

interface Entry {
  readonly options: DiskFaultOptions;
  remaining: number;
  hitCount: number;
}

export class DiskFaults {
  readonly #entries = new Set<Entry>();
  /** Operations seen so far by kind; for tests that fail each of them once. */
  readonly counts = new Map<DiskOperation, number>();
  readonly #observe: ((operation: DiskOperation, path: string) => void) | undefined;

  constructor(observe?: (operation: DiskOperation, path: string) => void) {
    this.#observe = observe;
  }

  add(options: DiskFaultOptions): DiskFault {
    const entry: Entry = { options, remaining: options.nth ?? 1, hitCount: 0 };
    this.#entries.add(entry);
    return {
      get hitCount() {
        return entry.hitCount;
      },
      remove: () => {
        this.#entries.delete(entry);
      },
    };
  }

  /** Throws when a fault strikes this operation. */
  check(operation: DiskOperation, path: string): void {
    this.#observe?.(operation, path);
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1);
    for (const entry of this.#entries) {
      const { options } = entry;
      if (options.operation !== operation || !path.includes(options.pathPart ?? '')) continue;
      entry.remaining -= 1;
      if (entry.remaining > 0) continue;
      entry.hitCount += 1;
      if (!options.isLasting) this.#entries.delete(entry);
      throw systemError(options.code, `injected into ${operation} of ${path}`, {
        path,
        syscall: operation,
      });
    }
  }
}
