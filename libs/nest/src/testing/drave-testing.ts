// A broker inside a Nest test: real sockets on a free port, memory instead of a disk. `DraveTesting` is the broker with the options that
// point clients and servers at it; `DraveTestingModule` starts it with the test's module and stops it after everything else.
// Protects: nothing outlives `app.close()`. Leaves out: what the broker itself offers (`@drave/broker/testing`).

import { startTestBroker, type TestBroker, type TestBrokerOptions } from '@drave/broker/testing';
import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { ClientOptions } from '../transport/drave-client.js';
import type { ServerOptions } from '../transport/drave-server.js';

export class DraveTesting implements AsyncDisposable {
  readonly broker: TestBroker;

  private constructor(broker: TestBroker) {
    this.broker = broker;
  }

  /** Accepts clients when it settles. */
  static async start(options: TestBrokerOptions = {}): Promise<DraveTesting> {
    return new DraveTesting(await startTestBroker(options));
  }

  /** `host:port` each. */
  get brokers(): readonly string[] {
    return this.broker.bootstrap.split(',');
  }

  /** Options of a DraveServer that commits at once and does not linger, so that a test need not wait. */
  serverOptions(options: Omit<ServerOptions, 'brokers'>): ServerOptions {
    return { commitIntervalMs: 50, ...options, brokers: this.brokers };
  }

  clientOptions(options: Omit<ClientOptions, 'brokers'> = {}): ClientOptions {
    return { ...options, brokers: this.brokers };
  }

  /** Options for Nest's own `Transport.KAFKA`: `{ transport: Transport.KAFKA, options: testing.kafkaOptions('group') }`. */
  kafkaOptions(groupId: string): {
    readonly client: { readonly brokers: string[] };
    readonly consumer: { readonly groupId: string; readonly maxWaitTimeInMs: number };
  } {
    return {
      client: { brokers: [...this.brokers] },
      consumer: { groupId, maxWaitTimeInMs: 50 },
    };
  }

  async stop(): Promise<void> {
    await this.broker.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * For `.overrideProvider(DRAVE_SERVER_OPTIONS).useFactory(testServer({ group: 'shop' }))`: points the server of a DraveModule at the
 * broker of DraveTestingModule.
 */
export function testServer(options: Omit<ServerOptions, 'brokers'>): {
  readonly inject: (typeof DraveTesting)[];
  readonly factory: (testing: DraveTesting) => ServerOptions;
} {
  return { inject: [DraveTesting], factory: (testing) => testing.serverOptions(options) };
}

@Injectable()
class BrokerLife implements OnApplicationShutdown {
  readonly #testing: DraveTesting;
  readonly #isOwned: boolean;

  constructor(
    @Inject(DraveTesting) testing: DraveTesting,
    @Inject('DRAVE_TESTING_OWNED') isOwned: boolean,
  ) {
    this.#testing = testing;
    this.#isOwned = isOwned;
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.#isOwned) await this.#testing.stop();
  }
}

@Module({})
export class DraveTestingModule {
  /** Starts a broker with the module, or provides one that runs; injectable as DraveTesting everywhere. */
  static register(options: TestBrokerOptions | DraveTesting = {}): DynamicModule {
    const isOwned = !(options instanceof DraveTesting);
    return {
      module: DraveTestingModule,
      global: true,
      providers: [
        {
          provide: DraveTesting,
          useFactory: async () => (isOwned ? DraveTesting.start(options) : options),
        },
        { provide: 'DRAVE_TESTING_OWNED', useValue: isOwned },
        BrokerLife,
      ],
      exports: [DraveTesting],
    };
  }
}
