// The server side of the transport: a CustomTransportStrategy that consumes with one consumer per group of handlers. Protects: options of
// all handlers are checked before anything is consumed; `close` may come any number of times, from a drain and from Nest; each
// consumer has a status of its own. Works with Nest 11 and 12. Leaves out: transactions (`@Transactional`).

import type { NewTopic, ProducerOptions, Tracing } from '@drave/client';
import type { TopicPartition } from '@drave/contracts';
import { nodePlatform, type Platform } from '@drave/platform';
import { Logger, type LoggerService } from '@nestjs/common';
import {
  Server,
  type BaseRpcContext,
  type CustomTransportStrategy,
  type MessageHandler,
} from '@nestjs/microservices';
import { Subject, type Observable } from 'rxjs';
import { jsonCodec, type Codec } from './codec.js';
import { DRAVE_TRANSPORT } from './decorators.js';
import { errorSentence } from './delivery.js';
import type { WorkerTools } from './delivery-worker.js';
import {
  KafkaDriver,
  type DriverConsumerOptions,
  type DriverProducer,
  type TransportDriver,
} from './driver.js';
import { captureErrors } from './error-capture.js';
import { GroupConsumer, type ConsumerState, type ConsumerStatus } from './group-consumer.js';
import { resolveOptions, type HandlerOptions } from './handler-options.js';
import { RouteTable, type Registration, type Route } from './route.js';
import { transportLimits as limits } from './transport-limits.js';

/** Of the whole server: the worst of its consumers. */
export type ServerStatus =
  'starting' | 'connected' | 'recovering' | 'halted' | 'failed' | 'draining' | 'disconnected';

export interface ConnectionOptions {
  /** `host:port` each, of Drave or Apache Kafka. Not needed with a driver. */
  readonly brokers?: readonly string[];
  /** Default `drave`. */
  readonly clientId?: string;
  /** Instead of @drave/client. The transport closes it. */
  readonly driver?: TransportDriver;
  /** Default: that of Node. */
  readonly platform?: Platform;
  /** Default: JSON. */
  readonly codec?: Codec;
  /** Spans of sending, requesting and handling; default none. With a `driver` of your own that one sees to sending. */
  readonly tracing?: Tracing;
}

export interface ServerOptions extends ConnectionOptions {
  /** Group of handlers that name none. */
  readonly group: string;
  /** Defaults for all handlers. */
  readonly handlers?: Omit<HandlerOptions, 'group' | 'topics' | 'codec'>;
  /** Session, heartbeat, fetch and where to begin without a committed offset (default `earliest`: nothing is missed). */
  readonly consumer?: Omit<
    DriverConsumerOptions,
    'groupId' | 'onAssigned' | 'onRevoked' | 'onLost'
  >;
  /** The same for one group, on top. */
  readonly groups?: Readonly<Record<string, NonNullable<ServerOptions['consumer']>>>;
  /** For answers, retries and dead letters. */
  readonly producer?: ProducerOptions;
  /** Create topics that handlers name, retry and dead-letter topics where they are missing; default true, or how. */
  readonly createTopics?: boolean | Omit<NewTopic, 'topic'>;
  /** Which decorators belong to this server; default DRAVE_TRANSPORT. */
  readonly transportId?: symbol;
  /** Records of one partition that wait or run; then it is not read until half of them are done. Default 500. */
  readonly bufferedRecords?: number;
  /** Milliseconds, default 500. */
  readonly commitIntervalMs?: number;
  /** How long a shutdown waits for handlers; milliseconds, default 10,000. */
  readonly drainMs?: number;
  /** How long a rebalance waits for handlers; milliseconds, default 5,000. */
  readonly revokeMs?: number;
  /** How long `listen` waits for the groups; milliseconds, default 10,000. */
  readonly joinMs?: number;
  /** How often topics are looked up for RegExp patterns; milliseconds, default 30,000. */
  readonly topicRefreshMs?: number;
  /** Failures in a row before a consumer gives up; default 10. */
  readonly restarts?: number;
  /** A consumer gave up: `stay` (default; health is down), `exit` (SIGTERM to this process, exit code 1), or your own. */
  readonly onFatal?: 'stay' | 'exit' | ((failure: ConsumerFailure) => void);
}

export interface ConsumerFailure {
  readonly group: string;
  readonly error: unknown;
}

interface Declared {
  readonly pattern: string | RegExp;
  readonly isEvent: boolean;
  readonly callback: MessageHandler;
  readonly extras: HandlerOptions;
}

