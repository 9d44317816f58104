// What a handler can ask and do about its record: the second argument of a handler, `@Ctx() context: DraveContext`.
// Protects: headers, key and value are the bytes that were read; the first of ack and nack counts.

import type { ConsumerRecord } from '@drave/client';
import { BaseRpcContext } from '@nestjs/microservices';
import { firstHeader, type Delivery } from './delivery.js';
import { traceOf, type TraceMetadata } from './trace-headers.js';

/** What the consumer offers to a context. */
export interface ContextControl {
  readonly group: string;
  /** Commits what is done in this partition; settles when the group's coordinator has it. */
  commit(): Promise<void>;
  pause(): void;
  resume(): void;
}

export type Verdict =
  { readonly isDone: true } | { readonly isDone: false; readonly error: unknown };

/** A record was refused by `context.nack()` without saying why. */
export class NackError extends Error {
  override readonly name = 'NackError';
}

export class DraveContext extends BaseRpcContext<[ConsumerRecord, ContextControl]> {
  readonly #delivery: Delivery;
  readonly #control: ContextControl;
  readonly #attempt: number;
  #verdict: Verdict | undefined;
  #onVerdict: ((verdict: Verdict) => void) | undefined;
  /** What a filter was given, before it became an answer. Set by error-capture. */
  thrown: { readonly error: unknown } | undefined;

  constructor(delivery: Delivery, control: ContextControl, attempt: number) {
    super([delivery.record, control]);
    this.#delivery = delivery;
    this.#control = control;
    this.#attempt = attempt;
  }

  /** Where the record was first, also when it comes from a retry topic. */
  getTopic(): string {
    return this.#delivery.origin.topic;
  }

  getPartition(): number {
    return this.#delivery.origin.partition;
  }

  getOffset(): number {
    return this.#delivery.origin.offset;
  }

  /** Milliseconds since the epoch. */
  getTimestamp(): number {
    return this.#delivery.origin.timestamp;
  }

  getKey(): Buffer | null {
    return this.#delivery.record.key;
  }

  getGroup(): string {
    return this.#control.group;
  }

  /** 1 for the first. */
  getAttempt(): number {
    return this.#attempt;
  }

  /** The record as it was read, with all its bytes. */
  getRecord(): ConsumerRecord {
    return this.#delivery.record;
  }

  getHeaders(): readonly { readonly key: string; readonly value: Buffer | null }[] {
    return this.#delivery.headers;
  }

  /** First value of a header. */
  header(name: string): Buffer | undefined {
    return firstHeader(this.#delivery.headers, name);
  }

  headerText(name: string): string | undefined {
    return this.header(name)?.toString('utf8');
  }

  /** W3C trace headers of the record: what the sender's dispatch hook put into `packet.metadata`. */
  getMetadata(): TraceMetadata {
    return traceOf(this.#delivery.headers);
  }

  /** The record is done. */
  ack(): void {
    this.#decide({ isDone: true });
  }

  /** The record has failed: retries and dead letters follow as if the handler had thrown `error`. */
  nack(error: unknown = new NackError('the handler refused the record')): void {
    this.#decide({ isDone: false, error });
  }

  /** Commits what is done so far in this partition; with ack 'auto' this record is not among it. */
  commit(): Promise<void> {
    return this.#control.commit();
  }

  /** Stops handing out records of this partition after this one. */
  pause(): void {
    this.#control.pause();
  }

  resume(): void {
    this.#control.resume();
  }

  /** What the handler decided itself, if it did. For the transport. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  /** Settles with the handler's decision. For the transport. */
  decided(): Promise<Verdict> {
    if (this.#verdict) return Promise.resolve(this.#verdict);
    return new Promise((resolve) => (this.#onVerdict = resolve));
  }

  #decide(verdict: Verdict): void {
    if (this.#verdict) return;
    this.#verdict = verdict;
    this.#onVerdict?.(verdict);
  }
}

/** The context of a batch handler; `@Payload()` is the array of values in the same order. */
export class DraveBatchContext extends BaseRpcContext<[readonly DraveContext[], ContextControl]> {
  readonly #control: ContextControl;
  /** One per record. */
  readonly records: readonly DraveContext[];
  /** See DraveContext. */
  thrown: { readonly error: unknown } | undefined;

  constructor(records: readonly DraveContext[], control: ContextControl) {
    super([records, control]);
    this.records = records;
    this.#control = control;
  }

  get size(): number {
    return this.records.length;
  }

  getTopic(): string {
    return this.records[0]?.getTopic() ?? '';
  }

  getPartition(): number {
    return this.records[0]?.getPartition() ?? 0;
  }

  getGroup(): string {
    return this.#control.group;
  }

  /** Record `index` is done, whatever becomes of the rest. Throws RangeError. */
  resolve(index: number): void {
    this.#at(index).ack();
  }

  /** Record `index` has failed; it alone is retried or dead-lettered. Throws RangeError. */
  reject(index: number, error?: unknown): void {
    this.#at(index).nack(error);
  }

  /** Commits what is done in this partition, records resolved in this batch included. */
  commit(): Promise<void> {
    return this.#control.commit();
  }

  #at(index: number): DraveContext {
    const context = this.records[index];
    if (context) return context;
    throw new RangeError(`record ${index} is not in this batch of ${this.records.length}`);
  }
}
