// What a task sends, on its way through the producer. Protects: order per topic; nothing after a failure is sent; how much
// is unacknowledged is bounded (the task's turn waits for room); the changelog positions of acknowledged records are known.
// Leaves out: transactions.

import type { Admin, Producer, ProducerRecord, RecordMetadata } from '@drave/client';
import { limits } from './limits.js';
import type { OutputRecord, RecordCollector } from './record.js';

export class Outbox implements RecordCollector {
  readonly #producer: Producer;
  readonly #admin: Admin;
  readonly #onFailed: (producer: Producer, error: Error) => void;
  #records: OutputRecord[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #unsettledCount = 0;
  #failure: Error | undefined;
  /** Next offset per changelog topic, as acknowledged. */
  readonly #changelogOffsets = new Map<string, number>();

  /** The producer must be one that fails fast: after a gap nothing may follow. */
  constructor(options: {
    readonly producer: Producer;
    readonly admin: Admin;
    /** Called once, with the error of the first record that could not be written. */
    readonly onFailed: (producer: Producer, error: Error) => void;
  }) {
    this.#producer = options.producer;
    this.#admin = options.admin;
    this.#onFailed = options.onFailed;
  }

  get unsettledCount(): number {
    return this.#unsettledCount + this.#records.length;
  }

  send(record: OutputRecord): void {
    this.#records.push(record);
  }

  /** Hands what was collected to the producer. */
  ship(): void {
    if (this.#records.length === 0) return;
    const records = this.#records;
    this.#records = [];
    if (this.#failure) return;
    this.#unsettledCount += records.length;
    const sent = this.#deliver(records).finally(() => {
      this.#unsettledCount -= records.length;
      this.#underWay.delete(sent);
    });
    this.#underWay.add(sent);
  }

  /** Resolves when there is room for another turn. Rejects with the error of a record that could not be written. */
  async room(): Promise<void> {
    while (!this.#failure && this.unsettledCount > limits.unsettledOutputsMax) {
      this.ship();
      await Promise.race(this.#underWay);
    }
    this.check();
  }

  /** Resolves when everything sent is acknowledged. Rejects with the error of a record that could not be written. */
  async settled(): Promise<void> {
    this.ship();
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    this.check();
  }

  /** Throws the error of a record that could not be written. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Topic → next offset, of the changelog records acknowledged since the last call. */
  takeChangelogOffsets(): Map<string, number> {
    const offsets = new Map(this.#changelogOffsets);
    this.#changelogOffsets.clear();
    return offsets;
  }

  async #deliver(records: readonly OutputRecord[]): Promise<void> {
    try {
      const metadata = await this.#producer.sendBatch(records.map(toProducerRecord));
      for (const [index, record] of records.entries()) {
        if (record.purpose !== 'changelog') continue;
        const offset = await this.#offsetOf(record, metadata[index]);
        const known = this.#changelogOffsets.get(record.topic) ?? 0;
        this.#changelogOffsets.set(record.topic, Math.max(known, offset + 1));
      }
    } catch (error) {
      if (this.#failure) return;
      this.#failure = error as Error;
      this.#onFailed(this.#producer, this.#failure);
    }
  }

  /** −1 comes for a duplicate the broker no longer remembers: then the end of the partition is behind it. */
  async #offsetOf(record: OutputRecord, metadata: RecordMetadata | undefined): Promise<number> {
    if (metadata && metadata.offset >= 0) return metadata.offset;
    const { topic, partition = 0 } = record;
    const [end] = await this.#admin.listOffsets([{ topic, partition, at: 'latest' }]);
    return (end?.offset ?? 0) - 1;
  }
}

function toProducerRecord(record: OutputRecord): ProducerRecord {
  const { topic, partition, key, value, timestamp, headers } = record;
  const base = { topic, key, value, timestamp, headers };
  return partition === undefined ? base : { ...base, partition };
}
