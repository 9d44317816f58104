// Nest's own Transport.KAFKA (kafkajs inside) against a started broker: request and reply through reply partitions, events, and two
// instances that share the requests. Decorators are applied by hand: Vitest does not compile them here.
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
}

/** A Nest microservice that doubles numbers and keeps events. */
async function startService(broker: TestBroker): Promise<Service> {
  const service: Service = { asked: [], events: [] };
  class Numbers {
    double({ number }: { number: number }): { number: number } {
      service.asked.push(number);
      return { number: number * 2 };
    }

    happened({ text }: { text: string }): void {
      service.events.push(text);
    }
  }
  for (const [name, pattern] of [
    ['double', MessagePattern('double')],
    ['happened', EventPattern('happened')],
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
  return service;
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

it('answers requests on reply partitions and takes events, on two instances', async () => {
  const broker = await startTestBroker({ topics: { double: 4, 'double.reply': 4, happened: 1 } });
  closers.push(() => broker.stop());
  const services = [await startService(broker), await startService(broker)];
  await broker.groupReady('numbers-server', { members: 2 });
  const client = await startClient(broker);
  const numbers = Array.from({ length: 40 }, (_, index) => index);
  const answers = await Promise.all(numbers.map((number) => ask(client, number)));
  expect(answers).toEqual(numbers.map((number) => ({ number: number * 2 })));
  expect(services.every(({ asked }) => asked.length > 0)).toBe(true);
  expect(services.flatMap(({ asked }) => asked).toSorted((a, b) => a - b)).toEqual(numbers);
  await new Promise<void>((resolve, reject) => {
    client.emit('happened', { text: 'it did' }).subscribe({ complete: resolve, error: reject });
  });
  await expect
    .poll(() => services.flatMap(({ events }) => events), { timeout: 10_000 })
    .toEqual(['it did']);
});
