// One broker of the comparison with what a scenario needs of it: Nest services and clients on it, topics, records, committed offsets.
// Protects: a scenario cannot tell which broker it runs on; whatever it opened is closed after it. Decorators are applied by hand: Node
// strips types only. Leaves out: starting and stopping brokers.

import 'reflect-metadata';
import { KafkaClient, type ProducerRecord } from '@drave/client';
import type { TopicPartition } from '@drave/contracts';
import {
  DraveClient,
  DraveServer,
  KafkaDriver,
  type ClientOptions,
  type DriverConsumer,
  type DriverConsumerOptions,
  type ServerOptions,
} from '@drave/nest/transport';
import { nodePlatform } from '@drave/platform';
import { Controller, Module, type INestMicroservice, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';

export const platform = nodePlatform();
const waitMsMax = 30_000;

export interface Handler {
  readonly pattern: MethodDecorator;
  readonly run: (payload: never, context: never) => unknown;
}

export interface Service {
  readonly app: INestMicroservice;
  readonly server: DraveServer;
}

export interface Found extends TopicPartition {
  readonly offset: number;
  readonly key: string | undefined;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the twin does instead: says that it commits, and does not. */
class ForgetfulDriver extends KafkaDriver {
  override consumer(options: DriverConsumerOptions): DriverConsumer {
    return Object.assign(super.consumer(options), { commit: () => Promise.resolve() });
  }
}

export class Side {
  readonly name: string;
  readonly brokers: readonly string[];
  readonly directory: string;
  readonly client: KafkaClient;
  readonly failures: string[] = [];
  checks = 0;
  readonly #isForgetful: boolean;
  readonly #admin: ReturnType<KafkaClient['admin']>;
  readonly #closers: (() => Promise<unknown>)[] = [];

  constructor(options: {
    readonly name: string;
    readonly port: number;
    readonly directory: string;
    readonly isForgetful: boolean;
  }) {
    this.name = options.name;
    this.brokers = [`127.0.0.1:${options.port}`];
    this.directory = options.directory;
    this.#isForgetful = options.isForgetful;
    this.client = new KafkaClient({ platform, brokers: this.brokers });
    this.#admin = this.client.admin();
  }

  /** Runs one scenario; what it throws is a failure of its name. */
  async run(name: string, scenario: (side: Side) => Promise<void>): Promise<void> {
    const before = this.failures.length;
    try {
      await scenario(this);
    } catch (error) {
      this.failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    for (const close of this.#closers.splice(0).reverse()) await close();
    const found = this.failures.splice(before);
    this.failures.push(...found.map((failure) => `${this.name}, ${name}: ${failure}`));
  }

  check(what: string, found: unknown, expected: unknown): void {
    this.checks++;
    const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
    if (a !== b) this.failures.push(`${what}: ${a} instead of ${b}`);
  }

  /** Settles when `read` returns what is expected; a failed check when it does not in time. */
  async eventually(
    what: string,
    read: () => unknown,
    expected: unknown,
    waitMs = waitMsMax,
  ): Promise<void> {
    const deadlineMs = platform.clock.monotonicMs() + waitMs;
    for (;;) {
      const found = await read();
      const isThere = JSON.stringify(found) === JSON.stringify(expected);
      if (isThere || platform.clock.monotonicMs() >= deadlineMs) {
        this.check(what, found, expected);
        return;
      }
      await platform.scheduler.sleep(10);
    }
  }

  /** Runs after the scenario, the last registered first. */
  afterwards(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async topics(topics: Readonly<Record<string, number>>): Promise<void> {
    await this.#admin.createTopics(
      Object.entries(topics).map(([topic, partitions]) => ({ topic, partitions })),
    );
  }

  async topicNames(): Promise<readonly string[]> {
    return (await this.#admin.listTopics()).toSorted();
  }

  async groupNames(): Promise<readonly string[]> {
    return (await this.#admin.listGroups()).map(({ groupId }) => groupId).toSorted();
  }

  async partitionCount(topic: string): Promise<number> {
    return (await this.#admin.describeTopics([topic]))[0]?.partitions.length ?? 0;
  }

  async produce(topic: string, records: readonly Omit<ProducerRecord, 'topic'>[]): Promise<void> {
    const producer = this.client.producer({ lingerMs: 0 });
    await producer.sendBatch(records.map((record) => ({ ...record, topic })));
    await producer.close();
  }

  /** Sum of the committed offsets of a topic. */
  async committed(group: string, topic: string): Promise<number> {
    const offsets = await this.#admin.groupOffsets(group);
    return offsets
      .filter((one) => one.topic === topic)
      .reduce((sum, { offset }) => sum + Math.max(0, offset), 0);
  }

  /** All records of a topic, once there are `count` of them. */
  async read(topic: string, count: number): Promise<readonly Found[]> {
    const deadlineMs = platform.clock.monotonicMs() + waitMsMax;
    while (!(await this.topicNames()).includes(topic)) {
      if (platform.clock.monotonicMs() > deadlineMs) throw new Error(`no topic '${topic}'`);
      await platform.scheduler.sleep(20);
    }
    const partitions = Array.from({ length: await this.partitionCount(topic) }, (_, partition) => ({
      topic,
      partition,
    }));
    const consumer = this.client.consumer({ autoOffsetReset: 'earliest' });
    consumer.assign(partitions);
    const found: Found[] = [];
    try {
      while (found.length < count) {
        if (platform.clock.monotonicMs() > deadlineMs) {
          throw new Error(`'${topic}' has ${found.length} records, ${count} are waited for`);
        }
        const records = await consumer.poll({ timeoutMs: 500 });
        for (const { partition, offset, key, value, headers } of records) {
          const texts = headers.map((header) => [header.key, String(header.value)]);
          const names = Object.fromEntries(texts) as Record<string, string>;
          const text = key === null ? undefined : String(key);
          found.push({ topic, partition, offset, key: text, value: String(value), headers: names });
        }
      }
    } finally {
      await consumer.close();
    }
    return found;
  }

  /** A microservice with these handlers, listening. */
  async service(
    handlers: readonly Handler[],
    options: Omit<ServerOptions, 'brokers'>,
  ): Promise<Service> {
    const { brokers } = this;
    const driver = this.#isForgetful ? { driver: new ForgetfulDriver({ platform, brokers }) } : {};
    const server = new DraveServer({ commitIntervalMs: 50, ...options, brokers, ...driver });
    class App {}
    Module({ controllers: [controllerOf(handlers)] })(App);
    const app = await NestFactory.createMicroservice(App, { strategy: server, logger: false });
    this.afterwards(() => app.close());
    await app.listen();
    return { app, server };
  }

  asker(options: Omit<ClientOptions, 'brokers'> = {}): DraveClient {
    const client = new DraveClient({ ...options, brokers: this.brokers });
    this.afterwards(() => client.close());
    return client;
  }

  async close(): Promise<void> {
    this.#admin.close();
    await this.client.close();
  }
}

export function handler<Payload_, Context>(
  pattern: MethodDecorator,
  run: (payload: Payload_, context: Context) => unknown,
): Handler {
  return { pattern, run };
}

/** What a compiler makes of a class with decorated methods `(payload, context)`. */
export function controllerOf(handlers: readonly Handler[]): Type {
  class Handlers {}
  for (const [index, { pattern, run }] of handlers.entries()) {
    const name = `handle${index}`;
    // A function of its own: metadata hangs on it, and two services may share handlers.
    const value = (...given: readonly [never, never]): unknown => run(...given);
    const descriptor = { value, configurable: true, writable: true, enumerable: false };
    Object.defineProperty(Handlers.prototype, name, descriptor);
    Payload()(Handlers.prototype, name, 0);
    Ctx()(Handlers.prototype, name, 1);
    pattern(Handlers.prototype, name, descriptor);
  }
  Controller()(Handlers);
  return Handlers;
}

/** A promise that handlers wait for. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
