// The way to the brokers: metadata, one pool of connections, coordinators. Shared by the producers, consumers and
// admins of one KafkaClient. Protects: one connection per (broker, lane), so that a parked request (fetch, join) never
// delays another kind; a closed client opens nothing. Leaves out: SASL and TLS.

import { ErrorCode, KafkaError } from '@drave/contracts';
import type { Platform } from '@drave/platform';
import {
  ApiKey,
  type MetadataResponse,
  type RequestInputMap,
  type ResponseMap,
} from '@drave/protocol';

import { ClientClosedError } from './client-closed-error.js';
import { BrokerConnection, type KnownApiKey, type RequestOptions } from './connection.js';
import { Lane } from './lane.js';
import { MetadataCache, type MetadataFetch } from './metadata-cache.js';
import { backoffMs, retrying } from './retry.js';

export interface ClusterOptions {
  readonly platform: Platform;
  /** `host:port` each; IPv6 as `[::1]:9092`. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly apiTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
}

export class Cluster {
  readonly platform: Platform;
  readonly clientId: string;
  readonly apiTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly metadata: MetadataCache;
  readonly #options: ClusterOptions;
  readonly #bootstrap: readonly { readonly host: string; readonly port: number }[];
  /** Metadata and coordinator look-ups of everybody. */
  readonly #shared = new Lane('client');
  /** Those with connections. */
  readonly #lanes = new Set<Lane>();
  readonly #coordinators = new Map<string, number>();
  #isClosed = false;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.platform = options.platform;
    this.clientId = options.clientId;
    this.apiTimeoutMs = options.apiTimeoutMs;
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.#bootstrap = options.brokers.map(parseBroker);
    if (this.#bootstrap.length === 0) throw new TypeError('brokers: name at least one host:port');
    this.metadata = new MetadataCache({
      clock: options.platform.clock,
      maxAgeMs: options.metadataMaxAgeMs,
      fetch: (fetch) => this.#fetchMetadata(fetch),
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Retries `attempt` on retriable errors for the client's API timeout, refreshing metadata where the error asks for it. */
  retry<T>(
    attempt: (attemptNumber: number) => Promise<T>,
    timeoutMs = this.apiTimeoutMs,
  ): Promise<T> {
    return retrying(
      { platform: this.platform, timeoutMs, isClosed: () => this.#isClosed },
      attempt,
    );
  }

  /** Pause before the given retry, with jitter. */
  backoffMs(attempt: number): number {
    return backoffMs(this.platform, attempt);
  }

  /** The open connection to `nodeId` on `lane`, made when needed. */
  async connection(nodeId: number, lane: Lane): Promise<BrokerConnection> {
    let endpoint = this.metadata.broker(nodeId);
    if (!endpoint) {
      await this.metadata.refresh([]);
      endpoint = this.metadata.broker(nodeId);
    }
    if (!endpoint) {
      throw new KafkaError('NETWORK_EXCEPTION', `broker ${nodeId} is not part of the cluster now`);
    }
    return this.#connect(lane, endpoint);
  }

  /** A connection to whichever broker answers: known ones first, then the bootstrap list. */
  async anyConnection(lane: Lane): Promise<BrokerConnection> {
    const known = this.metadata.brokers();
    const start = known.length > 1 ? this.platform.random.nextInt(known.length) : 0;
    const failures: string[] = [];
    let cause: unknown;
    for (let i = 0; i < known.length; i++) {
      const endpoint = known[(start + i) % known.length];
      if (!endpoint) continue;
      try {
        return await this.#connect(lane, endpoint);
      } catch (error) {
        cause = error;
      }
    }
    for (const endpoint of this.#bootstrap) {
      try {
        return await this.#connect(lane, endpoint);
      } catch (error) {
        if (this.#isClosed || lane.isClosed) throw error;
        cause = error;
        failures.push(`${endpoint.host}:${endpoint.port}`);
      }
    }
    if (failures.length === 1) throw cause;
    throw new KafkaError(
      'NETWORK_EXCEPTION',
      `none of the brokers ${failures.join(', ')} can be reached; check the list and that they run`,
      { cause },
    );
  }

  /** One request at the highest common version (at most `atMost`). No retry. */
  async request<K extends KnownApiKey>(
    to: { readonly nodeId: number | 'any'; readonly lane: Lane; readonly atMost?: number },
    apiKey: K,
    body: RequestInputMap[K],
    options?: RequestOptions,
  ): Promise<ResponseMap[K]> {
    const connection =
      to.nodeId === 'any'
        ? await this.anyConnection(to.lane)
        : await this.connection(to.nodeId, to.lane);
    return connection.request(apiKey, connection.versionFor(apiKey, to.atMost), body, options);
  }

  /** Node id of the coordinator of a group (`type` 0) or transactional id (1). No retry; caches the answer. */
  async coordinator(key: string, type: 0 | 1 = 0): Promise<number> {
    const cached = this.#coordinators.get(`${type}/${key}`);
    if (cached !== undefined) return cached;
    const response = await this.request(
      { nodeId: 'any', lane: this.#shared },
      ApiKey.findCoordinator,
      {
        key,
        keyType: type,
        coordinatorKeys: [key],
      },
    );
    const found = response.coordinators[0] ?? response;
    if (found.errorCode !== ErrorCode.NONE) {
      throw new KafkaError(found.errorCode, `coordinator of '${key}'`);
    }
    if (!this.metadata.broker(found.nodeId)) await this.metadata.refresh([]);
    this.#coordinators.set(`${type}/${key}`, found.nodeId);
    return found.nodeId;
  }

  /** After NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE or a broken connection. */
  forgetCoordinator(key: string, type: 0 | 1 = 0): void {
    this.#coordinators.delete(`${type}/${key}`);
  }

  /** Closes every lane that has connections. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#shared.close();
    for (const lane of this.#lanes) lane.close();
    this.#lanes.clear();
  }

  async #connect(
    lane: Lane,
    endpoint: { readonly host: string; readonly port: number },
  ): Promise<BrokerConnection> {
    if (this.#isClosed) throw new ClientClosedError('client');
    if (lane.isClosed) throw new ClientClosedError(lane.owner);
    const key = `${endpoint.host}:${endpoint.port}`;
    const existing = lane.connections.get(key);
    if (existing) {
      const connection = await existing;
      if (connection.isOpen) return connection;
      if (lane.connections.get(key) === existing) lane.connections.delete(key);
      return this.#connect(lane, endpoint);
    }
    const connecting = BrokerConnection.connect({
      platform: this.platform,
      host: endpoint.host,
      port: endpoint.port,
      clientId: this.clientId,
      connectTimeoutMs: this.#options.connectTimeoutMs,
      requestTimeoutMs: this.#options.requestTimeoutMs,
    });
    lane.connections.set(key, connecting);
    this.#lanes.add(lane);
    const forget = (): void => {
      if (lane.connections.get(key) === connecting) lane.connections.delete(key);
      if (lane.connections.size === 0) this.#lanes.delete(lane);
    };
    try {
      const connection = await connecting;
      connection.onClose(forget);
      return connection;
    } catch (error) {
      forget();
      throw error;
    }
  }

  async #fetchMetadata({
    topics,
    allowAutoTopicCreation,
  }: MetadataFetch): Promise<MetadataResponse> {
    return this.request({ nodeId: 'any', lane: this.#shared }, ApiKey.metadata, {
      topics: topics === null ? null : topics.map((name) => ({ name })),
      allowAutoTopicCreation,
    });
  }
}

function parseBroker(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (!host || port < 1 || port > 65_535) {
    throw new TypeError(`brokers: '${text}' is not host:port, e.g. 127.0.0.1:9092`);
  }
  return { host, port };
}
