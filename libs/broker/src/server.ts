// The listeners of all nodes and their connections. Protects: the number of connections, in all and per address, has a bound; idle ones go.
// Leaves out: TLS, authentication. Source: reliability design §8.1; Kafka's SocketServer.

import { limits, type BrokerId } from '@drave/contracts';
import {
  errorCode,
  type Listener,
  type Platform,
  type Socket,
  type SocketAddress,
  type Timer,
} from '@drave/platform';
import type { BrokerContext } from './broker-context.js';
import type { BrokerEndpoint } from './client-info.js';
import { contextOfNode } from './cluster-nodes.js';
import { Connection } from './connection.js';
import type { Handler } from './define-handler.js';
import { Dispatcher } from './dispatcher.js';
import { InboundBudget } from './inbound-budget.js';
import { isLoopback, type ListenerOptions } from './listener-options.js';

/** Time in which everything but parked group requests is usually answered. */
const quickDrainMs = 250;

const bindAttemptsMax = 5;

/** One listener, bound once per node. */
interface ListenerPorts {
  readonly options: ListenerOptions;
  readonly addresses: Map<BrokerId, SocketAddress>;
  /** What clients are told, by the address of ours they reached; kept up to date while nodes come and go. */
  readonly endpoints: Map<string, BrokerEndpoint[]>;
}

interface BoundListener {
  readonly nodeId: BrokerId;
  readonly listener: Listener;
}

