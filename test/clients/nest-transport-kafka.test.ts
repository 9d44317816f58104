// Nest's own Transport.KAFKA (kafkajs inside) against a started broker: request and reply through reply partitions, events, topics by
// regular expression, and instances that share the requests and go on without one that stopped. Decorators are applied by hand: Vitest does not compile them here.
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientKafka,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { logLevel } from 'kafkajs';
import { afterEach, expect, it } from 'vitest';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Service {
  readonly asked: number[];
  readonly events: string[];
  readonly measured: string[];
  close(): Promise<void>;
}

/** A Nest microservice that doubles numbers and keeps events. */
async function startService(broker: TestBroker): Promise<Service> {
  const service = { asked: [] as number[], events: [] as string[], measured: [] as string[] };
  class Numbers {
    double({ number }: { number: number }): { number: number } {
      service.asked.push(number);
      return { number: number * 2 };
    }

    happened({ text }: { text: string }): void {
      service.events.push(text);
    }

    measured({ text }: { text: string }): void {
      service.measured.push(text);
    }
  }
  for (const [name, pattern] of [
    ['double', MessagePattern('double')],
    ['happened', EventPattern('happened')],
    ['measured', EventPattern(/^sensors\.\w+$/)],
  ] as const) {
    Payload()(Numbers.prototype, name, 0);
    const descriptor = Object.getOwnPropertyDescriptor(Numbers.prototype, name);
    if (descriptor) pattern(Numbers.prototype, name, descriptor);
  }
  Controller()(Numbers);
  class App {}
  Module({ controllers: [Numbers] })(App);
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(App, {
    logger: false,
    transport: Transport.KAFKA,
    options: {
      client: { brokers: [broker.bootstrap], logLevel: logLevel.NOTHING },
      consumer: { groupId: 'numbers', heartbeatInterval: 100, maxWaitTimeInMs: 50 },
    },
  });
  closers.push(() => app.close());
  await app.listen();
  return { ...service, close: () => app.close() };
}

async function startClient(broker: TestBroker): Promise<ClientKafka> {
  const client = new ClientKafka({
    client: { brokers: [broker.bootstrap], logLevel: logLevel.NOTHING },
    consumer: { groupId: 'asker', heartbeatInterval: 100, maxWaitTimeInMs: 50 },
  });
  client.subscribeToResponseOf('double');
  closers.push(() => client.close());
  await client.connect();
  return client;
}

function ask(client: ClientKafka, number: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    client.send('double', { key: String(number), value: { number } }).subscribe({
      next: resolve,
      error: reject,
    });
  });
}

const topics = { double: 4, 'double.reply': 4, happened: 1, 'sensors.a': 1, 'sensors.b': 1 };

function emit(client: ClientKafka, topic: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    client.emit(topic, { text }).subscribe({ complete: resolve, error: reject });
  });
}

it('answers requests on reply partitions and takes events, on two instances and on the one that is left', async () => {
  const broker = await startTestBroker({ topics });
  closers.push(() => broker.stop());
  const services = [await startService(broker), await startService(broker)];
  await broker.groupReady('numbers-server', { members: 2 });
  const client = await startClient(broker);
  const numbers = Array.from({ length: 40 }, (_, index) => index);
  const answers = await Promise.all(numbers.map((number) => ask(client, number)));
  expect(answers).toEqual(numbers.map((number) => ({ number: number * 2 })));
  expect(services.every(({ asked }) => asked.length > 0)).toBe(true);
  expect(services.flatMap(({ asked }) => asked).toSorted((a, b) => a - b)).toEqual(numbers);
  await emit(client, 'happened', 'it did');
  await expect
    .poll(() => services.flatMap(({ events }) => events), { timeout: 10_000 })
    .toEqual(['it did']);

  await services[0]?.close();
  await broker.groupReady('numbers-server', { members: 1 });
  const later = await Promise.all(numbers.map((number) => ask(client, number)));
  expect(later).toEqual(answers);
});

it('takes events of every topic that a regular expression matches', async () => {
  const broker = await startTestBroker({ topics });
  closers.push(() => broker.stop());
  const service = await startService(broker);
  const client = await startClient(broker);
  await emit(client, 'sensors.a', '20 degrees');
  await emit(client, 'sensors.b', '40 %');
  await expect
    .poll(() => service.measured.toSorted((a, b) => (a < b ? -1 : 1)), { timeout: 10_000 })
    .toEqual(['20 degrees', '40 %']);
});
