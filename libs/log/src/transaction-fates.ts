// How the transactions of a part of a log ended, found from its markers. Protects: a batch counts as aborted only when its own
// transaction's marker says so. Leaves out: the transaction index, which serves readers.

import { decodeMarker, type KafkaRecord } from '@drave/protocol';
import { type BatchHeader, isControl } from './batch-header.js';

interface Range {
  readonly from: number;
  readonly to: number;
}

export class TransactionFates {
  /** The first offset of a transaction without a marker; infinite when all have one. Known after `end`. */
  undecidedFrom = Number.POSITIVE_INFINITY;
  readonly #open = new Map<number, number>();
  readonly #aborted = new Map<number, Range[]>();

  /** Takes the transactional batches in order; `record` is the first one of a control batch. */
  note(header: BatchHeader, record: () => KafkaRecord | undefined): void {
    const { producerId, baseOffset } = header;
    const from = this.#open.get(producerId);
    if (!isControl(header)) {
      if (from === undefined) this.#open.set(producerId, baseOffset);
      return;
    }
    this.#open.delete(producerId);
    if (from === undefined) return;
    const first = record();
    if (first === undefined || decodeMarker(first)?.type !== 'abort') return;
    const ranges = this.#aborted.get(producerId) ?? [];
    ranges.push({ from, to: baseOffset });
    this.#aborted.set(producerId, ranges);
  }

  /** Nothing follows. */
  end(): void {
    for (const from of this.#open.values()) {
      this.undecidedFrom = Math.min(this.undecidedFrom, from);
    }
  }

  isAborted({ producerId, baseOffset }: BatchHeader): boolean {
    const ranges = this.#aborted.get(producerId) ?? [];
    // Ascending: the first that ends above the offset decides.
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ranges[middle]?.to ?? 0) <= baseOffset) low = middle + 1;
      else high = middle;
    }
    return (ranges[low]?.from ?? Number.POSITIVE_INFINITY) <= baseOffset;
  }
}
