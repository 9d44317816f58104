// Where a broker listens and what it tells its clients, as its host gives it. Protects: nothing is served beyond this machine by
// accident, because there is no authentication yet. Leaves out: TLS, security protocols. Source: wire protocol notes §18.

import { SettingError } from '@drave/contracts';
import { formatSocketAddress, type SocketAddress } from '@drave/platform';

export interface ListenerOptions {
  /** An address of this machine; `localhost` listens on 127.0.0.1 and ::1, `0.0.0.0` and `::` on all. */
  readonly host: string;
  /** 0 takes a free one. Virtual brokers take this port and those above it, or a free one each. */
  readonly port: number;
  /**
   * What clients of this listener are told to connect to; default the address each of them came in on. Port 0 stands for the
   * listener's; virtual brokers count up from another one.
   */
  readonly advertised?: SocketAddress;
}

export function isLoopback(host: string): boolean {
  return /^(?:localhost|::1|(?:::ffff:)?127\..*)$/.test(host);
}

/** The addresses others than this machine reach. Throws SettingError when there are any and `isAllowed` is false. */
export function checkExposure(
  listeners: readonly ListenerOptions[],
  isAllowed: boolean,
): readonly string[] {
  const exposed = listeners.filter(({ host }) => !isLoopback(host)).map(formatSocketAddress);
  if (exposed.length > 0 && !isAllowed) {
    throw new SettingError(
      'listeners',
      `Listening on ${exposed.join(' and ')} would let everybody on the network read and write without a password; listen on localhost, or allow it with insecureListen (--insecure-listen).`,
    );
  }
  return exposed;
}
