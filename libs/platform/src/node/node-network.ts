// The Network on node:net: TCP without Nagle, keep-alive on. Protects: one vectored write per call, no byte delivered
// before `onData`, and `end` never turns into a reset that eats the last answer: the socket drains what the peer
// still sends, at most `lingerMs`, before it closes. Leaves out: TLS, Unix sockets.

import * as net from 'node:net';
import type { Listener, Network, Socket, SocketAddress } from '../network.js';
import { systemError } from '../system-error.js';

const sendQueueBytesMark = 65_536;
const lingerMs = 1_000;
const keepAliveDelayMs = 60_000;
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveDelayMs };

export class NodeNetwork implements Network {
  listen(address: SocketAddress, onConnection: (socket: Socket) => void): Promise<Listener> {
    const server = net.createServer({ ...socketOptions, highWaterMark: sendQueueBytesMark });
    server.on('connection', (socket) => onConnection(new NodeSocket(socket)));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(address.port, address.host, () => {
        server.off('error', reject);
        server.on('error', () => undefined); // a failed accept concerns that peer alone
        const bound = server.address();
        const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
        resolve({ address: { host: address.host, port }, close: () => closeServer(server) });
      });
    });
  }

  connect(address: SocketAddress, options: { readonly timeoutMs: number }): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ ...socketOptions, host: address.host, port: address.port });
      const timer = setTimeout(() => {
        const what = `no connection to ${address.host}:${address.port} in ${options.timeoutMs} ms`;
        socket.destroy(systemError('ETIMEDOUT', what, { syscall: 'connect' }));
      }, options.timeoutMs);
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(error);
      };
      socket.once('error', fail);
      socket.once('connect', () => {
        clearTimeout(timer);
        const wrapped = new NodeSocket(socket);
        socket.off('error', fail);
        resolve(wrapped);
      });
    });
  }
}

/** Resolves when the port is free again; Node's own callback would wait for the accepted sockets as well. */
function closeServer(server: net.Server): Promise<void> {
  if (server.listening) server.close();
  return new Promise((resolve) => setImmediate(resolve));
}

class NodeSocket implements Socket {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #socket: net.Socket;
  #error: Error | undefined;
  #isClosed = false;
  #isEnding = false;
  #linger: NodeJS.Timeout | undefined;
  #onData: ((chunk: Buffer) => void) | undefined;
  #onEnd: (() => void) | undefined;
  #onClose: ((error?: Error) => void) | undefined;
  #onDrain: (() => void) | undefined;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.local = { host: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    this.remote = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    socket.on('error', (error) => (this.#error = error));
    socket.on('end', () => this.#onEnd?.());
    socket.on('drain', () => this.#onDrain?.());
    socket.on('close', () => this.#closed());
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  onData(callback: (chunk: Buffer) => void): void {
    const isFirst = this.#onData === undefined;
    this.#onData = callback;
    if (!isFirst) return;
    this.#socket.on('data', (chunk: Buffer) => {
      if (!this.#isEnding) this.#onData?.(chunk);
    });
  }

  onEnd(callback: () => void): void {
    this.#onEnd = callback;
  }

  onClose(callback: (error?: Error) => void): void {
    this.#onClose = callback;
    if (this.#isClosed) setImmediate(() => callback(this.#error));
  }

  onDrain(callback: () => void): void {
    this.#onDrain = callback;
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    if (!socket.writable) return true; // closing: `onClose` tells, there is nothing to wait for
    const [only] = chunks;
    if (chunks.length === 1 && only !== undefined) return socket.write(only);
    socket.cork();
    let hasRoom = true;
    for (const chunk of chunks) hasRoom = socket.write(chunk);
    socket.uncork();
    return hasRoom;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#onData !== undefined) this.#socket.resume();
  }

  end(): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#isEnding = true;
    this.#socket.end(() => {
      if (this.#isClosed) return;
      this.#linger = setTimeout(() => this.#socket.destroy(), lingerMs);
      this.#socket.resume();
    });
  }

  destroy(): void {
    this.#isEnding = true;
    this.#socket.destroy();
  }

  #closed(): void {
    this.#isClosed = true;
    clearTimeout(this.#linger);
    this.#onClose?.(this.#error);
  }
}
