// Nest applications for the transport's tests, and waiting without sleeping.

import 'reflect-metadata';
import type { INestMicroservice, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, expect } from 'vitest';
import { DraveTesting } from '../../src/testing.js';
import {
  DraveClient,
  DraveServer,
  type ClientOptions,
  type ServerOptions,
} from '../../src/transport.js';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Runs after the test, the last registered first. */
export function afterTest(close: () => Promise<unknown>): void {
  closers.push(close);
}

export async function startBroker(
  topics: Readonly<Record<string, number>> = {},
): Promise<DraveTesting> {
  const testing = await DraveTesting.start({ topics });
  afterTest(() => testing.stop());
  return testing;
}

export interface Service {
  readonly app: INestMicroservice;
  readonly server: DraveServer;
}

/** A microservice with these controllers, listening. */
export async function startService(
  testing: DraveTesting,
  controllers: readonly Type[],
  options: Partial<ServerOptions> = {},
): Promise<Service> {
  const server = new DraveServer(testing.serverOptions({ group: 'service', ...options }));
  class App {}
  Module({ controllers: [...controllers] })(App);
  const app = await NestFactory.createMicroservice(App, { strategy: server, logger: false });
  afterTest(() => app.close());
  await app.listen();
  return { app, server };
}

export function startClient(
  testing: DraveTesting,
  options: Omit<ClientOptions, 'brokers'> = {},
): DraveClient {
  const client = new DraveClient(testing.clientOptions(options));
  afterTest(() => client.close());
  return client;
}

/** Waits until `read` returns what is expected; 15 seconds at most. */
export function eventually<Value>(read: () => Value | Promise<Value>) {
  return expect.poll(read, { timeout: 15_000, interval: 10 });
}