export class Server {
  readonly #context: BrokerContext;
  readonly #platform: Platform;
  readonly #handlers: readonly Handler[];
  readonly #dispatchers = new Map<BrokerId, Dispatcher>();
  readonly #ports: ListenerPorts[] = [];
  /** Accepted while other listeners were still being bound. */
  readonly #early: { readonly socket: Socket; readonly serve: (socket: Socket) => void }[] = [];
  readonly #budget = new InboundBudget(limits.inboundBytesMax);
  readonly #connections = new Map<Connection, BrokerId>();
  readonly #countByHost = new Map<string, number>();
  #listeners: BoundListener[] = [];
  #isOpen = false;
  #sweepTimer: Timer | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(context: BrokerContext, handlers: readonly Handler[], platform: Platform) {
    this.#context = context;
    this.#handlers = handlers;
    this.#platform = platform;
  }

  /** The first bound address. Throws before `listen`. */
  get address(): SocketAddress {
    const [address] = this.#ports[0]?.addresses.values() ?? [];
    if (!address) throw new Error('the server does not listen');
    return address;
  }

  /** Of one node, one per listener. */
  addressesOf(nodeId: BrokerId): readonly SocketAddress[] {
    return this.#ports.flatMap(({ addresses }) => addresses.get(nodeId) ?? []);
  }

  /** Binds every listener once per node; clients are served once all are bound. */
  async listen(listeners: readonly ListenerOptions[]): Promise<void> {
    try {
      for (const options of listeners) {
        const port: ListenerPorts = { options, addresses: new Map(), endpoints: new Map() };
        this.#ports.push(port);
        for (const [index, nodeId] of this.#context.nodes.entries()) {
          await this.#open(port, nodeId, options.port === 0 ? 0 : options.port + index);
        }
      }
    } catch (error) {
      for (const { socket } of this.#early.splice(0)) socket.destroy();
      await this.stopListening();
      throw error;
    }
    this.#isOpen = true;
    for (const { socket, serve } of this.#early.splice(0)) serve(socket);
    this.#sweep();
  }

  /** Serves a node that joined the context's nodes, on the ports it had before if there are any; for the test kit. */
  async openNode(nodeId: BrokerId): Promise<void> {
    for (const port of this.#ports) {
      await this.#open(port, nodeId, port.addresses.get(nodeId)?.port ?? 0);
    }
    this.#refreshEndpoints();
  }

  /** Ends the ports and connections of a node that left the context's nodes; for the test kit. */
  async closeNode(nodeId: BrokerId): Promise<void> {
    this.#refreshEndpoints();
    const closing = this.#listeners.filter((bound) => bound.nodeId === nodeId);
    this.#listeners = this.#listeners.filter((bound) => bound.nodeId !== nodeId);
    const closed = Promise.all(closing.map(({ listener }) => listener.close()));
    for (const [connection, owner] of this.#connections) {
      if (owner === nodeId) connection.destroy();
    }
    await closed;
  }

  async #open(ports: ListenerPorts, nodeId: BrokerId, port: number): Promise<void> {
    const dispatcher =
      this.#dispatchers.get(nodeId) ??
      new Dispatcher(contextOfNode(this.#context, nodeId), this.#handlers);
    this.#dispatchers.set(nodeId, dispatcher);
    const accept = (socket: Socket): void => this.#accept(socket, { ports, nodeId, dispatcher });
    const { host } = ports.options;
    ports.addresses.set(nodeId, await this.#bind(nodeId, { host, port }, accept));
  }

  async #bind(
    nodeId: BrokerId,
    address: SocketAddress,
    accept: (socket: Socket) => void,
  ): Promise<SocketAddress> {
    if (address.host !== 'localhost') return this.#bindOne(nodeId, address, accept);
    // Clients resolve the name to either; a machine without IPv6 has only the first.
    for (let attempt = 1; ; attempt++) {
      const first = await this.#bindOne(nodeId, { host: '127.0.0.1', port: address.port }, accept);
      try {
        await this.#bindOne(nodeId, { host: '::1', port: first.port }, accept);
        return first;
      } catch (error) {
        if (errorCode(error) !== 'EADDRINUSE') return first;
        if (address.port !== 0 || attempt === bindAttemptsMax) throw error;
        await this.#listeners.pop()?.listener.close(); // The free port of one family is taken in the other.
      }
    }
  }

  async #bindOne(
    nodeId: BrokerId,
    address: SocketAddress,
    accept: (socket: Socket) => void,
  ): Promise<SocketAddress> {
    const listener = await this.#platform.network.listen(address, (socket) => {
      if (this.#isOpen) accept(socket);
      else this.#early.push({ socket, serve: accept });
    });
    this.#listeners.push({ nodeId, listener });
    return listener.address;
  }

  async stopListening(): Promise<void> {
    await Promise.all(this.#listeners.map(({ listener }) => listener.close()));
    this.#sweepTimer?.cancel();
  }

  /** Answers what is in flight and closes every connection, within `limits.drainMs`. */
  async drain(options: { readonly beforeGivingUp: () => void }): Promise<void> {
    for (const connection of this.#connections.keys()) connection.drain();
    await this.#empty(quickDrainMs);
    options.beforeGivingUp();
    await this.#empty(limits.drainMs);
    for (const connection of this.#connections.keys()) connection.destroy();
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

  /** Ends every connection at once, unanswered. */
  destroyConnections(): void {
    for (const connection of this.#connections.keys()) connection.destroy();
  }

  #accept(
    socket: Socket,
    asked: {
      readonly ports: ListenerPorts;
      readonly nodeId: BrokerId;
      readonly dispatcher: Dispatcher;
    },
  ): void {
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
    this.#connections.set(
      new Connection({
        socket,
        dispatcher: asked.dispatcher,
        budget: this.#budget,
        slabs: this.#context.frameSlabs,
        outbound: this.#context.outbound,
        counters,
        clock: this.#platform.clock,
        scheduler: this.#platform.scheduler,
        logger,
        endpoints: this.#endpoints(asked.ports, withoutMapping(socket.local.host)),
        frameBytesMax: settings.socketRequestMaxBytes,
        idleMsMax: settings.connectionsMaxIdleMs,
        onClosed: (connection) => this.#forget(connection),
      }),
      asked.nodeId,
    );
  }

  /** One list for all who reached us by the same address. */
  #endpoints(ports: ListenerPorts, reached: string): readonly BrokerEndpoint[] {
    const known = ports.endpoints.get(reached);
    if (known) return known;
    const endpoints = this.#currentEndpoints(ports, reached);
    ports.endpoints.set(reached, endpoints);
    return endpoints;
  }

  #currentEndpoints({ options, addresses }: ListenerPorts, reached: string): BrokerEndpoint[] {
    const { advertised } = options;
    return this.#context.nodes.map((nodeId, index) => ({
      nodeId,
      host: advertised?.host ?? reached,
      port: advertised?.port ? advertised.port + index : (addresses.get(nodeId)?.port ?? 0),
    }));
  }

  #refreshEndpoints(): void {
    for (const ports of this.#ports) {
      for (const [reached, endpoints] of ports.endpoints) {
        endpoints.splice(0, endpoints.length, ...this.#currentEndpoints(ports, reached));
      }
    }
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
    for (const connection of this.#connections.keys()) connection.sweep(nowMs);
    this.#sweepTimer = this.#platform.scheduler.setTimer(limits.idleSweepMs, () => this.#sweep());
  }
}

/** The IPv4 form of an IPv4 address that came in through an IPv6 listener. */
function withoutMapping(host: string): string {
  return host.replace(/^::ffff:/, '');
}
