// Stream sockets. Protects: callers cannot miss bytes or events: data flows only after `onData` was set.
// Callbacks run on the event loop, never re-entrantly from inside `write`. Leaves out: TLS, datagrams, name policy.

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** One TCP connection. Set the callbacks in the turn that hands the socket over. */
export interface Socket {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Chunks as they arrive, 1 … 65,536 bytes each; the receiver owns them. */
  onData(callback: (chunk: Buffer) => void): void;
  /**
   * As `onData`, but the bytes are only lent: a chunk is overwritten once the callback has returned. `target` is asked after each
   * callback for memory the next bytes should be read into; a chunk read there is a view of it. It has to stay until the next
   * callback or the close. Adapters may pass chunks of their own instead.
   */
  onLentData(callback: (chunk: Buffer) => void, target?: () => Buffer | undefined): void;
  /** The peer finished writing (half close); the socket closes by itself once our writes are out. */
  onEnd(callback: () => void): void;
  /** Exactly once, with the error that ended it, if one did. No callback runs after it. */
  onClose(callback: (error?: Error) => void): void;
  /** The send queue fell below its mark after a `write` returned false. */
  onDrain(callback: () => void): void;
  /**
   * Queues the chunks in order as one vectored write; ownership passes to the socket until they are sent. `onSent` tells, once
   * and never from inside `write`: true, nobody reads the chunks any more; false, the connection ended before that.
   * False: the send queue is above its high-water mark (64 KiB unless the platform says otherwise), wait for `onDrain`.
   */
  write(chunks: readonly Uint8Array[], onSent?: (isSent: boolean) => void): boolean;
  /** Bytes queued and not yet handed to the kernel. */
  readonly queuedBytes: number;
  /** Stops `onData` (after the chunk being delivered); TCP then slows the peer down. */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes now; what is queued is lost. */
  destroy(): void;
}

export interface Listener {
  /** The bound address; `port` is the real one when 0 was asked for. */
  readonly address: SocketAddress;
  /** Stops accepting. Accepted sockets stay open. */
  close(): Promise<void>;
}

export interface Network {
  /** Rejects with code EADDRINUSE, EACCES or EADDRNOTAVAIL. Port 0 takes a free one. */
  listen(address: SocketAddress, onConnection: (socket: Socket) => void): Promise<Listener>;
  /** Rejects with code ECONNREFUSED, ETIMEDOUT, ENOTFOUND … */
  connect(address: SocketAddress, options: { readonly timeoutMs: number }): Promise<Socket>;
}