export class DraveServer
  extends Server<Record<string, () => void>, ServerStatus>
  implements CustomTransportStrategy
{
  override readonly transportId: symbol;
  /** Failures come out of the handler; Nest need not log them once more. */
  override readonly propagatesEventHandlerErrors = true;
  protected override readonly logger: LoggerService = new Logger(DraveServer.name);
  readonly #options: ServerOptions;
  readonly #platform: Platform;
  readonly #declared: Declared[] = [];
  readonly #consumers: GroupConsumer[] = [];
  readonly #statuses = new Subject<ConsumerStatus>();
  #hasHooks = false;
  #driver: TransportDriver | undefined;
  #producers: DriverProducer[] = [];
  #closing: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    super();
    if (!options.driver && !options.brokers?.length) {
      throw new TypeError('DraveServer needs brokers, for instance [127.0.0.1:9092], or a driver');
    }
    this.#options = options;
    this.transportId = options.transportId ?? DRAVE_TRANSPORT;
    this.#platform = options.platform ?? nodePlatform();
    captureErrors();
  }

  /** Changes of every consumer, one after the other. */
  get consumerStatus(): Observable<ConsumerStatus> {
    return this.#statuses.asObservable();
  }

  /** Every consumer as it is now. */
  consumers(): readonly ConsumerStatus[] {
    return this.#consumers.map((consumer) => consumer.status());
  }

  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: HandlerOptions = {},
  ): void {
    callback.isEventHandler = isEventHandler;
    callback.extras = extras;
    const name = pattern instanceof RegExp ? pattern : this.normalizePattern(pattern as string);
    this.#declared.push({ pattern: name, isEvent: isEventHandler, callback, extras });
    // Nest's own map, for whoever lists handlers; delivery goes by routes.
    if (!this.messageHandlers.has(String(name))) this.messageHandlers.set(String(name), callback);
  }

  override setOnProcessingStartHook(hook: Parameters<Server['setOnProcessingStartHook']>[0]): void {
    this.#hasHooks = true;
    super.setOnProcessingStartHook(hook);
  }

  override setOnProcessingEndHook(hook: Parameters<Server['setOnProcessingEndHook']>[0]): void {
    this.#hasHooks = true;
    super.setOnProcessingEndHook(hook);
  }

  /** Calls back when every group is joined (at the latest after `joinMs`), or with the reason why it cannot start. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      const tables = this.#routeTables();
      this._status$.next('starting');
      const driver = this.#openDriver();
      this.#driver = driver;
      await driver.connect();
      const tools = this.#openTools(driver);
      // Before any consumer starts: patterns of one group may match topics that another one names.
      for (const routes of tables) await this.#ensureTopics(driver, routes);
      for (const routes of tables) this.#consumers.push(this.#consumer(driver, routes, tools));
      const joinMs = this.#options.joinMs ?? limits.joinMs;
      await Promise.all(this.#consumers.map((consumer) => consumer.start(joinMs)));
      if (this.#consumers.length === 0) this._status$.next('connected');
    } catch (error) {
      this._status$.next('failed');
      this.#driver?.abort();
      callback(error);
      return;
    }
    callback();
  }

  /** Stops taking records, lets handlers end within `drainMs`, commits, leaves the groups. Everything stays connected. */
  async drain(): Promise<void> {
    const drainMs = this.#options.drainMs ?? limits.drainMs;
    await Promise.all(this.#consumers.map((consumer) => consumer.drain(drainMs)));
  }

  /** Drains, then closes every connection. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Pauses a group, or the given partitions of it; records that run go on. Throws RangeError for an unknown group. */
  pause(group: string, partitions?: readonly TopicPartition[]): void {
    this.#of(group).pause(partitions);
  }

  /** Ends pauses and standstills of a group, or of the given partitions. Throws RangeError for an unknown group. */
  resume(group: string, partitions?: readonly TopicPartition[]): void {
    this.#of(group).resume(partitions);
  }

  /** The driver, once listening. */
  override unwrap<Driver = TransportDriver>(): Driver {
    if (this.#driver) return this.#driver as Driver;
    throw new Error('the transport does not listen yet; call listen() or startAllMicroservices()');
  }

  override on(): never {
    throw new Error('DraveServer has no events; subscribe to status or consumerStatus');
  }

  async #close(): Promise<void> {
    await this.drain();
    await Promise.allSettled(this.#producers.map((producer) => producer.close()));
    await this.#driver?.close();
    this._status$.next('disconnected');
    this.#statuses.complete();
  }

  /** Throws TypeError for contradictions between handlers. */
  #routeTables(): RouteTable[] {
    const { group, handlers, codec = jsonCodec } = this.#options;
    const byGroup = new Map<string, Registration[]>();
    for (const { pattern, isEvent, callback, extras } of this.#declared) {
      const options = resolveOptions({ pattern, isEvent }, extras, { ...handlers, group, codec });
      const registration = { pattern: String(pattern), isEvent, callback, options };
      const list = byGroup.get(options.group);
      if (list) list.push(registration);
      else byGroup.set(options.group, [registration]);
    }
    return Array.from(byGroup, ([name, list]) => new RouteTable(name, list));
  }

  #openDriver(): TransportDriver {
    const { driver, brokers = [], clientId, tracing } = this.#options;
    if (driver) return driver;
    const platform = this.#platform;
    const named = clientId === undefined ? {} : { clientId };
    return new KafkaDriver({ platform, brokers, ...named, ...(tracing ? { tracing } : {}) });
  }

  #openTools(driver: TransportDriver): Omit<WorkerTools, 'group' | 'count'> {
    const options = { lingerMs: 0, ...this.#options.producer };
    const producer = driver.producer(options);
    const replies = driver.producer({
      ...options,
      maxBlockMs: limits.replyBlockMs,
      deliveryTimeoutMs: limits.replyDeliveryMs,
    });
    this.#producers = [producer, replies];
    return {
      platform: this.#platform,
      logger: this.logger,
      around: (context, run) => this.#around(context, run),
      producer,
      replies,
      tracing: this.#options.tracing,
    };
  }

  #consumer(
    driver: TransportDriver,
    routes: RouteTable,
    tools: Omit<WorkerTools, 'group' | 'count'>,
  ): GroupConsumer {
    const options = this.#options;
    const consumer: GroupConsumer = new GroupConsumer({
      driver,
      routes,
      tools,
      consumer: { ...options.consumer, ...options.groups?.[routes.group] },
      bufferedRecords: options.bufferedRecords ?? limits.bufferedRecords,
      commitIntervalMs: options.commitIntervalMs ?? limits.commitIntervalMs,
      revokeMs: options.revokeMs ?? limits.revokeMs,
      topicRefreshMs: options.topicRefreshMs ?? limits.topicRefreshMs,
      restarts: options.restarts ?? limits.restarts,
      ensureTopics: () => this.#ensureTopics(driver, routes),
      onState: (state, error) => this.#onState(consumer, state, error),
    });
    return consumer;
  }

  async #ensureTopics(driver: TransportDriver, routes: RouteTable): Promise<void> {
    const { createTopics = true } = this.#options;
    if (createTopics === false) return;
    const shape = createTopics === true ? {} : createTopics;
    const letters = routes.routes().flatMap(deadLetterTopics);
    const topics = [
      ...[...routes.namedTopics, ...letters].map((topic) => ({ ...shape, topic })),
      ...Array.from(routes.retryDelays.keys(), (topic) => ({
        partitions: limits.retryPartitions,
        ...shape,
        topic,
      })),
    ];
    await driver.ensureTopics(topics);
  }

  /** Runs `run` between Nest's processing hooks. A hook need not hand the promise on. */
  #around(context: BaseRpcContext, run: () => Promise<void>): Promise<void> {
    if (!this.#hasHooks) return run();
    return new Promise<void>((resolve, reject) => {
      const done = async (): Promise<void> => {
        try {
          await run();
          resolve();
        } catch (error) {
          reject(error as Error);
        } finally {
          this.onProcessingEndHook?.(this.transportId, context);
        }
      };
      try {
        this.onProcessingStartHook(this.transportId, context, done);
      } catch (error) {
        reject(error as Error);
      }
    });
  }

  #onState(consumer: GroupConsumer, state: ConsumerState, error: unknown): void {
    this.#statuses.next(consumer.status());
    this._status$.next(worstOf(this.consumers()));
    if (state === 'failed') this.#onFatal({ group: consumer.group, error });
  }

  #onFatal(failure: ConsumerFailure): void {
    const { onFatal = 'stay' } = this.#options;
    const sentence = `consumer of group '${failure.group}' gave up: ${errorSentence(failure.error)}`;
    this.logger.error(sentence);
    if (onFatal === 'exit') {
      process.exitCode = 1;
      process.kill(process.pid, 'SIGTERM');
    } else if (onFatal !== 'stay') onFatal(failure);
  }

  #of(group: string): GroupConsumer {
    const consumer = this.#consumers.find((one) => one.group === group);
    if (consumer) return consumer;
    const known = this.#consumers.map((one) => one.group).join(', ');
    throw new RangeError(`no handler is in group '${group}'; groups here: ${known || 'none'}`);
  }
}

function deadLetterTopics({ options }: Route): string[] {
  const { deadLetter, topics } = options;
  if (deadLetter === false) return [];
  if (deadLetter !== true) return [deadLetter];
  return topics.flatMap((topic) => (topic instanceof RegExp ? [] : [`${topic}.dlq`]));
}

const badness: Readonly<Record<ConsumerState, number>> = Object.freeze({
  running: 0,
  stopped: 1,
  draining: 2,
  starting: 3,
  recovering: 4,
  failed: 5,
});

function worstOf(consumers: readonly ConsumerStatus[]): ServerStatus {
  const [worst] = consumers.toSorted((a, b) => badness[b.state] - badness[a.state]);
  switch (worst?.state) {
    case undefined:
    case 'running':
      return consumers.some(({ halted }) => halted.length > 0) ? 'halted' : 'connected';
    case 'stopped':
      return 'disconnected';
    case 'starting':
    case 'recovering':
    case 'draining':
    case 'failed':
      return worst.state;
  }
}
