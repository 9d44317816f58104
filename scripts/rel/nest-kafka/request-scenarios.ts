// What the transport promises about requests, on whichever broker: answers without a subscription, streams, errors, servers that come
// and go, an answer before the end at a shutdown, and understanding with Nest's built-in Kafka transport in both directions.

import { builtInKafkaCodec, RequestHandler, type DraveContext } from '@drave/nest/transport';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientKafka,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { logLevel } from 'kafkajs';
import {
  concat,
  EMPTY,
  firstValueFrom,
  interval,
  lastValueFrom,
  of,
  take,
  throwError,
  toArray,
  type Observable,
} from 'rxjs';
import { gate, handler, type Handler, type Side } from './side.ts';

const ask = (topic: string, run: (payload: number, context: DraveContext) => unknown): Handler =>
  handler(RequestHandler(topic), run);
const all = (values: Observable<unknown>): Promise<unknown[]> =>
  lastValueFrom(values.pipe(toArray()));
const failureOf = (values: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(values).then(
    () => 'no failure',
    (error: unknown) => (error instanceof Error ? error.message : error),
  );

async function requests(side: Side): Promise<void> {
  await side.topics({ double: 4 });
  const groups = await side.groupNames();
  const handlers = [ask('double', (number) => number * 2)];
  await side.service(handlers, { group: 'double-group' });
  const clients = [side.asker(), side.asker(), side.asker()];
  const askAll = (from: number): Promise<number[]> =>
    Promise.all(
      clients.flatMap((client, index) =>
        [0, 1, 2, 3].map((step) =>
          firstValueFrom(client.send<number>('double', from + index * 4 + step)),
        ),
      ),
    );
  const doubled = (from: number): number[] =>
    Array.from({ length: 12 }, (_, index) => (from + index) * 2);
  side.check('at once', await askAll(0), doubled(0));
  const asked = askAll(100);
  const second = await side.service(handlers, { group: 'double-group' });
  side.check('while a server comes', await asked, doubled(100));
  const askedAgain = askAll(200);
  await second.app.close();
  side.check('while a server goes', await askedAgain, doubled(200));
  const added = (await side.groupNames()).filter((name) => !groups.includes(name));
  side.check('no client is in a group', added, ['double-group']);
}

async function streams(side: Side): Promise<void> {
  await side.service(
    [
      ask('count', (to) => interval(1).pipe(take(to))),
      ask('nothing', (kind) => (kind === 0 ? of(null) : EMPTY)),
      ask('fail', (kind) => {
        if (kind === 0) throw new RpcException({ code: 'NO_STOCK' });
        if (kind === 1) throw new Error('a secret');
        const broken = throwError(() => new RpcException('midway'));
        return concat(of(1), broken);
      }),
    ],
    { group: 'streams-group', handlers: { retry: { attempts: 1 } } },
  );
  const client = side.asker();
  const hundred = Array.from({ length: 100 }, (_, index) => index);
  side.check('a stream', await all(client.send('count', 100)), hundred);
  side.check('null', await all(client.send('nothing', 0)), [null]);
  side.check('nothing', await all(client.send('nothing', 1)), []);
  side.check('an error', await failureOf(client.send('fail', 0)), { code: 'NO_STOCK' });
  const hidden = { status: 'error', message: 'Internal server error' };
  side.check('an inner error', await failureOf(client.send('fail', 1)), hidden);
  const midway = { status: 'error', message: 'midway' };
  side.check('midway', await failureOf(client.send('fail', 2)), midway);
}

async function answerBeforeEnd(side: Side): Promise<void> {
  await side.topics({ brew: 1 });
  const { opened, open } = gate();
  const service = await side.service(
    [
      ask('brew', async (cups) => {
        await opened;
        return `${cups} cups`;
      }),
    ],
    { group: 'brew-group' },
  );
  const client = side.asker();
  const asked = firstValueFrom(client.send('brew', 3));
  await side.eventually('it brews', () => service.server.consumers()[0]?.inFlight, 1);
  const closed = service.app.close();
  await side.eventually('draining', () => service.server.consumers()[0]?.state, 'draining');
  open();
  await closed;
  side.check('the answer', await asked, '3 cups');
  side.check('committed', await side.committed('brew-group', 'brew'), 1);
}

async function builtInPeers(side: Side): Promise<void> {
  await side.topics({ halve: 1, 'halve.reply': 1, triple: 1 });
  await side.service([ask('halve', (number) => Number(number) / 2)], { group: 'halve-group' });
  const client = { brokers: [...side.brokers], logLevel: logLevel.NOTHING };
  const consumer = { heartbeatInterval: 100, maxWaitTimeInMs: 50 };
  const builtIn = new ClientKafka({ client, consumer: { ...consumer, groupId: 'halve-asker' } });
  builtIn.subscribeToResponseOf('halve');
  side.afterwards(() => builtIn.close());
  await builtIn.connect();
  const half: unknown = await firstValueFrom(builtIn.send('halve', '42'));
  side.check('a built-in client', String(half), '21');

  class Triples {
    triple({ number }: { readonly number: number }): { readonly number: number } {
      return { number: number * 3 };
    }
  }
  Payload()(Triples.prototype, 'triple', 0);
  const descriptor = Object.getOwnPropertyDescriptor(Triples.prototype, 'triple') ?? {};
  (MessagePattern('triple') as MethodDecorator)(Triples.prototype, 'triple', descriptor);
  Controller()(Triples);
  class App {}
  Module({ controllers: [Triples] })(App);
  const server = await NestFactory.createMicroservice<MicroserviceOptions>(App, {
    logger: false,
    transport: Transport.KAFKA,
    options: { client, consumer: { ...consumer, groupId: 'triples' } },
  });
  side.afterwards(() => server.close());
  await server.listen();
  const ours = side.asker({ codec: builtInKafkaCodec });
  const answer = await firstValueFrom(ours.send('triple', { number: 5 }));
  side.check('a built-in server', answer, { number: 15 });
}

export const requestScenarios = { requests, streams, answerBeforeEnd, builtInPeers };
