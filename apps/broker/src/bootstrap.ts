// Where a client of the same machine reaches a broker of this process.

import type { Broker } from '@drave/broker';

/** `host:port` each; a wildcard is no address to connect to. */
export function bootstrapOf(broker: Broker): readonly string[] {
  const { host, port } = broker.address;
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return [`${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`];
}
