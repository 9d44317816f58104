// The Network of one simulated node. Protects: errors and their codes are those of real sockets; a connection attempt
// into a cut way ends with ETIMEDOUT, one to a machine without a listener with ECONNREFUSED after the way there and back.

import type { Listener, Network, Socket, SocketAddress } from '../network.js';
import { systemError } from '../system-error.js';
import type { BoundPort, SimulatedFabric } from './simulated-fabric.js';
import { socketPair, type SimulatedSocket } from './simulated-socket.js';
import type { Life } from './world-core.js';

const synRetryMs = 500;
const ownHosts = new Set(['127.0.0.1', '::1', 'localhost']);
const anyHosts = new Set(['0.0.0.0', '::', '']);

export class SimulatedNetwork implements Network {
  readonly #fabric: SimulatedFabric;
  readonly #life: Life;

  constructor(fabric: SimulatedFabric, life: Life) {
    this.#fabric = fabric;
    this.#life = life;
  }

  async listen(address: SocketAddress, onConnection: (socket: Socket) => void): Promise<Listener> {
    const { host } = address;
    const life = this.#life;
    if (!life.isAlive) await new Promise<never>(() => undefined);
    if (host !== life.name && !ownHosts.has(host) && !anyHosts.has(host)) {
      const what = `${host} is no address of ${life.name}`;
      throw systemError('EADDRNOTAVAIL', what, { syscall: 'listen' });
    }
    const port = address.port === 0 ? this.#fabric.freePort(life.name) : address.port;
    const bound: BoundPort = { life, address: { host, port }, accept: onConnection };
    if (!this.#fabric.bind(bound)) {
      const what = `${host}:${port} is taken on ${life.name}`;
      throw systemError('EADDRINUSE', what, { syscall: 'listen' });
    }
    return {
      address: bound.address,
      close: async () => this.#fabric.unbind(bound),
    };
  }

  connect(address: SocketAddress, options: { readonly timeoutMs: number }): Promise<Socket> {
    const { core } = this.#fabric;
    const from = this.#life.name;
    const to = ownHosts.has(address.host) ? from : address.host;
    return new Promise((resolve, reject) => {
      if (!this.#life.isAlive) return;
      if (!this.#fabric.knows(to)) {
        const error = systemError('ENOTFOUND', `no machine ${to}`, { syscall: 'connect' });
        core.schedule(this.#life, this.#fabric.nextLatencyMs(from, from), () => reject(error));
        return;
      }
      let isOpen = true;
      const settle = (run: () => void): void => {
        if (!isOpen) return;
        isOpen = false;
        timer.cancel();
        run();
      };
      const timer = core.schedule(this.#life, options.timeoutMs, () =>
        settle(() => {
          const what = `no connection to ${to}:${address.port} in ${options.timeoutMs} ms`;
          reject(systemError('ETIMEDOUT', what, { syscall: 'connect' }));
        }),
      );
      this.#travel(
        from,
        to,
        () => isOpen,
        () => {
          const accepted = this.#knock(to, address);
          this.#travel(
            to,
            from,
            () => isOpen,
            () =>
              core.schedule(this.#life, 0, () =>
                settle(() => {
                  if (accepted !== undefined) resolve(accepted);
                  else reject(refused(to, address.port));
                }),
              ),
          );
        },
      );
    });
  }

  /** One packet of a handshake: sent again until it arrives or nobody waits any more. */
  #travel(from: string, to: string, isWanted: () => boolean, arrive: () => void): void {
    const { core } = this.#fabric;
    const tryNow = (): void => {
      if (!isWanted()) return;
      if (this.#fabric.isUnreachable(from, to)) core.schedule(undefined, synRetryMs, tryNow);
      else arrive();
    };
    core.schedule(undefined, this.#fabric.nextLatencyMs(from, to), tryNow);
  }

  /** The connection request at its destination; undefined when nobody listens. */
  #knock(to: string, address: SocketAddress): SimulatedSocket | undefined {
    const fabric = this.#fabric;
    const bound = fabric.boundAt(to, address.port);
    const isRemote = to !== this.#life.name;
    if (bound === undefined || (isRemote && ownHosts.has(bound.address.host))) return undefined;
    const connectionId = fabric.nextConnectionId();
    const near = { host: this.#life.name, port: fabric.freePort(this.#life.name) };
    const far = { host: to, port: address.port };
    fabric.core.trace(to, 'accept', `${near.host} #${connectionId}`);
    const pair = socketPair(
      fabric,
      { life: this.#life, local: near, remote: far, peerHost: to, connectionId },
      { life: bound.life, local: far, remote: near, peerHost: near.host, connectionId },
    );
    fabric.core.schedule(bound.life, 0, () => bound.accept(pair.server));
    return pair.client;
  }
}

function refused(host: string, port: number): Error {
  const what = `nobody listens at ${host}:${port}`;
  return systemError('ECONNREFUSED', what, { syscall: 'connect' });
}
