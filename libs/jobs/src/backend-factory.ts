// Which backend a BullMQ object gets: the embedded store named in its connection, Redis when the connection names one, and
// never a silent dial to 127.0.0.1:6379. Protects: an object without a usable connection fails where it is made.
// Install once, before any queue or Nest module is built (process-wide, as BullMQ's default factory is).

import {
  createRedisBackend,
  setDefaultBackendFactory,
  type BackendFactory,
  type ConnectionOptions,
  type IQueueBackend,
} from 'bullmq';
import type { BackendOptions } from './embedded/backend-base.js';
import { EmbeddedBackend } from './embedded/embedded-backend.js';
import { EmbeddedJobStore } from './embedded/job-store.js';

/** The `connection` of BullMQ objects that use an embedded store. */
export interface EmbeddedConnection {
  readonly embedded: EmbeddedJobStore;
}

export function isEmbeddedConnection(connection: unknown): connection is EmbeddedConnection {
  return (
    typeof connection === 'object' &&
    connection !== null &&
    (connection as { embedded?: unknown }).embedded instanceof EmbeddedJobStore
  );
}

/** Builds embedded backends only. For `withBackend` and for tests. */
export const createEmbeddedBackend: BackendFactory<IQueueBackend, EmbeddedConnection> = (
  name,
  opts,
) => {
  if (!isEmbeddedConnection(opts.connection)) throw noConnection(name);
  return new EmbeddedBackend(opts.connection.embedded, name, opts as BackendOptions);
};

/** Chooses by the connection: `{ embedded }` or anything that names a Redis. */
export const createBackend: BackendFactory<
  IQueueBackend,
  ConnectionOptions | EmbeddedConnection
> = (name, opts, options) => {
  const { connection } = opts;
  if (isEmbeddedConnection(connection)) {
    return new EmbeddedBackend(connection.embedded, name, opts as BackendOptions);
  }
  if (!namesRedis(connection)) throw noConnection(name);
  return createRedisBackend(name, { ...opts, connection }, options);
};

/** Makes `createBackend` the default of every BullMQ object of this process. */
export function installBackendFactory(): void {
  setDefaultBackendFactory(createBackend);
}

const redisNames = ['host', 'port', 'url', 'path', 'sentinels', 'nodes'];

/** A client object or options that say where Redis is. */
function namesRedis(connection: unknown): boolean {
  if (typeof connection === 'string') return true;
  if (typeof connection !== 'object' || connection === null) return false;
  if (redisNames.some((name) => (connection as Record<string, unknown>)[name] !== undefined)) {
    return true;
  }
  return typeof (connection as { duplicate?: unknown }).duplicate === 'function';
}

function noConnection(name: string): Error {
  return new Error(
    `queue "${name}" has no connection: give { embedded: store } (EmbeddedJobStore.open) or the host and port, url, ` +
      'path or client of a Redis',
  );
}
