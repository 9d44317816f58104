// The client side of the transport: events and requests into topics. Protects: a request ends with an answer, an error or its timeout,
// and `close` ends those that wait; nothing is subscribed before a request, no group is joined; requests carry the headers of Nest's own
// Kafka transport, so its servers answer them. Status is text, which ClientsModule's types ask for. Works with Nest 11 and 12.

import type { ConsumerRecord, ProducerOptions } from '@drave/client';
import { isLegalTopicName } from '@drave/contracts';
import { nodePlatform, type Platform, type Timer } from '@drave/platform';
import { Logger } from '@nestjs/common';
import {
  ClientProxy,
  KafkaHeaders,
  type ReadPacket,
  type WritePacket,
} from '@nestjs/microservices';
import { decodeValue, jsonCodec, type Codec } from './codec.js';
import { firstHeader } from './delivery.js';
import { KafkaDriver, type DriverProducer, type TransportDriver } from './driver.js';
import type { ConnectionOptions } from './drave-server.js';
import { encodeRecord } from './encode-record.js';
import { ReplyInbox } from './reply-inbox.js';
import { replyEndHeader } from './reply-sender.js';
import { RequestSpan } from './spans.js';
import { traceHeaders } from './trace-headers.js';
import { transportLimits as limits } from './transport-limits.js';

export interface ClientOptions extends ConnectionOptions {
  /** For keys that are neither text nor bytes. */
  readonly keyCodec?: Codec;
  /** Shared by any number of clients; default `drave.replies`. */
  readonly replyTopic?: string;
  /** When the reply topic has to be created; default 3. */
  readonly replyPartitions?: number;
  /** Without an answer, or between two answers of a stream, for so long: ReplyTimeoutError. Milliseconds, default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Requests that may wait for answers; more are refused. Default 10,000. */
  readonly pendingMax?: number;
  readonly producer?: ProducerOptions;
  /** Trace headers for each packet, where Nest has no dispatch hook (Nest 11). */
  readonly metadata?: () => Readonly<Record<string, string>> | undefined;
}

/** No answer came in time. The request may still be handled. */
export class ReplyTimeoutError extends Error {
  override readonly name = 'ReplyTimeoutError';
}

interface Pending {
  readonly callback: (packet: WritePacket) => void;
  timer: Timer;
  hasValue: boolean;
  /** Keeps answers in order while they are decoded. */
  chain: Promise<void>;
}

export class DraveClient extends ClientProxy<Record<never, () => void>, string> {
  readonly #options: ClientOptions;
  readonly #platform: Platform;
  readonly #logger = new Logger(DraveClient.name);
  readonly #pending = new Map<string, Pending>();
  #driver: TransportDriver | undefined;
  #producer: DriverProducer | undefined;
  #inbox: Promise<ReplyInbox> | undefined;
  #connecting: Promise<void> | undefined;

  constructor(options: ClientOptions) {
    super();
    if (!options.driver && !options.brokers?.length) {
      throw new TypeError('DraveClient needs brokers, for instance [127.0.0.1:9092], or a driver');
    }
    this.#options = options;
    this.#platform = options.platform ?? nodePlatform();
  }

