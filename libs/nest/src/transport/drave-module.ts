// The transport as a module of an application: a DraveServer to inject, and the drain at the right moment. In a hybrid application Nest
// closes transports after onModuleDestroy of every provider, when what handlers use is gone already. So this module puts itself first
// in the order of destruction, whatever imports it, and drains there. Protects: handlers end before the providers they use.
// Leaves out: several servers; make the others by hand with a transportId each.

import {
  Inject,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type INestApplication,
  type INestMicroservice,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { DraveServer, type ServerOptions } from './drave-server.js';

/** The options of the module's server; override this provider in tests. */
export const DRAVE_SERVER_OPTIONS = Symbol('DRAVE_SERVER_OPTIONS');

export interface DraveModuleAsyncOptions {
  readonly imports?: NonNullable<DynamicModule['imports']>;
  readonly useFactory: (...dependencies: never[]) => ServerOptions | Promise<ServerOptions>;
  readonly inject?: NonNullable<FactoryProvider['inject']>;
}

@Module({})
export class DraveModule implements OnModuleDestroy {
  readonly #server: DraveServer;

  constructor(
    @Inject(DraveServer) server: DraveServer,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    this.#server = server;
    for (const module of modules.values()) {
      // Hooks of destruction run by ascending distance from the root, which has 0 or 1.
      if (module.metatype === DraveModule) module.distance = -1;
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.#server.drain();
  }

  static forRoot(options: ServerOptions): DynamicModule {
    // A factory: Nest 11 does not let a test override a value by one.
    return moduleWith({ provide: DRAVE_SERVER_OPTIONS, useFactory: () => options });
  }

  static forRootAsync({ imports, inject, useFactory }: DraveModuleAsyncOptions): DynamicModule {
    return {
      ...moduleWith({ provide: DRAVE_SERVER_OPTIONS, useFactory, inject: [...(inject ?? [])] }),
      ...(imports ? { imports } : {}),
    };
  }
}

function moduleWith(options: NonNullable<DynamicModule['providers']>[number]): DynamicModule {
  return {
    module: DraveModule,
    providers: [
      options,
      {
        provide: DraveServer,
        inject: [DRAVE_SERVER_OPTIONS],
        useFactory: (given: ServerOptions) => new DraveServer(given),
      },
    ],
    exports: [DraveServer],
  };
}

/**
 * Connects the module's server (or a given one) to an application with HTTP; global pipes, guards, filters and interceptors apply to
 * its handlers too. Call it before `init` or `listen`, then `app.startAllMicroservices()`.
 */
export function connectDrave(
  app: INestApplication,
  server: DraveServer = app.get(DraveServer),
): INestMicroservice {
  return app.connectMicroservice({ strategy: server }, { inheritAppConfig: true });
}
