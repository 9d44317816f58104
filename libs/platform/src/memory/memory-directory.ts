// Names of one directory in memory, twice: what a reader sees and what a crash cannot take.
// Protects: after `crash` the directory holds the durable names plus any subset of the unsynced changes in their order.
// A rename is one change even between two directories: it happened in both or in none.

import type { SeededRandom } from '../seeded-random.js';
import { MemoryFileNode } from './memory-file.js';

export type MemoryNode = MemoryFileNode | MemoryDirectory;

/** One change of names; `parts` name the directories it concerns. */
interface NameChange {
  readonly parts: readonly {
    readonly directory: MemoryDirectory;
    readonly name: string;
    readonly node: MemoryNode | undefined;
  }[];
}

export class MemoryDirectory {
  readonly kind = 'directory';
  readonly sizeBytes = 0;
  modifiedMs: number;
  /** The DiskLock that holds it. */
  lockedBy: object | undefined;
  readonly #seen = new Map<string, MemoryNode>();
  readonly #durable = new Map<string, MemoryNode>();
  #unsynced: NameChange[] = [];

  constructor(nowMs: number) {
    this.modifiedMs = nowMs;
  }

  names(): string[] {
    return [...this.#seen.keys()].sort();
  }

  get(name: string): MemoryNode | undefined {
    return this.#seen.get(name);
  }

  put(name: string, node: MemoryNode | undefined): void {
    change({ parts: [{ directory: this, name, node }] });
  }

  moveTo(
    name: string,
    target: { readonly directory: MemoryDirectory; readonly name: string },
  ): void {
    const node = this.get(name);
    const parts = [
      { directory: this, name, node: undefined },
      { ...target, node },
    ];
    change({ parts });
  }

  /** Marks the changes so far; `settle` makes them durable, in the other directory of a rename too. */
  beginSync(): { settle(): void } {
    const changes = [...this.#unsynced];
    return {
      settle: () => {
        for (const one of changes) MemoryDirectory.#resolve(one, true);
      },
    };
  }

  /** Decides the unsynced changes of the whole tree below, then drops what no longer has a name. */
  crash(random: SeededRandom): void {
    this.lockedBy = undefined;
    for (const node of new Set([...this.#seen.values(), ...this.#durable.values()])) {
      node.crash(random);
    }
    while (this.#unsynced[0] !== undefined) {
      MemoryDirectory.#resolve(this.#unsynced[0], random.chance(0.5));
    }
    this.#seen.clear();
    for (const [name, node] of this.#durable) this.#seen.set(name, node);
  }

  /** Frees the locks here and below, as the death of their process does. */
  unlock(): void {
    if (this.lockedBy !== undefined) this.#seen.delete('.lock');
    this.lockedBy = undefined;
    for (const node of this.#seen.values()) if (node.kind === 'directory') node.unlock();
  }

  note(one: NameChange, part: NameChange['parts'][number]): void {
    if (part.node === undefined) this.#seen.delete(part.name);
    else this.#seen.set(part.name, part.node);
    this.#unsynced.push(one);
  }

  static #resolve(one: NameChange, isKept: boolean): void {
    for (const { directory, name, node } of one.parts) {
      const index = directory.#unsynced.indexOf(one);
      if (index < 0) continue; // settled through the other directory or an earlier sync
      directory.#unsynced.splice(index, 1);
      if (!isKept) continue;
      if (node === undefined) directory.#durable.delete(name);
      else directory.#durable.set(name, node);
    }
  }
}

function change(one: NameChange): void {
  for (const part of one.parts) part.directory.note(one, part);
}
