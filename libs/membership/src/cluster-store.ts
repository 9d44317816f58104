// The port of everything that coordinates processes: small keyed values with revisions, leases that lapse,
// and watches. Nothing binding lives here (that is the metadata log's): losing the store loses no record and
// no offset. Adapters: embedded (one process) and Redis.

/** A stored value and its revision: rises with every change of the key, never reused while the store lives. */
export interface ClusterEntry {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}
