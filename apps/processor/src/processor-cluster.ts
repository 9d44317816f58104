// A processor's place in its cluster: it finds brokers, says where it runs and what it owns, and knows who owns the rest.
// Protects: without Redis all of it happens within this process; a query is sent on (with its token) only to an address that an
// instance with one of our tokens vouched for, so whoever can write to Redis collects no tokens. Loads no Nest.
// Leaves out: following brokers that move while the processor runs (clients learn the cluster's addresses from the brokers).

import {
  Directory,
  isVouchedFor,
  openClusterStore,
  queryProofs,
  type ClusterStoreSettings,
  type ClusterStore,
  type Registration,
} from '@drave/membership';
import type { HealthState } from '@drave/nest';
import type { HttpServer } from '@drave/nest/http';
import type { Platform } from '@drave/platform';
import type { StreamsApp } from '@drave/streams';

export interface ProcessorClusterOptions extends ClusterStoreSettings {
  /** Milliseconds, default 3,000. */
  readonly leaseTtlMs?: number;
  /** Under which others reach the HTTP side, `http://host:port`; default: where it listens. */
  readonly queryUrl?: string | undefined;
  /** Name of this machine, told instead of a wildcard address. */
  readonly hostname?: string;
  /** Those of the HTTP side. */
  readonly tokens?: readonly { readonly token: string }[];
}

/** How long a start waits for a broker to register. */
const findBrokersMs = 60_000;

export class ProcessorCluster {
  readonly #platform: Platform;
  readonly #options: ProcessorClusterOptions;
  readonly #store: ClusterStore;
  readonly #directory: Directory;
  #registration: Registration | undefined;
  #unsubscribe: (() => void) | undefined;

  private constructor(platform: Platform, options: ProcessorClusterOptions, store: ClusterStore) {
    this.#platform = platform;
    this.#options = options;
    this.#store = store;
    const { leaseTtlMs } = options;
    this.#directory = new Directory({
      store,
      platform,
      ...(leaseTtlMs === undefined ? {} : { leaseTtlMs }),
    });
  }

  /** Settles without waiting for Redis. Rejects with RedisUrlError, RangeError, DirectoryError. */
  static async open(
    platform: Platform,
    options: ProcessorClusterOptions,
  ): Promise<ProcessorCluster> {
    const store = await openClusterStore(platform, options);
    try {
      return new ProcessorCluster(platform, options, store);
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** Whether there is anybody to find. */
  get isShared(): boolean {
    return Boolean(this.#options.redisUrl);
  }

  /** Whether the store of the cluster answers. */
  get isConnected(): boolean {
    return this.#store.status.state === 'connected';
  }

  /** For `/health/ready`: down until there are brokers to begin with; a lost directory is told and harms nothing. */
  health(hasBegun: boolean): HealthState {
    const { state } = this.#store.status;
    if (!hasBegun) return { status: 'down', reason: 'it waits for a broker', directory: state };
    return { status: 'up', directory: state };
  }

  /** Rejects with DirectoryError after a minute without a broker. */
  async findBrokers(): Promise<readonly string[]> {
    this.#platform.logger.info('processor-waits-for-broker');
    return this.#directory.findBrokers(findBrokersMs);
  }

  /** Says from now on where the application runs and which tasks answer here. */
  async register(app: StreamsApp, http: HttpServer | undefined): Promise<void> {
    const { applicationId } = app.describe();
    const instanceId = app.identity().instanceId ?? this.#directory.bootId;
    const url = this.#urlOf(http);
    const vouched =
      url === undefined ? {} : { queryUrl: url, queryProof: queryProofs(url, this.#tokens)[0] };
    const registration = await this.#directory.registerProcessor(
      { applicationId, instanceId },
      () => ({
        memberId: app.identity().memberId,
        ...vouched,
        tasks: app.tasks().flatMap(({ taskId, state }) => (state === 'running' ? [taskId] : [])),
      }),
    );
    this.#registration = registration;
    this.#unsubscribe = app.events.subscribe(({ kind }) => {
      if (kind.startsWith('task-')) registration.refresh();
    });
  }

  /** Port of store queries: see StoreOwners. */
  ownerOf(applicationId: string, taskId: string): { readonly url: string } | string | undefined {
    const owner = this.#directory
      .processors(applicationId)
      .find(({ bootId, tasks }) => bootId !== this.#directory.bootId && tasks.includes(taskId));
    if (!owner) return undefined;
    const { queryUrl, instanceId } = owner;
    if (queryUrl === undefined) {
      return `instance ${instanceId} keeps this key but has no HTTP side; start it with one`;
    }
    if (isVouchedFor(owner, this.#tokens)) return { url: queryUrl };
    return `instance ${instanceId} keeps this key but does not have our tokens; give all processors of an application the same`;
  }

  /** Leaves the directory. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    await this.#registration?.end();
    await this.#directory.close();
    await this.#store.close();
  }

  #urlOf(http: HttpServer | undefined): string | undefined {
    const { queryUrl, hostname } = this.#options;
    if (queryUrl !== undefined || http === undefined) return queryUrl?.replace(/\/+$/, '');
    const isWildcard = http.host === '0.0.0.0' || http.host === '::';
    return isWildcard && hostname ? `http://${hostname}:${http.port}` : http.url;
  }

  get #tokens(): readonly { readonly token: string }[] {
    return this.#options.tokens ?? [];
  }
}
