// Requests, records and applications: one test or more per row of the table "Pains of NestJS + Kafka users", named after the row.
import {
  Catch,
  Controller,
  Inject,
  Injectable,
  Module,
  type ArgumentsHost,
  type ExceptionFilter,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientKafka,
  ClientsModule,
  Ctx,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { logLevel } from 'kafkajs';
import {
  concat,
  EMPTY,
  firstValueFrom,
  from,
  interval,
  lastValueFrom,
  map,
  of,
  take,
  throwError,
  toArray,
  type Observable,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  builtInKafkaCodec,
  bytesCodec,
  connectDrave,
  DraveClient,
  DraveContext,
  DraveModule,
  DraveServer,
  EventHandler,
  LogRecordBuilder,
  NonRetriableError,
  PayloadError,
  ReplyTimeoutError,
  RequestHandler,
  textCodec,
  type Codec,
} from '../../src/transport.js';
import { afterTest, eventually, startBroker, startClient, startService } from './nest-app.js';

@Controller()
class Numbers {
  @MessagePattern('double')
  double(@Payload() number: number): number {
    return number * 2;
  }

  @MessagePattern('count')
  count(@Payload() to: number): Observable<number> {
    return interval(1).pipe(take(to));
  }

  @MessagePattern('nothing')
  nothing(@Payload() kind: string): Observable<null> {
    return kind === 'null' ? of(null) : EMPTY;
  }

  @MessagePattern('fail')
  fail(@Payload() kind: string): Observable<number> {
    if (kind === 'rpc') throw new RpcException({ code: 'NO_STOCK', left: 0 });
    if (kind === 'midway')
      return concat(
        of(1),
        throwError(() => new RpcException('midway')),
      );
    throw new NonRetriableError('secret details');
  }

  @RequestHandler('silent')
  silent(): Promise<void> {
    return new Promise(() => undefined);
  }
}

const all = <Value>(values: Observable<Value>): Promise<Value[]> =>
  lastValueFrom(values.pipe(toArray()));

describe('reply partition lost or unassigned on rebalance', () => {
  it('answers at once while servers come and go, and no client is in a group', async () => {
    const testing = await startBroker({ double: 4 });
    await startService(testing, [Numbers]);
    const clients = [startClient(testing), startClient(testing), startClient(testing)];
    const ask = async (from_: number): Promise<number[]> =>
      Promise.all(
        clients.flatMap((client, index) =>
          [0, 1, 2].map((step) =>
            firstValueFrom(client.send<number>('double', from_ + index * 3 + step)),
          ),
        ),
      );
    expect(await ask(0)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16]);
    const asked = ask(100);
    const second = await startService(testing, [Numbers]);
    expect(await asked).toEqual([200, 202, 204, 206, 208, 210, 212, 214, 216]);
    const askedAgain = ask(200);
    await second.app.close();
    expect(await askedAgain).toEqual([400, 402, 404, 406, 408, 410, 412, 414, 416]);
    expect(testing.broker.groups().map(({ groupId }) => groupId)).toEqual(['service']);
  });
});

