// @drave/membership: leases, watches and compare-and-set, on Redis or in process, and the directory of brokers and processors.

export {
  StoreUnavailableError,
  storeLimits,
  type ClusterEntry,
  type ClusterStore,
  type Lease,
  type LeaseRequest,
  type StoreChange,
  type StoreStatus,
} from './cluster-store.js';
export { EmbeddedHub } from './embedded-store.js';
export { openClusterStore, type ClusterStoreSettings } from './open-store.js';
export { RedisUrlError } from './redis-connection.js';
export { openRedisStore, type RedisStoreOptions } from './redis-store.js';
export {
  Directory,
  DirectoryError,
  leaseTtlMsDefault,
  type DirectoryOptions,
  type ProcessorLease,
  type Registration,
} from './directory.js';
export type { BrokerRegistration, ProcessorRegistration } from './registrations.js';
export { isVouchedFor, queryProofs, type QueryToken } from './query-proof.js';
