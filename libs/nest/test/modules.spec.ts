import { createBroker, type Broker } from '@drave/broker';
import { startTestBroker } from '@drave/broker/testing';
import { KafkaClient } from '@drave/client';
import { memoryPlatform, nodePlatform } from '@drave/platform';
import { json, StreamBuilder, text, type StreamsApp, type Topology } from '@drave/streams';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { BROKER, BrokerModule, closeInTime, StreamsApps, StreamsModule } from '../src/index.js';

const brokerOptions = () => ({
  platform: memoryPlatform(),
  directory: '/nest',
  listen: { host: '127.0.0.1', port: 0 },
  settings: { groupInitialRebalanceDelayMs: 0, offsetsTopicNumPartitions: 1 },
});

function countTopology(): Topology {
  const builder = new StreamBuilder();
  builder
    .from('words', { key: text(), value: text() })
    .groupByKey()
    .aggregate<number>(
      () => 0,
      (count) => count + 1,
      { store: 'counts', value: json<number>() },
    )
    .toStream()
    .to('counts');
  return builder.build();
}

class App {}
class Settings {}

const quiet = { logger: false, abortOnError: false } as const;

/** Settles when the application is in that state. */
function reached(app: StreamsApp, taskCount: number): Promise<void> {
  return new Promise((resolve) => {
    const isThere = (): boolean =>
      app.tasks().filter(({ state }) => state === 'running').length === taskCount;
    if (isThere()) return resolve();
    const end = app.events.subscribe(() => {
      if (!isThere()) return;
      end();
      resolve();
    });
  });
}

describe('BrokerModule', () => {
  it('starts a broker, injects it and stops it last', async () => {
    const order: string[] = [];
    let injected: Broker | undefined;

    const service = {
      provide: 'SERVICE',
      inject: [BROKER],
      useFactory: (broker: Broker) => {
        injected = broker;
        const stop = broker.stop.bind(broker);
        broker.stop = async () => {
          order.push('broker stopped');
          await stop();
        };
        return { onModuleDestroy: () => order.push('service destroyed') };
      },
    };
    const app = await NestFactory.createApplicationContext(
      { module: App, imports: [BrokerModule.forRoot(brokerOptions())], providers: [service] },
      quiet,
    );
    expect(injected?.address.port).toBeGreaterThan(0);
    await app.close();
    expect(order).toEqual(['service destroyed', 'broker stopped']);
  });

  it('takes options from a factory', async () => {
    const settings = { provide: 'PORT', useValue: 0 };
    const module = BrokerModule.forRootAsync({
      imports: [{ module: Settings, providers: [settings], exports: [settings] }],
      inject: ['PORT'],
      useFactory: async (port: number) => ({
        ...brokerOptions(),
        listen: { host: '127.0.0.1', port },
      }),
    });
    const app = await NestFactory.createApplicationContext(module, quiet);
    expect(app.get<Broker>(BROKER).nodeId).toBe(1);
    await app.close();
  });

  it('leaves a broker running that it was given', async () => {
    const broker = await createBroker(brokerOptions());
    const app = await NestFactory.createApplicationContext(BrokerModule.forRoot({ broker }), quiet);
    await app.close();
    const brokers = [`127.0.0.1:${broker.address.port}`];
    const client = new KafkaClient({ platform: nodePlatform(), brokers });
    expect((await client.admin().describeCluster()).clusterId).toBe(broker.clusterId);
    await client.close();
    await broker.stop();
  });

  it('fails the application when the broker cannot start', async () => {
    await using taken = await startTestBroker();
    const listen = { host: '127.0.0.1', port: taken.port };
    const module = BrokerModule.forRoot({ ...brokerOptions(), listen });
    const starting = NestFactory.createApplicationContext(module, quiet);
    await expect(starting).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('StreamsModule', () => {
  it('runs applications and drains them before the broker of the same process stops', async () => {
    const broker = await startTestBroker({ topics: { words: 2, counts: 2 } });
    const order: string[] = [];

    const imports = [
      BrokerModule.forRoot({ broker: broker.broker }),
      StreamsModule.forRoot({
        apps: [{ applicationId: 'word-counts', topology: countTopology() }],
        platform: broker.platform,
        brokers: [broker.bootstrap],
      }),
    ];
    const nest = await NestFactory.createApplicationContext({ module: App, imports }, quiet);
    const [app] = nest.get(StreamsApps).byId().get('word-counts') ?? [];
    if (!app) throw new Error('the application is not provided');
    app.events.subscribe((event) => {
      if (event.kind === 'app-state') order.push(event.state);
    });
    await reached(app, 2);
    await broker.produce('words', [{ key: 'a' as const, value: 'x' }]);
    await broker.waitFor('counts', 1);
    expect(app.store<string, number>('counts').get('a')).toBe(1);
    await nest.close();
    expect(order).toEqual(['closing', 'closed']);
    const committed = (await broker.records('__consumer_offsets')).length;
    expect(committed).toBeGreaterThan(0);
    await broker.stop();
  });

  it('fails the application when a source topic is missing', async () => {
    await using broker = await startTestBroker({ autoCreate: false });
    const module = StreamsModule.forRootAsync({
      useFactory: () => ({
        apps: [{ applicationId: 'word-counts', topology: countTopology() }],
        platform: broker.platform,
        brokers: [broker.bootstrap],
      }),
    });
    const starting = NestFactory.createApplicationContext(module, quiet);
    await expect(starting).rejects.toThrow(/words/);
  });

  it('shows applications that run elsewhere without stopping them', async () => {
    await using broker = await startTestBroker({ topics: { words: 1, counts: 1 } });
    const { platform, bootstrap } = broker;
    const module = StreamsModule.forRoot({
      apps: [{ applicationId: 'word-counts', topology: countTopology() }],
      platform,
      brokers: [bootstrap],
    });
    const owner = await NestFactory.createApplicationContext(module, quiet);
    const running = owner.get(StreamsApps).all();
    const guest = await NestFactory.createApplicationContext(
      StreamsModule.forRunning(() => running),
      quiet,
    );
    expect([...guest.get(StreamsApps).byId().keys()]).toEqual(['word-counts']);
    await guest.close();
    expect(running.map(({ state }) => state)).toEqual(['running']);
    await owner.close();
  });

  it('ends an application whose closing hangs', async () => {
    const calls: string[] = [];
    const hanging = {
      close: () => new Promise<void>(() => undefined),
      kill: async () => void calls.push('killed'),
      describe: () => ({ applicationId: 'hanging' }),
    } as unknown as StreamsApp;
    await closeInTime(hanging, memoryPlatform(), 1);
    expect(calls).toEqual(['killed']);
  });
});