describe('forgotten subscribeToResponseOf', () => {
  it('sends from a second application without subscribing to anything', async () => {
    const testing = await startBroker();
    await startService(testing, [Numbers]);
    @Injectable()
    class Shop {
      readonly client: ClientProxy;
      constructor(@Inject('NUMBERS') client: ClientProxy) {
        this.client = client;
      }
    }
    class ShopModule {}
    Module({
      imports: [
        ClientsModule.register([
          { name: 'NUMBERS', customClass: DraveClient, options: testing.clientOptions() },
        ]),
      ],
      providers: [Shop],
    })(ShopModule);
    const shop = await NestFactory.createApplicationContext(ShopModule, { logger: false });
    const { client } = shop.get(Shop);
    const states: string[] = [];
    client.status.subscribe((state) => states.push(state));
    expect(await firstValueFrom(client.send('double', 21))).toBe(42);
    await shop.close();
    expect(states).toEqual(['connected', 'disconnected']);
  });

  it('streams answers, ends without one, and tells null from nothing', async () => {
    const testing = await startBroker();
    await startService(testing, [Numbers]);
    const client = startClient(testing);
    expect(await all(client.send('count', 5))).toEqual([0, 1, 2, 3, 4]);
    expect(await all(client.send('nothing', 'null'))).toEqual([null]);
    expect(await all(client.send('nothing', 'empty'))).toEqual([]);
  });

  it('answers with the payload of an RpcException, also midway in a stream', async () => {
    const testing = await startBroker();
    await startService(testing, [Numbers]);
    const client = startClient(testing);
    await expect(firstValueFrom(client.send('fail', 'rpc'))).rejects.toEqual({
      code: 'NO_STOCK',
      left: 0,
    });
    const values: unknown[] = [];
    const ended = new Promise((resolve) => {
      client.send('fail', 'midway').subscribe({ next: (v) => values.push(v), error: resolve });
    });
    expect(await ended).toEqual({ status: 'error', message: 'midway' });
    expect(values).toEqual([1]);
  });

  it('ends a request without an answer after its time, and those open at close', async () => {
    const testing = await startBroker();
    await startService(testing, [Numbers], { drainMs: 50 });
    const hasty = startClient(testing, { requestTimeoutMs: 50 });
    await expect(firstValueFrom(hasty.send('silent', 1))).rejects.toThrow(ReplyTimeoutError);
    const patient = startClient(testing);
    const sentBefore = (await testing.broker.records('silent')).length;
    const asked = expect(firstValueFrom(patient.send('silent', 1))).rejects.toThrow('closed');
    await testing.broker.waitFor('silent', sentBefore + 1);
    await Promise.all([asked, patient.close()]);
  });
});

describe('kafkajs unmaintained', () => {
  it('talks to clients and servers of the built-in transport in their own headers', async () => {
    const testing = await startBroker({ double: 1, 'double.reply': 1, triple: 1 });
    await startService(testing, [Numbers]);
    const { client, consumer } = testing.kafkaOptions('asker');
    const builtIn = new ClientKafka({
      client: { ...client, logLevel: logLevel.NOTHING },
      consumer: { ...consumer, heartbeatInterval: 100 },
    });
    builtIn.subscribeToResponseOf('double');
    afterTest(() => builtIn.close());
    await builtIn.connect();
    expect(String(await firstValueFrom(builtIn.send('double', '21')))).toBe('42');

    @Controller()
    class Triples {
      @MessagePattern('triple')
      triple(@Payload() { number }: { number: number }): Observable<{ number: number }> {
        return from([1, 2, 3]).pipe(map((factor) => ({ number: number * factor })));
      }
    }
    class App {}
    Module({ controllers: [Triples] })(App);
    const server = await NestFactory.createMicroservice<MicroserviceOptions>(App, {
      logger: false,
      transport: Transport.KAFKA,
      options: {
        client: { ...client, logLevel: logLevel.NOTHING },
        consumer: { groupId: 'triples', maxWaitTimeInMs: 50, heartbeatInterval: 100 },
      },
    });
    afterTest(() => server.close());
    await server.listen();
    await testing.broker.groupReady('triples-server');
    const ours = startClient(testing, { codec: builtInKafkaCodec });
    const answers = await all(ours.send('triple', { number: 5 }));
    expect(answers).toEqual([{ number: 5 }, { number: 10 }, { number: 15 }]);
  });
});

