// The listener and its connections. Protects: the number of connections, in all and per address, has a bound; idle ones go.
// Leaves out: TLS, authentication, several named listeners. Source: reliability design §8.1; Kafka's SocketServer.

import { limits } from '@drave/contracts';
import type { Listener, Platform, Socket, SocketAddress, Timer } from '@drave/platform';
import type { BrokerContext } from './broker-context.js';
import { Connection } from './connection.js';
import { Dispatcher } from './dispatcher.js';
import { InboundBudget } from './inbound-budget.js';

/** Bound to every address, clients are told the one they came in on. */
const wildcards = new Set(['0.0.0.0', '::']);
/** Time in which everything but parked group requests is usually answered. */
const quickDrainMs = 250;

export class Server {
  readonly #context: BrokerContext;
  readonly #platform: Platform;
  readonly #dispatcher: Dispatcher;
  readonly #budget = new InboundBudget(limits.inboundBytesMax);
  readonly #connections = new Set<Connection>();
  readonly #countByHost = new Map<string, number>();
  #listeners: Listener[] = [];
  #advertised: SocketAddress | undefined;
  #sweepTimer: Timer | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(context: BrokerContext, platform: Platform) {
    this.#context = context;
    this.#platform = platform;
    this.#dispatcher = new Dispatcher(context);
  }

  /** The first bound address. Throws before `listen`. */
  get address(): SocketAddress {
    const [first] = this.#listeners;
    if (!first) throw new Error('the server does not listen');
    return first.address;
  }

  async listen(address: SocketAddress, advertised: SocketAddress | undefined): Promise<void> {
    const { network } = this.#platform;
    const accept = (socket: Socket): void => this.#accept(socket);
    const host = address.host === 'localhost' ? '127.0.0.1' : address.host;
    const listener = await network.listen({ host, port: address.port }, accept);
    this.#listeners = [listener];
    const { port } = listener.address;
    if (address.host === 'localhost') {
      // Clients resolve the name to either; a machine without IPv6 has only the first.
      const second = await network.listen({ host: '::1', port }, accept).catch(() => undefined);
      if (second) this.#listeners.push(second);
    }
    if (!wildcards.has(address.host)) this.#advertised = { host: address.host, port };
    if (advertised) this.#advertised = { host: advertised.host, port: advertised.port || port };
    this.#sweep();
  }

  async stopListening(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    this.#sweepTimer?.cancel();
  }

  /** Answers what is in flight and closes every connection, within `limits.drainMs`. */
  async drain(options: { readonly beforeGivingUp: () => void }): Promise<void> {
    for (const connection of this.#connections) connection.drain();
    await this.#empty(quickDrainMs);
    options.beforeGivingUp();
    await this.#empty(limits.drainMs);
    for (const connection of this.#connections) connection.destroy();
  }

  #empty(withinMs: number): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#platform.scheduler.setTimer(withinMs, resolve);
      this.#onEmpty = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #accept(socket: Socket): void {
    const { counters, settings, logger } = this.#context;
    const { host } = socket.remote;
    const fromHost = this.#countByHost.get(host) ?? 0;
    const isTooMany =
      this.#connections.size >= settings.maxConnections ||
      (fromHost >= settings.maxConnectionsPerIp && !isLoopback(host));
    if (isTooMany) {
      counters.connectionsRefused++;
      logger.warn('connection-limit-reached', { host, connections: this.#connections.size });
      socket.destroy();
      return;
    }
    counters.connectionsTotal++;
    counters.connections++;
    this.#countByHost.set(host, fromHost + 1);
    this.#connections.add(
      new Connection({
        socket,
        dispatcher: this.#dispatcher,
        budget: this.#budget,
        slabs: this.#context.frameSlabs,
        outbound: this.#context.outbound,
        counters,
        clock: this.#platform.clock,
        scheduler: this.#platform.scheduler,
        logger,
        endpoint: this.#advertised ?? withoutMapping(socket.local),
        frameBytesMax: settings.socketRequestMaxBytes,
        idleMsMax: settings.connectionsMaxIdleMs,
        onClosed: (connection) => this.#forget(connection),
      }),
    );
  }

  #forget(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    this.#context.counters.connections--;
    const host = connection.remoteHost;
    const left = (this.#countByHost.get(host) ?? 1) - 1;
    if (left === 0) this.#countByHost.delete(host);
    else this.#countByHost.set(host, left);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  #sweep(): void {
    const nowMs = this.#platform.clock.monotonicMs();
    for (const connection of this.#connections) connection.sweep(nowMs);
    this.#sweepTimer = this.#platform.scheduler.setTimer(limits.idleSweepMs, () => this.#sweep());
  }
}

/** The IPv4 form of an IPv4 address that came in through an IPv6 listener. */
function withoutMapping({ host, port }: SocketAddress): SocketAddress {
  return { host: host.replace(/^::ffff:/, ''), port };
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.') || host.startsWith('::ffff:127.');
}