  /** Rejects when no broker answers; may then be called again. */
  async connect(): Promise<void> {
    this.#connecting ??= this.#connect();
    const connecting = this.#connecting;
    try {
      await connecting;
    } catch (error) {
      if (this.#connecting === connecting) this.#connecting = undefined;
      throw error;
    }
  }

  /** Ends waiting requests with an error, flushes events, closes. May be connected again. */
  async close(): Promise<void> {
    for (const id of [...this.#pending.keys()]) {
      this.#end(id)?.callback({ err: new Error('the client was closed') });
    }
    const inbox = this.#inbox;
    const producer = this.#producer;
    const driver = this.#driver;
    this.#inbox = this.#producer = this.#driver = this.#connecting = undefined;
    await inbox?.then(
      (opened) => opened.close(),
      () => undefined,
    );
    await producer?.close();
    await driver?.close();
    if (driver) this._status$.next('disconnected');
  }

  /** The driver, once connected. */
  override unwrap<Driver = TransportDriver>(): Driver {
    if (this.#driver) return this.#driver as Driver;
    throw new Error('the client is not connected; call connect() first');
  }

  override on(): never {
    throw new Error('DraveClient has no events; subscribe to status');
  }

  protected override publish(
    packet: ReadPacket,
    callback: (packet: WritePacket) => void,
  ): () => void {
    const { id } = this.assignPacketId(packet);
    const pendingMax = this.#options.pendingMax ?? limits.pendingRequests;
    if (this.#pending.size >= pendingMax) {
      callback({
        err: new Error(`${pendingMax} requests wait for answers already; send fewer at once`),
      });
      return () => undefined;
    }
    const { tracing } = this.#options;
    const span = tracing && new RequestSpan(tracing, nameOf(packet));
    const pending: Pending = {
      callback: span ? span.telling(callback) : callback,
      timer: this.#armTimer(id, packet),
      hasValue: false,
      chain: Promise.resolve(),
    };
    this.#pending.set(id, pending);
    const begin = (): void => {
      this.#request(id, packet).catch((error: unknown) => this.#end(id)?.callback({ err: error }));
    };
    if (span) span.run(begin);
    else begin();
    return () => {
      this.#end(id);
      span?.end();
    };
  }

  protected override async dispatchEvent<Result>(packet: ReadPacket): Promise<Result> {
    const record = await this.#encode(packet, {});
    return (await this.#connectedProducer().send(record)) as Result;
  }

  async #connect(): Promise<void> {
    const { driver, brokers = [], clientId, producer, tracing } = this.#options;
    const platform = this.#platform;
    const named = clientId === undefined ? {} : { clientId };
    const options = { platform, brokers, ...named, ...(tracing ? { tracing } : {}) };
    const opened = driver ?? new KafkaDriver(options);
    try {
      await opened.connect();
    } catch (error) {
      opened.abort();
      throw error;
    }
    this.#driver = opened;
    this.#producer = opened.producer({ lingerMs: 0, ...producer });
    this._status$.next('connected');
  }

  async #request(id: string, packet: ReadPacket): Promise<void> {
    const inbox = await this.#openInbox();
    const record = await this.#encode(packet, {
      [KafkaHeaders.CORRELATION_ID]: id,
      [KafkaHeaders.REPLY_TOPIC]: inbox.topic,
      [KafkaHeaders.REPLY_PARTITION]: String(inbox.partition),
    });
    if (this.#pending.has(id)) await this.#connectedProducer().send(record);
  }

  #openInbox(): Promise<ReplyInbox> {
    const driver = this.unwrap();
    this.#inbox ??= ReplyInbox.open({
      driver,
      platform: this.#platform,
      logger: this.#logger,
      topic: this.#options.replyTopic ?? 'drave.replies',
      partitions: this.#options.replyPartitions ?? limits.replyPartitions,
      onReply: (record) => this.#onReply(record),
    });
    const opening = this.#inbox;
    opening.catch(() => {
      // The next request tries again.
      if (this.#inbox === opening) this.#inbox = undefined;
    });
    return opening;
  }

  async #encode(
    packet: ReadPacket,
    headers: Readonly<Record<string, string>>,
  ): Promise<Parameters<DriverProducer['send']>[0]> {
    const topic = this.normalizePattern(packet.pattern as string);
    if (!isLegalTopicName(topic)) {
      throw new TypeError(`the pattern '${topic}' is no topic name; send to a topic`);
    }
    const { codec = jsonCodec, keyCodec, metadata } = this.#options;
    const trace = {
      ...traceHeaders(metadata?.()),
      ...traceHeaders(Reflect.get(packet, 'metadata')),
    };
    return encodeRecord(topic, packet.data, { codec, keyCodec }, { ...trace, ...headers });
  }

  #onReply(record: ConsumerRecord): void {
    const id = firstHeader(record.headers, KafkaHeaders.CORRELATION_ID)?.toString();
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (!pending || id === undefined) return; // Another client's, or too late.
    pending.timer.cancel();
    const isEnd =
      hasHeader(record, KafkaHeaders.NEST_IS_DISPOSED) || hasHeader(record, KafkaHeaders.NEST_ERR);
    if (!isEnd) pending.timer = this.#armTimer(id, { pattern: record.topic });
    pending.chain = pending.chain.then(() => this.#deliver(id, pending, record));
  }

  async #deliver(id: string, pending: Pending, record: ConsumerRecord): Promise<void> {
    if (this.#pending.get(id) !== pending) return;
    try {
      const packet = await this.#packetOf(record, pending.hasValue);
      pending.hasValue = true;
      if (packet.err !== undefined || packet.isDisposed) this.#end(id);
      pending.callback(packet);
    } catch (error) {
      this.#end(id);
      pending.callback({ err: error });
    }
  }

  async #packetOf(record: ConsumerRecord, hasValue: boolean): Promise<WritePacket> {
    const failure = firstHeader(record.headers, KafkaHeaders.NEST_ERR);
    if (failure) return { err: errorOf(failure), isDisposed: true };
    const isDisposed = hasHeader(record, KafkaHeaders.NEST_IS_DISPOSED);
    // An end without a value. Built-in servers do not tell it from null; after a value it can only be the end.
    const isEmptyEnd =
      hasHeader(record, replyEndHeader) || (isDisposed && hasValue && record.value === null);
    if (isEmptyEnd) return { isDisposed: true };
    const { codec = jsonCodec } = this.#options;
    const response = await decodeValue(codec, record.value, {
      topic: record.topic,
      part: 'value',
      header: (name) => firstHeader(record.headers, name),
    });
    return isDisposed ? { response, isDisposed } : { response };
  }

  #armTimer(id: string, { pattern }: Pick<ReadPacket, 'pattern'>): Timer {
    const timeoutMs = this.#options.requestTimeoutMs ?? limits.requestTimeoutMs;
    return this.#platform.scheduler.setTimer(timeoutMs, () => {
      const name = nameOf({ pattern });
      const err = new ReplyTimeoutError(`no answer from '${name}' within ${timeoutMs} ms`);
      this.#end(id)?.callback({ err });
    });
  }

  #end(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.timer.cancel();
    return pending;
  }

  #connectedProducer(): DriverProducer {
    if (this.#producer) return this.#producer;
    throw new Error('the client was closed');
  }
}

function nameOf({ pattern }: Pick<ReadPacket, 'pattern'>): string {
  return typeof pattern === 'string' ? pattern : JSON.stringify(pattern);
}

function hasHeader({ headers }: ConsumerRecord, name: string): boolean {
  return headers.some(({ key }) => key === name);
}

/** Objects travel as JSON, text as it is. */
function errorOf(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
