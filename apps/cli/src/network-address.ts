// Addresses on the command line, and a free port where the wanted one is taken.

import type { Network, SocketAddress } from '@drave/platform';
import { InvalidArgumentError } from 'commander';

/** `HOST:PORT` or `[IPv6]:PORT`; port 0 … 65535. */
export function parseAddress(text: string): SocketAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port > 65_535) throw new InvalidArgumentError('Give it as HOST:PORT.');
  return { host, port };
}

/** The address itself when it is free, else the same host with a free port. Another process may still take it meanwhile. */
export async function freeAddress(network: Network, wanted: SocketAddress): Promise<SocketAddress> {
  for (const port of [wanted.port, 0]) {
    try {
      const listener = await network.listen({ host: wanted.host, port }, (socket) =>
        socket.destroy(),
      );
      await listener.close();
      return listener.address;
    } catch (error) {
      if (port === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  return wanted;
}

/** `host:port` as clients write it. */
export function formatAddress({ host, port }: SocketAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
