// Redis when there is a URL, one process for itself otherwise: the choice every application main makes.

import type { Platform } from '@drave/platform';
import type { ClusterStore } from './cluster-store.js';
import { EmbeddedHub } from './embedded-store.js';
import { openRedisStore } from './redis-store.js';

/** What the settings of a process say of its cluster. */
export interface ClusterStoreSettings {
  /** Absent: embedded. */
  readonly redisUrl?: string | undefined;
  readonly redisNamespace?: string | undefined;
}

/** Settles without waiting for Redis. Rejects with RedisUrlError, RangeError. */
export async function openClusterStore(
  platform: Platform,
  { redisUrl: url, redisNamespace: namespace }: ClusterStoreSettings,
): Promise<ClusterStore> {
  if (url === undefined || url === '') return new EmbeddedHub(platform).session();
  return openRedisStore({ platform, url, ...(namespace === undefined ? {} : { namespace }) });
}
