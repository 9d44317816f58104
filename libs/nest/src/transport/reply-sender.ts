// Answers of request handlers, in the headers of Nest's own Kafka transport, so that its clients understand them and ours understands
// its servers. Protects: the promise settles when every answer is acknowledged, so the caller may commit then; answers keep their
// order; each answer leaves at once, the end mark rides on the last one when both come in the same tick. A reply topic comes from the
// client: it must be a legal name and no internal topic.

import { isLegalTopicName } from '@drave/contracts';
import { KafkaHeaders } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import type { Codec } from './codec.js';
import type { DraveContext } from './drave-context.js';
import type { DriverProducer } from './driver.js';
import { encodeRecord } from './encode-record.js';

/** Tells an end without a value from a null as the last value; built-in clients do not know it. */
export const replyEndHeader = 'drave-reply-end';

export interface ReplyAddress {
  readonly topic: string;
  readonly partition: number | undefined;
  readonly correlationId: string;
}

interface Answer {
  readonly value: unknown;
  readonly error?: unknown;
  readonly isEnd: boolean;
  readonly isEmpty: boolean;
}

/** Where a request wants its answer; undefined when it is none. */
export function replyAddress(context: DraveContext): ReplyAddress | undefined {
  const correlationId = context.headerText(KafkaHeaders.CORRELATION_ID);
  const topic = context.headerText(KafkaHeaders.REPLY_TOPIC);
  if (!correlationId || topic === undefined) return undefined;
  if (!isLegalTopicName(topic) || topic.startsWith('__')) return undefined;
  const partition = context.headerText(KafkaHeaders.REPLY_PARTITION);
  const isNumber = partition !== undefined && /^\d{1,9}$/.test(partition);
  return { topic, correlationId, partition: isNumber ? Number(partition) : undefined };
}

export class ReplySender {
  readonly #producer: DriverProducer;
  readonly #codec: Codec;
  readonly #address: ReplyAddress;
  readonly #context: DraveContext;
  readonly #sends: Promise<unknown>[] = [];
  #chain: Promise<unknown> = Promise.resolve();
  #pending: Answer | undefined;
  #sent = 0;

  constructor(
    address: ReplyAddress,
    options: {
      readonly producer: DriverProducer;
      readonly codec: Codec;
      readonly context: DraveContext;
    },
  ) {
    this.#address = address;
    this.#producer = options.producer;
    this.#codec = options.codec;
    this.#context = options.context;
  }

  /** Whether an answer has left, so that trying again would repeat it. */
  get hasSent(): boolean {
    return this.#sent > 0;
  }

  /** Sends every value and the end. Rejects with the stream's error (nothing is sent for it) or with that of an answer that failed. */
  async stream(answers: Observable<unknown>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      answers.subscribe({
        next: (value) => this.#offer({ value, isEnd: false, isEmpty: false }),
        error: (error: unknown) => {
          this.#flush();
          reject(error instanceof Error ? error : new ReplyFailure(error));
        },
        complete: () => {
          this.#pending = this.#pending
            ? { ...this.#pending, isEnd: true }
            : { value: null, isEnd: true, isEmpty: true };
          this.#flush();
          resolve();
        },
      });
    });
    await Promise.all(this.#sends);
  }

  /** Sends one error, which ends the exchange. */
  async fail(error: unknown): Promise<void> {
    await this.#send({ value: null, error, isEnd: true, isEmpty: true });
  }

  #offer(answer: Answer): void {
    this.#flush();
    this.#pending = answer;
    queueMicrotask(() => {
      if (this.#pending === answer) this.#flush();
    });
  }

  #flush(): void {
    const answer = this.#pending;
    this.#pending = undefined;
    if (answer) void this.#send(answer);
  }

  #send(answer: Answer): Promise<unknown> {
    this.#sent++;
    // Encoding may be asynchronous; the chain keeps the order, and the producer keeps it from there.
    const encoded = this.#chain.then(() => this.#encode(answer));
    let handOver: () => void = () => undefined;
    this.#chain = new Promise<void>((resolve) => (handOver = resolve));
    const sent = encoded.then(
      (record) => {
        const acknowledged = this.#producer.send(record);
        handOver();
        return acknowledged;
      },
      (error: unknown) => {
        handOver();
        throw error;
      },
    );
    sent.catch(() => undefined);
    this.#sends.push(sent);
    return sent;
  }

  async #encode({
    value,
    error,
    isEnd,
    isEmpty,
  }: Answer): Promise<Parameters<DriverProducer['send']>[0]> {
    const { topic, partition, correlationId } = this.#address;
    const headers: Record<string, string | Buffer> = {
      [KafkaHeaders.CORRELATION_ID]: correlationId,
      ...this.#context.getMetadata(),
    };
    if (error !== undefined) headers[KafkaHeaders.NEST_ERR] = errorText(error);
    if (isEnd) headers[KafkaHeaders.NEST_IS_DISPOSED] = Buffer.alloc(1);
    if (isEnd && isEmpty) headers[replyEndHeader] = '1';
    const encoding = { codec: this.#codec, keyCodec: undefined };
    const record = await encodeRecord(topic, value ?? null, encoding, headers);
    return partition === undefined ? record : { ...record, partition };
  }
}

/** A stream ended with something that is no Error; Nest's filters do that. */
export class ReplyFailure extends Error {
  readonly payload: unknown;

  constructor(payload: unknown) {
    super('the handler answered with an error');
    this.payload = payload;
  }
}

function errorText(error: unknown): string {
  if (typeof error === 'string') return error;
  if (error instanceof Error) return JSON.stringify({ status: 'error', message: error.message });
  return JSON.stringify(error) ?? String(error);
}
