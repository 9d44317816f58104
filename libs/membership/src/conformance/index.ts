// The suite that every ClusterStore must pass; authors of other adapters run it too.

export { clusterStoreSuite, type StoreHarness, type WithStores } from './cluster-store-suite.js';
