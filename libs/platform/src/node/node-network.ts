// The Network on node:net: TCP without Nagle, keep-alive on. Protects: one vectored write per call, no byte delivered
// before `onData`, and `end` never turns into a reset that eats the last answer: the socket drains what the peer
// still sends, at most `lingerMs`, before it closes.
// Accepted sockets read into one buffer of the process, or into the receiver's own memory: a new 64 KiB buffer per read, Node's way,
// makes V8 collect garbage 25 times a second at 250 MB/s. A connecting socket has a buffer of its own, of which small reads are copied and
// which a large one takes along: an answer of 100 bytes then costs no 64 KiB either. Leaves out: TLS, Unix sockets.

import * as net from 'node:net';
import type { Listener, Network, Socket, SocketAddress } from '../network.js';
import { systemError } from '../system-error.js';

/** Where accepted sockets read; shared, because what is read is handed on before the next read. */
const readBytes = 64 * 1024;
/** A read of a connecting socket from this size on keeps the buffer it was read into. */
const keptBytesMin = 16 * 1024;
const sendQueueBytesMark = 65_536;
const lingerMs = 1_000;
const keepAliveDelayMs = 60_000;
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveDelayMs };

export class NodeNetwork implements Network {
  listen(address: SocketAddress, onConnection: (socket: Socket) => void): Promise<Listener> {
    const server = net.createServer({
      ...socketOptions,
      highWaterMark: sendQueueBytesMark,
      pauseOnConnect: true,
    });
    server.on('connection', (socket) => onConnection(acceptSocket(socket)));
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
      // On Windows the system is given buffers ahead of the read.
      const reads = process.platform === 'win32' ? undefined : new OwnReads();
      const socket = net.connect({
        ...socketOptions,
        host: address.host,
        port: address.port,
        ...(reads ? { onread: onRead(reads) } : {}),
      });
      socket.pause(); // Until there is a receiver.
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
        const wrapped = new NodeSocket(socket, reads);
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

/** What `net.Socket` takes and has besides its documented options: the handle below it. */
interface SocketInternals {
  _handle: { readonly useUserBuffer?: unknown } | null;
}

/**
 * Moves an accepted connection into a socket with Node's `onread` option, which `net.createServer` cannot pass on. Where Node
 * does not show the handle, or buffers are given to the system ahead of the read (Windows), the socket stays as it is.
 */
function acceptSocket(accepted: net.Socket): NodeSocket {
  const internals = accepted as unknown as SocketInternals;
  const handle = internals._handle;
  if (process.platform === 'win32' || typeof handle?.useUserBuffer !== 'function') {
    return new NodeSocket(accepted);
  }
  internals._handle = null;
  accepted.destroy();
  const reads = new LentReads();
  const internalOptions = { handle, pauseOnCreate: true, highWaterMark: sendQueueBytesMark };
  const options: net.SocketConstructorOpts = {
    ...(internalOptions as object),
    readable: true,
    writable: true,
    onread: onRead(reads),
  };
  return new NodeSocket(new net.Socket(options), reads);
}

/** Where the bytes of one socket are read and whom they are handed to. */
interface Reads {
  onData: ((chunk: Buffer) => void) | undefined;
  target: (() => Buffer | undefined) | undefined;
  /** What is handed over stays as it is; else until the receiver returns. */
  readonly isOwned: boolean;
  /** Where to read next. Node asks right after each read. */
  next(): Buffer;
  deliver(count: number, bytes: Uint8Array): void;
}

function onRead(reads: Reads): net.OnReadOpts {
  return {
    buffer: () => reads.next(),
    callback: (count, bytes) => {
      reads.deliver(count, bytes);
      return true;
    },
  };
}

/** Of an accepted socket: one buffer for all of them, since it is free again before the next read. */
class LentReads implements Reads {
  static #shared: Buffer | undefined;
  onData: ((chunk: Buffer) => void) | undefined;
  target: (() => Buffer | undefined) | undefined;
  readonly isOwned = false;

  next(): Buffer {
    LentReads.#shared ??= Buffer.allocUnsafeSlow(readBytes);
    return this.target?.() ?? LentReads.#shared;
  }

  deliver(count: number, bytes: Uint8Array): void {
    this.onData?.(Buffer.from(bytes.buffer, bytes.byteOffset, count));
  }
}

/** Of a connecting socket, whose receiver keeps what it gets. */
class OwnReads implements Reads {
  #buffer: Buffer | undefined;
  onData: ((chunk: Buffer) => void) | undefined;
  target: (() => Buffer | undefined) | undefined;
  readonly isOwned = true;

  next(): Buffer {
    return (this.#buffer ??= Buffer.allocUnsafeSlow(readBytes));
  }

  deliver(count: number, bytes: Uint8Array): void {
    const read = Buffer.from(bytes.buffer, bytes.byteOffset, count);
    if (count >= keptBytesMin) this.#buffer = undefined;
    this.onData?.(count >= keptBytesMin ? read : Buffer.from(read));
  }
}

class NodeSocket implements Socket {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #socket: net.Socket;
  /** Undefined when Node allocates what it reads. */
  readonly #reads: Reads | undefined;
  #error: Error | undefined;
  #isClosed = false;
  #isEnding = false;
  #linger: NodeJS.Timeout | undefined;
  #onData: ((chunk: Buffer) => void) | undefined;
  #onEnd: (() => void) | undefined;
  #onClose: ((error?: Error) => void) | undefined;
  #onDrain: (() => void) | undefined;

  constructor(socket: net.Socket, reads?: Reads) {
    this.#socket = socket;
    this.#reads = reads;
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
    if (this.#reads?.isOwned === false) this.onLentData((chunk) => callback(Buffer.from(chunk)));
    else this.onLentData(callback);
  }

  onLentData(callback: (chunk: Buffer) => void, target?: () => Buffer | undefined): void {
    const isFirst = this.#onData === undefined;
    this.#onData = callback;
    const deliver = (chunk: Buffer): void => {
      if (!this.#isEnding) this.#onData?.(chunk);
    };
    if (this.#reads) {
      this.#reads.target = target;
      this.#reads.onData = deliver;
      if (isFirst) this.#socket.resume();
    } else if (isFirst) {
      this.#socket.on('data', deliver);
      this.#socket.resume();
    }
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

  write(chunks: readonly Uint8Array[], onSent?: (isSent: boolean) => void): boolean {
    const socket = this.#socket;
    if (!socket.writable) {
      // Closing: `onClose` tells, there is nothing to wait for.
      if (onSent) queueMicrotask(() => onSent(false));
      return true;
    }
    const last = chunks.length - 1;
    const told = onSent && ((error?: Error | null) => onSent(!error));
    if (last > 0) socket.cork();
    let hasRoom = true;
    for (const [index, chunk] of chunks.entries()) {
      hasRoom = index === last ? socket.write(chunk, told) : socket.write(chunk);
    }
    if (last > 0) socket.uncork();
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
