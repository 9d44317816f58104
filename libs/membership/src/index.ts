// @drave/membership: leases, watches and compare-and-set, on Redis or in process.
export type { ClusterEntry } from './cluster-store.js';
