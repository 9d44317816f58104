// What the transport promises, told once on whatever Nest is installed beside this file: it is copied into a folder of its own, where
// `@nestjs/*` is another version. Prints one JSON line {nest, checks, failures}. Decorators are applied by hand: Node strips types only.

import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { BadRequestException, Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxy, ClientsModule, Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DraveTesting, DraveTestingModule } from '@drave/nest/testing';
import {
  connectDrave,
  DraveClient,
  DraveContext,
  DraveModule,
  DraveServer,
  EventHandler,
} from '@drave/nest/transport';
import { firstValueFrom, lastValueFrom } from 'rxjs';

const failures: string[] = [];
let checks = 0;

function check(what: string, found: unknown, expected: unknown): void {
  checks++;
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) failures.push(`${what}: ${a} instead of ${b}`);
}

/** Puts decorators on a method and its parameters as a compiler would. */
function decorate(
  target: object,
  method: string,
  pattern: MethodDecorator,
  parameters: readonly ParameterDecorator[],
): void {
  parameters.forEach((parameter, index) => parameter(target, method, index));
  const descriptor = Object.getOwnPropertyDescriptor(target, method);
  if (descriptor) pattern(target, method, descriptor);
}

const order: string[] = [];
const attempts: string[] = [];
const traces: unknown[] = [];
let open = (): void => undefined;
const opened = new Promise<void>((resolve) => (open = resolve));

class Orders {
  double(number: number): number {
    return number * 2;
  }

  take({ id }: { id: number }, context: DraveContext): void {
    attempts.push(`${id}#${context.getAttempt()}`);
    traces.push(context.getMetadata());
    if (id === 1) throw new RangeError('again');
    throw new BadRequestException('never');
  }

  async wait(): Promise<string> {
    order.push('handler begins');
    await opened;
    order.push('handler ends');
    return 'done';
  }
}
decorate(Orders.prototype, 'double', MessagePattern('double') as MethodDecorator, [Payload()]);
const retry = { attempts: 2, delaysMs: [10] };
decorate(Orders.prototype, 'take', EventHandler('orders', { retry, deadLetter: true }), [
  Payload(),
  Ctx(),
]);
decorate(Orders.prototype, 'wait', MessagePattern('wait') as MethodDecorator, []);
Controller()(Orders);

class Database {
  onModuleDestroy(): void {
    order.push('database closed');
  }
}

const testing = await DraveTesting.start({ topics: { orders: 1 } });
const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
class App {}
Module({
  imports: [
    DraveTestingModule.register(testing),
    DraveModule.forRootAsync({
      inject: [DraveTesting],
      useFactory: (broker: DraveTesting) => broker.serverOptions({ group: 'story' }),
    }),
    ClientsModule.register([
      {
        name: 'CLIENT',
        customClass: DraveClient,
        options: testing.clientOptions({ metadata: () => trace }),
      },
    ]),
  ],
  controllers: [Orders],
  providers: [Database],
})(App);

const app = await NestFactory.create(App, new FastifyAdapter() as never, { logger: false });
connectDrave(app);
await app.startAllMicroservices();
await app.init();
const client = app.get<ClientProxy>('CLIENT');
check('a request is answered', await firstValueFrom(client.send('double', 21)), 42);
await lastValueFrom(client.emit('orders', { id: 1 }));
await lastValueFrom(client.emit('orders', { id: 2 }));
const letters = await testing.broker.waitFor('orders.dlq', 2);
check('errors decide by class', attempts.toSorted(), ['1#1', '1#2', '2#1']);
check('traces arrive', traces[0], trace);
const classes = letters.map(({ headers }) =>
  String(headers.find(({ key }) => key === 'x-dlq-error-class')?.value),
);
check('dead letters name the class', classes.toSorted(), ['BadRequestException', 'RangeError']);

// The asker lives in another application, so that it is there until the answer comes.
const asker = new DraveClient(testing.clientOptions());
const asked = firstValueFrom(asker.send('wait', {}));
await testing.broker.waitFor('wait', 1);
while (app.get(DraveServer).consumers()[0]?.inFlight === 0) await new Promise(setImmediate);
const closed = app.close();
while (app.get(DraveServer).consumers()[0]?.state !== 'draining') await new Promise(setImmediate);
open();
await closed;
check('the answer comes before the end', await asked, 'done');
check('drained first', order, ['handler begins', 'handler ends', 'database closed']);
await asker.close();
await testing.stop();
const manifest = new URL('./node_modules/@nestjs/microservices/package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
console.log(JSON.stringify({ nest: version, checks, failures }));
