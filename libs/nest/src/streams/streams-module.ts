// Stream applications as Nest providers. `forRoot` builds them, starts them on bootstrap and closes them early in a shutdown, in
// onModuleDestroy, while brokers and HTTP of the same application still serve; `forRunning` only shows applications that
// somebody else starts and stops. Protects: closing is bounded; what does not end in time is ended as a killed process would be.
// Classes with decorators (stream-app.ts) join by `forFeature`. Leaves out: entities.

import type { Platform } from '@drave/platform';
import { StreamsApp } from '@drave/streams';
import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import { applicationOf, appToken, storeOf, storeTokens } from './stream-app.js';
import type { StreamsApplication } from './streams-application.js';

/** The applications of this process. May change while it runs, where instances come and go. */
export class StreamsApps {
  readonly #apps: () => readonly StreamsApp[];
  readonly #added: StreamsApp[] = [];

  constructor(apps: readonly StreamsApp[] | (() => readonly StreamsApp[])) {
    this.#apps = typeof apps === 'function' ? apps : () => apps;
  }

  all(): readonly StreamsApp[] {
    return [...this.#apps(), ...this.#added];
  }

  /** Before the application's bootstrap, which starts all of them. */
  add(app: StreamsApp): void {
    this.#added.push(app);
  }

  /** Instances by application id, sorted. */
  byId(): Map<string, StreamsApp[]> {
    const apps = new Map<string, StreamsApp[]>();
    for (const app of this.all()) {
      const { applicationId } = app.describe();
      const instances = apps.get(applicationId);
      if (instances) instances.push(app);
      else apps.set(applicationId, [app]);
    }
    return new Map([...apps].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

export interface StreamsModuleOptions {
  /** Besides those of `forFeature`. */
  readonly apps?: readonly StreamsApplication[];
  readonly platform: Platform;
  /** `host:port` each, Drave's or Apache Kafka's. */
  readonly brokers: readonly string[];
  /** Absent: state in memory, restored at each start. */
  readonly stateDirectory?: string;
  /** How long closing may take; milliseconds, default 10,000. */
  readonly closeMsMax?: number;
}

export interface StreamsModuleAsyncOptions {
  readonly imports?: NonNullable<DynamicModule['imports']>;
  readonly useFactory: (
    ...dependencies: never[]
  ) => StreamsModuleOptions | Promise<StreamsModuleOptions>;
  readonly inject?: readonly (string | symbol | (abstract new (...parts: never[]) => unknown))[];
}

const STREAMS_OPTIONS = Symbol('STREAMS_OPTIONS');
const closeMsMaxDefault = 10_000;

@Injectable()
class StreamsLife implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #apps: StreamsApps;
  readonly #options: StreamsModuleOptions;

  constructor(
    @Inject(StreamsApps) apps: StreamsApps,
    @Inject(STREAMS_OPTIONS) options: StreamsModuleOptions,
  ) {
    this.#apps = apps;
    this.#options = options;
  }

  async onApplicationBootstrap(): Promise<void> {
    await Promise.all(this.#apps.all().map((app) => app.start()));
  }

  async onModuleDestroy(): Promise<void> {
    const { platform, closeMsMax } = this.#options;
    await Promise.all(this.#apps.all().map((app) => closeInTime(app, platform, closeMsMax)));
  }
}

/** Closes an application; after `closeMsMax` it is ended without commit, and its group continues from the last one. */
export async function closeInTime(
  app: StreamsApp,
  { scheduler, logger }: Platform,
  closeMsMax = closeMsMaxDefault,
): Promise<void> {
  let cancel = (): void => undefined;
  const late = new Promise<'late'>((resolve) => {
    const timer = scheduler.setTimer(closeMsMax, () => resolve('late'));
    cancel = () => timer.cancel();
  });
  const closed = app.close();
  const outcome = await Promise.race([closed, late]).finally(() => cancel());
  if (outcome !== 'late') return;
  closed.catch((error: unknown) => logger.warn('streams-close-failed', { error }));
  logger.warn('streams-close-too-slow', { application: app.describe().applicationId, closeMsMax });
  await app.kill();
}

/** One instance per `forFeature`. */
@Module({})
class StreamsFeatureModule {}

@Module({})
export class StreamsModule {
  static forRoot(options: StreamsModuleOptions): DynamicModule {
    return owning({ provide: STREAMS_OPTIONS, useValue: options });
  }

  static forRootAsync({ imports, inject, useFactory }: StreamsModuleAsyncOptions): DynamicModule {
    return {
      ...owning({ provide: STREAMS_OPTIONS, useFactory, inject: [...(inject ?? [])] }),
      ...(imports ? { imports } : {}),
    };
  }

  /** Classes decorated with `@StreamApp`; `imports` have what they inject. `forRoot` is somewhere in the application. */
  static forFeature(
    classes: readonly Type[],
    { imports = [] }: Pick<StreamsModuleAsyncOptions, 'imports'> = {},
  ): DynamicModule {
    const providers = classes.flatMap(providersOf);
    const tokens = providers.map(({ provide }) => provide);
    return {
      module: StreamsFeatureModule,
      imports,
      providers: [...classes, ...providers],
      exports: [...classes, ...tokens],
    };
  }

  /** Applications that are started and closed elsewhere. */
  static forRunning(apps: readonly StreamsApp[] | (() => readonly StreamsApp[])): DynamicModule {
    return {
      module: StreamsModule,
      global: true,
      providers: [{ provide: StreamsApps, useValue: new StreamsApps(apps) }],
      exports: [StreamsApps],
    };
  }
}

function owning(options: NonNullable<DynamicModule['providers']>[number]): DynamicModule {
  return {
    module: StreamsModule,
    global: true,
    providers: [
      options,
      { provide: StreamsApps, inject: [STREAMS_OPTIONS], useFactory: buildApps },
      StreamsLife,
    ],
    exports: [StreamsApps, STREAMS_OPTIONS],
  };
}

function buildApps(options: StreamsModuleOptions): StreamsApps {
  return new StreamsApps((options.apps ?? []).map((app) => buildApp(options, app)));
}

function buildApp(
  { platform, brokers, stateDirectory }: StreamsModuleOptions,
  app: StreamsApplication,
): StreamsApp {
  const shared = { platform, brokers, ...(stateDirectory === undefined ? {} : { stateDirectory }) };
  return new StreamsApp({ ...shared, ...app });
}

/** The application of a class, and the stores of it that somebody asked for. */
function providersOf(streamApp: Type): FactoryProvider[] {
  const app: FactoryProvider = {
    provide: appToken(streamApp),
    inject: [streamApp, STREAMS_OPTIONS, StreamsApps],
    useFactory: (instance: object, options: StreamsModuleOptions, apps: StreamsApps) => {
      const built = buildApp(options, applicationOf(instance));
      apps.add(built);
      return built;
    },
  };
  const stores = Array.from(storeTokens(streamApp), ([name, provide]) => ({
    provide,
    inject: [app.provide],
    useFactory: (built: StreamsApp) => storeOf(built, name),
  }));
  return [app, ...stores];
}
