// Which records a browse is after: exact key, text within key, value or headers, a header, and whatever predicate the caller brings.
// Protects: cheap tests run first, so that a predicate sees only what passed them. Leaves out: the predicate's time (its maker bounds it).

import type { ConsumerRecord } from '../partition-buffer.js';

export interface RecordMatch {
  /** Exactly these bytes. Unless partitions are named, only the one that murmur2 gives is read. */
  readonly key?: Buffer;
  /** Somewhere in key, value or a header's value, as UTF-8; case counts. */
  readonly contains?: string;
  readonly header?: { readonly name: string; readonly value?: string };
  /** One answer per record, in order. What it throws ends the browse. */
  readonly predicate?: (
    records: readonly ConsumerRecord[],
  ) => readonly boolean[] | Promise<readonly boolean[]>;
}

export class Matcher {
  readonly #match: RecordMatch;
  readonly #needle: Buffer | undefined;

  constructor(match: RecordMatch) {
    this.#match = match;
    this.#needle = match.contains ? Buffer.from(match.contains) : undefined;
  }

  /** Those that match, in order. */
  async filter(records: readonly ConsumerRecord[]): Promise<ConsumerRecord[]> {
    const passed = records.filter((record) => this.#passes(record));
    const { predicate } = this.#match;
    if (!predicate || passed.length === 0) return passed;
    const answers = await predicate(passed);
    return passed.filter((_, i) => answers[i] === true);
  }

  #passes({ key, value, headers }: ConsumerRecord): boolean {
    const wanted = this.#match;
    if (wanted.key && !key?.equals(wanted.key)) return false;
    if (wanted.header) {
      const { name, value: text } = wanted.header;
      const has = headers.some(
        (header) =>
          header.key === name && (text === undefined || header.value?.toString() === text),
      );
      if (!has) return false;
    }
    const needle = this.#needle;
    if (!needle) return true;
    const holds = (bytes: Buffer | null): boolean => bytes?.includes(needle) ?? false;
    return holds(key) || holds(value) || headers.some((header) => holds(header.value));
  }
}