describe('schema registry, async codecs', () => {
  it('encodes and decodes asynchronously, by topic and part, with a magic byte', async () => {
    const testing = await startBroker({ orders: 1 });
    const schemas = new Map<number, string>();
    const registry: Codec = {
      encode: async (value, { topic, part }) => {
        await Promise.resolve();
        schemas.set(7, `${topic}-${part}`);
        const body = Buffer.from(JSON.stringify(value));
        return Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), body]);
      },
      decode: async (bytes) => {
        await Promise.resolve();
        if (bytes[0] !== 0 || !schemas.has(bytes.readInt32BE(1))) throw new Error('no such schema');
        return JSON.parse(bytes.subarray(5).toString()) as unknown;
      },
    };
    const seen: unknown[] = [];
    @Controller()
    class Orders {
      @EventHandler('orders', { codec: registry, deadLetter: true })
      handle(@Payload() order: unknown): void {
        seen.push(order);
      }
    }
    await startService(testing, [Orders]);
    const client = startClient(testing, { codec: registry });
    await lastValueFrom(client.emit('orders', { id: 1 }));
    await eventually(() => seen).toEqual([{ id: 1 }]);
    expect([...schemas.values()]).toEqual(['orders-value']);
    await testing.broker.produce('orders', [{ value: '{"id":2}' }]);
    const [letter] = await testing.broker.waitFor('orders.dlq', 1);
    expect(String(letter?.value)).toBe('{"id":2}');
    const headers = letter?.headers.map(({ value }) => String(value)) ?? [];
    expect(headers).toContain(PayloadError.name);
  });
});

describe('binary payloads become strings', () => {
  it('delivers the bytes that were sent, both ways', async () => {
    const testing = await startBroker({ images: 1 });
    const image = Buffer.from([0xff, 0x00, 0x7b, 0xc3, 0x28]);
    let raw: Buffer | null = null;
    @Controller()
    class Images {
      @RequestHandler('images', { codec: bytesCodec as Codec })
      reverse(@Payload() bytes: Buffer, @Ctx() context: DraveContext): Buffer {
        raw = context.getRecord().value;
        return Buffer.from(bytes).reverse();
      }
    }
    await startService(testing, [Images]);
    const client = startClient(testing, { codec: bytesCodec as Codec });
    const answer = await firstValueFrom(client.send<Buffer>('images', image));
    expect(answer).toEqual(Buffer.from([0x28, 0xc3, 0x7b, 0x00, 0xff]));
    expect(raw).toEqual(image);
  });
});

describe('headers, key, trace unclear', () => {
  it('sends what LogRecordBuilder says and carries a trace there and back', async () => {
    const testing = await startBroker({ notes: 3 });
    const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const contexts: DraveContext[] = [];
    @Controller()
    class Notes {
      @EventHandler('notes', { codec: textCodec as Codec })
      handle(@Payload() text: string, @Ctx() context: DraveContext): void {
        if (text === 'hello') contexts.push(context);
      }
    }
    await startService(testing, [Notes]);
    const client = startClient(testing, { codec: textCodec as Codec });
    client.setOnDispatchHook((packet) => {
      packet.metadata = { ...trace, unsendable: Symbol('x') as unknown as string };
    });
    const record = new LogRecordBuilder('hello')
      .key('k1')
      .header('tenant', 'eu')
      .header('raw', Buffer.from([0xff]))
      .partition(2)
      .timestamp(1_000)
      .build();
    await lastValueFrom(client.emit('notes', record));
    await eventually(() => contexts.length).toBe(1);
    const [context] = contexts;
    expect(context?.getMetadata()).toEqual(trace);
    expect(context?.headerText('tenant')).toBe('eu');
    expect(context?.header('raw')).toEqual(Buffer.from([0xff]));
    expect(context?.getHeaders().map(({ key }) => key)).toEqual(['tenant', 'raw', 'traceparent']);
    expect(String(context?.getKey())).toBe('k1');
    expect([context?.getPartition(), context?.getTimestamp()]).toEqual([2, 1_000]);
  });
});

