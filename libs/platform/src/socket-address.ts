// Addresses as people write them. Leaves out: names with a scheme, port ranges.

import type { SocketAddress } from './network.js';

/** `HOST:PORT` or `[IPv6]:PORT`, port 0 … 65535; undefined for anything else. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatSocketAddress({ host, port }: SocketAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
