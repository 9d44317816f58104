// One connection to Redis or Valkey that runs scripts. Protects: every call is answered or rejected in time; what waits is bounded; a
// connection that does not answer is replaced; ioredis is loaded here alone, at the first use; no password reaches log or error.
// Leaves out: Sentinel and Redis Cluster discovery (one address, the keys are of one slot), TLS options beyond rediss://.

import type { Platform, Timer } from '@drave/platform';
import type { Redis } from 'ioredis';
import { StoreUnavailableError, storeLimits } from './cluster-store.js';
import type { RedisScript } from './redis-scripts.js';

export interface RedisConnectionOptions {
  readonly platform: Platform;
  /** `redis://` or `rediss://`, with user, password and database number if need be. */
  readonly url: string;
  /** A call that takes longer is given up; milliseconds. */
  readonly commandTimeoutMs: number;
}

const reconnectMsMin = 50;
const reconnectMsMax = 1_000;
/** A connection that is up but not usable (Redis loads, or hangs) is tried anew after this. */
const readyMsMax = 5_000;

/** Loads the driver and begins to connect. Throws RedisUrlError. */
export async function connectRedis(options: RedisConnectionOptions): Promise<RedisConnection> {
  checkUrl(options.url);
  const { Redis: Driver } = await import('ioredis');
  const redis = new Driver(options.url, {
    protocol: 2,
    commandTimeout: options.commandTimeoutMs,
    connectTimeout: options.commandTimeoutMs * 2,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
    connectionName: 'drave',
    retryStrategy: (attempt) =>
      Math.min(reconnectMsMax, reconnectMsMin * 2 ** Math.min(attempt, 10)),
  });
  return new RedisConnection(redis, options.platform);
}

export class RedisUrlError extends Error {
  readonly code = 'ERR_REDIS_URL';
}

export class RedisConnection {
  readonly #redis: Redis;
  readonly #platform: Platform;
  #inFlight = 0;
  #timeouts = 0;
  #isLeaving = false;
  #watchdog: Timer | undefined;
  #lastError: string | undefined;

  constructor(redis: Redis, platform: Platform) {
    this.#redis = redis;
    this.#platform = platform;
    // Without a listener the driver would end the process.
    redis.on('error', (error: Error) => (this.#lastError = withoutSecrets(error.message)));
    redis.on('connect', () => this.#watchForReady());
    redis.on('close', () => (this.#isLeaving = false));
    redis.on('ready', () => this.#watchdog?.cancel());
  }

  /** Rejects with StoreUnavailableError. */
  async run(
    { lua, sha1 }: RedisScript,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    return this.#call(async () => {
      try {
        return await this.#redis.evalsha(sha1, keys.length, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return this.#redis.eval(lua, keys.length, ...keys, ...args);
      }
    });
  }

  /** `maxmemory_policy` and `redis_version` of the server; undefined where it does not say. */
  async facts(): Promise<{
    readonly policy?: string | undefined;
    readonly maxMemory?: string | undefined;
  }> {
    const info = await this.#call(() => this.#redis.info('memory'));
    const read = (name: string): string | undefined =>
      new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
    return { policy: read('maxmemory_policy'), maxMemory: read('maxmemory') };
  }

  close(): void {
    this.#watchdog?.cancel();
    this.#redis.disconnect();
  }

  async #call<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#inFlight >= storeLimits.inFlightMax) {
      throw new StoreUnavailableError(`${this.#inFlight} requests to Redis wait already`);
    }
    this.#inFlight += 1;
    try {
      const answer = await ask();
      this.#timeouts = 0;
      return answer;
    } catch (error) {
      throw this.#unavailable(error);
    } finally {
      this.#inFlight -= 1;
    }
  }

  #unavailable(error: unknown): StoreUnavailableError {
    const message = error instanceof Error ? error.message : String(error);
    if (/timed out/i.test(message)) {
      // What it still owes is not worth waiting for, and the driver would keep it all.
      this.#timeouts += 1;
      if (this.#timeouts >= 2) this.#replace();
    }
    const isDown = /writeable|closed|max retries/i.test(message);
    const why = isDown ? (this.#lastError ?? message) : message;
    return new StoreUnavailableError(`Redis does not answer: ${withoutSecrets(why)}`, {
      cause: error,
    });
  }

  #watchForReady(): void {
    this.#watchdog?.cancel();
    this.#watchdog = this.#platform.scheduler.setTimer(readyMsMax, () => {
      if (this.#redis.status !== 'ready') this.#replace();
    });
  }

  /** Once per connection: one that does not even close is cut by the driver. */
  #replace(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#timeouts = 0;
    this.#redis.disconnect(true);
  }
}

function checkUrl(url: string): void {
  if (URL.canParse(url)) {
    const { protocol, hostname } = new URL(url);
    if ((protocol === 'redis:' || protocol === 'rediss:') && hostname !== '') return;
  }
  throw new RedisUrlError(
    'the Redis URL is not well-formed; give redis://HOST:PORT or rediss://USER:PASSWORD@HOST:PORT/DATABASE',
  );
}

/** Errors of the driver may quote the URL. */
function withoutSecrets(text: string): string {
  return text.replace(/(rediss?:\/\/)[^@\s]*@/g, '$1…@');
}