describe('headers, key, trace unclear', () => {
  it('runs the processing hooks of Nest around each record, failed ones included', async () => {
    const testing = await startBroker({ notes: 1 });
    const calls: string[] = [];
    @Controller()
    class Notes {
      @EventHandler('notes', { deadLetter: true })
      handle(@Payload() number: number): void {
        calls.push(`handle ${number}`);
        if (number === 2) throw new NonRetriableError('two');
      }
    }
    const { server } = await startService(testing, [Notes]);
    server.setOnProcessingStartHook((_transport, _context, done) => {
      calls.push('start');
      void done(); // A hook need not hand the promise on.
    });
    server.setOnProcessingEndHook(() => calls.push('end'));
    await testing.broker.produce('notes', [{ value: '1' }, { value: '2' }]);
    await testing.broker.waitFor('notes.dlq', 1);
    expect(calls).toEqual(['start', 'handle 1', 'end', 'start', 'handle 2', 'end']);
  });
});

describe('global pipes/filters missing in hybrid apps', () => {
  it('applies them to handlers, and drains before what handlers use is gone', async () => {
    const testing = await startBroker({ orders: 1 });
    const order: string[] = [];
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    @Injectable()
    class Database implements OnModuleDestroy {
      onModuleDestroy(): void {
        order.push('database closed');
      }
    }
    @Controller()
    class Orders {
      @RequestHandler('orders')
      async handle(@Payload() text: string): Promise<string> {
        order.push('handler begins');
        if (text.startsWith('WAIT')) await opened;
        order.push('handler ends');
        throw new Error(text);
      }
    }
    @Catch(Error)
    class Explain implements ExceptionFilter {
      catch(error: Error, _host: ArgumentsHost): Observable<never> {
        return throwError(() => `explained: ${error.message}`);
      }
    }
    class App {}
    Module({
      imports: [DraveModule.forRoot(testing.serverOptions({ group: 'hybrid' }))],
      controllers: [Orders],
      providers: [Database],
    })(App);
    const app = await NestFactory.create(App, new FastifyAdapter(), { logger: false });
    app.useGlobalPipes({
      transform: (value: unknown) => (typeof value === 'string' ? value.toUpperCase() : value),
    });
    app.useGlobalFilters(new Explain());
    connectDrave(app);
    await app.startAllMicroservices();
    await app.init();
    const client = startClient(testing);
    await expect(firstValueFrom(client.send('orders', 'hello'))).rejects.toBe('explained: HELLO');
    const answered = firstValueFrom(client.send('orders', 'wait')).catch((error: unknown) => error);
    await eventually(() => order.length).toBe(3);
    const closed = app.close();
    await eventually(() => app.get(DraveServer).consumers()[0]?.state).toBe('draining');
    open();
    await closed;
    expect(await answered).toBe('explained: WAIT');
    expect(order.slice(2)).toEqual(['handler begins', 'handler ends', 'database closed']);
  });
});

describe('shutdown loses work in flight', () => {
  it('lets handlers end and commits them; what does not end in time is delivered again', async () => {
    const testing = await startBroker({ jobs: 1 });
    const seen: number[] = [];
    let open = (): void => undefined;
    let opened = new Promise<void>((resolve) => (open = resolve));
    @Controller()
    class Jobs {
      @EventHandler('jobs')
      async handle(@Payload() id: number): Promise<void> {
        seen.push(id);
        await opened;
      }
    }
    const jobs = [1, 2, 3].map((id) => ({ value: String(id) }));
    await testing.broker.produce('jobs', jobs);
    const first = await startService(testing, [Jobs]);
    await eventually(() => seen).toEqual([1]);
    const closed = first.app.close();
    await eventually(() => first.server.consumers()[0]?.state).toBe('draining');
    open();
    await closed;
    opened = new Promise(() => undefined);
    const second = await startService(testing, [Jobs], { drainMs: 20 });
    await eventually(() => seen).toEqual([1, 2]);
    await second.app.close();
    await second.app.close(); // Closing twice is harmless.
    opened = Promise.resolve();
    await startService(testing, [Jobs]);
    await eventually(() => seen).toEqual([1, 2, 2, 3]);
  });
});
