// A running broker in the directory: its ids and addresses go in, what the directory sees of processors' leases goes to the broker.
// Protects: the broker serves whether or not the directory answers. Loads no Nest. Leaves out: opening the store.

import type { Broker } from '@drave/broker';
import {
  Directory,
  type ClusterStore,
  type ProcessorRegistration,
  type Registration,
} from '@drave/membership';
import { formatSocketAddress, type Platform, type SocketAddress } from '@drave/platform';

export interface JoinClusterOptions {
  readonly broker: Broker;
  readonly platform: Platform;
  /** Closed with the rest, also when joining fails. */
  readonly store: ClusterStore;
  /** Milliseconds, default 3,000. */
  readonly leaseTtlMs?: number;
  /** What other processes are to connect to, per node in order; default: where each listens. */
  readonly addresses?: readonly SocketAddress[];
}

export interface ClusterMember {
  /** Whether the store of the cluster answers. */
  readonly isConnected: boolean;
  /** Instances of stream applications that are registered now. */
  processors(): readonly ProcessorRegistration[];
  /** Settles with the reason when another living broker has this id. */
  readonly failed: Promise<Error>;
  /** Leaves the directory. Idempotent. */
  stop(): Promise<void>;
}

/** Registers the broker. Rejects with DirectoryError when its id belongs to another living broker, or for a lease life out of range. */
export async function joinCluster(options: JoinClusterOptions): Promise<ClusterMember> {
  const { platform, store, leaseTtlMs } = options;
  let directory: Directory | undefined;
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await directory?.close();
    await store.close();
  };
  try {
    const life = leaseTtlMs === undefined ? {} : { leaseTtlMs };
    directory = new Directory({ store, platform, ...life });
    const found = directory;
    const registrations = await register(found, options);
    return {
      get isConnected() {
        return store.status.state === 'connected';
      },
      processors: () => found.processors(),
      failed: Promise.race(registrations.map(({ refused }) => refused)),
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function register(
  directory: Directory,
  { broker, addresses = [] }: JoinClusterOptions,
): Promise<Registration[]> {
  directory.onLease(({ processor: { applicationId, memberId }, state }) =>
    broker.reportLease(applicationId, memberId, state),
  );
  return Promise.all(
    broker.nodes.map(({ nodeId, addresses: bound }, index) => {
      const given = addresses[index];
      const told = (given ? [given] : bound).map(formatSocketAddress);
      return directory.registerBroker({ nodeId, clusterId: broker.clusterId, addresses: told });
    }),
  );
}
