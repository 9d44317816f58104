// A broker as a Nest provider under the token BROKER. Protects: a broker the module started stops last, in onApplicationShutdown:
// consumers of the same application drain in onModuleDestroy and still need it. A broker that was handed in running belongs to
// whoever started it. Leaves out: HTTP, health and metrics, which have modules of their own.

import { createBroker, type Broker, type BrokerOptions } from '@drave/broker';
import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type ModuleMetadata,
  type OnApplicationShutdown,
} from '@nestjs/common';

/** The running `Broker`. */
export const BROKER = Symbol('BROKER');
const BROKER_SOURCE = Symbol('BROKER_SOURCE');

/** Options to start one with, or one that runs already. */
export type BrokerModuleOptions = BrokerOptions | { readonly broker: Broker };

export interface BrokerModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly useFactory: (
    ...dependencies: never[]
  ) => BrokerModuleOptions | Promise<BrokerModuleOptions>;
  readonly inject?: readonly (string | symbol | (abstract new (...parts: never[]) => unknown))[];
}

@Injectable()
class BrokerLife implements OnApplicationShutdown {
  readonly #broker: Broker;
  readonly #source: BrokerModuleOptions;

  constructor(@Inject(BROKER) broker: Broker, @Inject(BROKER_SOURCE) source: BrokerModuleOptions) {
    this.#broker = broker;
    this.#source = source;
  }

  async onApplicationShutdown(): Promise<void> {
    if (!('broker' in this.#source)) await this.#broker.stop();
  }
}

@Module({})
export class BrokerModule {
  /** Starts a broker, or provides the running one. */
  static forRoot(options: BrokerModuleOptions = {}): DynamicModule {
    return moduleWith({ provide: BROKER_SOURCE, useValue: options });
  }

  static forRootAsync({ imports, inject, useFactory }: BrokerModuleAsyncOptions): DynamicModule {
    return {
      ...moduleWith({ provide: BROKER_SOURCE, useFactory, inject: [...(inject ?? [])] }),
      ...(imports ? { imports } : {}),
    };
  }
}

function moduleWith(source: NonNullable<DynamicModule['providers']>[number]): DynamicModule {
  return {
    module: BrokerModule,
    global: true,
    providers: [
      source,
      {
        provide: BROKER,
        inject: [BROKER_SOURCE],
        useFactory: async (options: BrokerModuleOptions): Promise<Broker> =>
          'broker' in options ? options.broker : createBroker(options),
      },
      BrokerLife,
    ],
    exports: [BROKER],
  };
}
