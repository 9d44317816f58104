// Addresses on the command line, and a free port where the wanted one is taken.

import { type Network, parseSocketAddress, type SocketAddress } from '@drave/platform';
import { InvalidArgumentError } from 'commander';

/** `HOST:PORT` or `[IPv6]:PORT`; port 0 … 65535. */
export function parseAddress(text: string): SocketAddress {
  const address = parseSocketAddress(text);
  if (address === undefined) throw new InvalidArgumentError('Give it as HOST:PORT.');
  return address;
}

/** As `parseAddress`, or the word `off`. */
export function parseAddressOrOff(text: string): SocketAddress | 'off' {
  return text === 'off' ? text : parseAddress(text);
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
