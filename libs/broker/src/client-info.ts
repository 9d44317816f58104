// Who asks, and where this client is told to find the brokers. Leaves out: the broker that is asked (broker-context.ts).

import type { BrokerId } from '@drave/contracts';

/** A broker as clients of one listener reach it. */
export interface BrokerEndpoint {
  readonly nodeId: BrokerId;
  readonly host: string;
  readonly port: number;
}

/** Who asks, and through which door. */
export interface ClientInfo {
  /** Address of the peer. */
  readonly host: string;
  /** Where this client is told to find the brokers, ascending by id. */
  readonly endpoints: readonly BrokerEndpoint[];
  /** Calls back when the connection is gone, soon when it is gone already; returns what unsubscribes. */
  onClosed(callback: () => void): () => void;
  /** Starts no further request of this connection for so long; what is under way is answered as ever. */
  mute(durationMs: number): void;
}

/** Where the client finds a node; undefined for a node that is not there. */
export function endpointOf(nodeId: BrokerId, client: ClientInfo): BrokerEndpoint | undefined {
  return client.endpoints.find((endpoint) => endpoint.nodeId === nodeId);
}
