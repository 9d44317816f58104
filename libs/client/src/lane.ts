// One kind of traffic of one owner: at most one connection per broker. Protects: what is parked on one lane (fetch, join)
// never delays another; a closed lane opens nothing again, whatever is still under way in its owner.

import type { BrokerConnection } from './connection.js';

export class Lane {
  /** For error messages: 'producer', 'consumer' … */
  readonly owner: string;
  /** By `host:port`. */
  readonly connections = new Map<string, Promise<BrokerConnection>>();
  isClosed = false;

  constructor(owner: string) {
    this.owner = owner;
  }

  /** Closes its connections; what waits on them rejects. Idempotent. */
  close(): void {
    this.isClosed = true;
    for (const connecting of this.connections.values()) {
      connecting.then(
        (connection) => connection.close(),
        () => undefined, // it never opened; whoever asked for it has the error
      );
    }
    this.connections.clear();
  }
}
