// One end of a simulated connection, with the promises of the Socket port and the manners of TCP: a bounded window,
// chunks cut and joined at random places, half close, reset when bytes meet a closed end.
// Leaves out: what end and destroy differ in on real machines when unread bytes wait (here both send FIN).

import { assert } from '../assert.js';
import type { Socket, SocketAddress } from '../network.js';
import { systemError } from '../system-error.js';
import type { SimulatedFabric } from './simulated-fabric.js';
import { SimulatedPipe, type Packet } from './simulated-pipe.js';
import type { Life } from './world-core.js';

/** What lent bytes become when their time is over. */
const overwritten = 0xdb;
const sendQueueBytesMark = 65_536;
const windowBytes = 262_144;
const chunkBytesMax = 65_536;
const lingerMs = 1_000;
const turnMs = 0.002;

export interface SocketEnds {
  readonly life: Life;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Name of the node at the other end. */
  readonly peerHost: string;
  readonly connectionId: number;
}

/** Both ends of a new connection, not yet handed to anyone. */
export function socketPair(
  fabric: SimulatedFabric,
  client: SocketEnds,
  server: SocketEnds,
): { client: SimulatedSocket; server: SimulatedSocket } {
  const pair = {
    client: new SimulatedSocket(fabric, client),
    server: new SimulatedSocket(fabric, server),
  };
  pair.client.attach(pair.server);
  pair.server.attach(pair.client);
  return pair;
}

export class SimulatedSocket implements Socket {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly life: Life;
  readonly peerHost: string;
  readonly #fabric: SimulatedFabric;
  readonly #connectionId: number;
  #peer: SimulatedSocket | undefined;
  #pipe: SimulatedPipe | undefined;
  // sending
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #unackedBytes = 0;
  #isDrainWanted = false;
  #isWriteEnded = false;
  #isFinSent = false;
  // receiving
  #received: Buffer[] = [];
  #isPaused = false;
  #isFinReceived = false;
  #isEndSeen = false;
  #isDeliveryPlanned = false;
  /** `end` was called: what still arrives is dropped. */
  #isEnding = false;
  #closed: { readonly error: Error | undefined } | undefined;
  #isCloseTold = false;
  #onData: ((chunk: Buffer) => void) | undefined;
  #onEnd: (() => void) | undefined;
  #onClose: ((error?: Error) => void) | undefined;
  #onDrain: (() => void) | undefined;

  constructor(fabric: SimulatedFabric, ends: SocketEnds) {
    this.#fabric = fabric;
    this.life = ends.life;
    this.local = ends.local;
    this.remote = ends.remote;
    this.peerHost = ends.peerHost;
    this.#connectionId = ends.connectionId;
    fabric.sockets.add(this);
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Lays the wire to the other end. */
  attach(peer: SimulatedSocket): void {
    assert(this.#pipe === undefined, 'attached-once', { id: this.#connectionId });
    this.#peer = peer;
    this.#pipe = new SimulatedPipe(this.#fabric, {
      connectionId: this.#connectionId,
      from: this.life.name,
      to: this.peerHost,
      onArrival: (packet) => peer.receive(packet),
      onGiveUp: (error) => this.#close(error),
    });
  }

  onData(callback: (chunk: Buffer) => void): void {
    this.#onData = callback;
    this.#planDelivery();
  }

  /** Whoever keeps a lent chunk finds it overwritten, as with real sockets. */
  onLentData(callback: (chunk: Buffer) => void): void {
    this.onData((chunk) => {
      const lent = Buffer.from(chunk);
      callback(lent);
      lent.fill(overwritten);
    });
  }

  onEnd(callback: () => void): void {
    this.#onEnd = callback;
  }

  onClose(callback: (error?: Error) => void): void {
    this.#onClose = callback;
    if (this.#closed !== undefined) this.#planClose();
  }

  onDrain(callback: () => void): void {
    this.#onDrain = callback;
  }

  write(chunks: readonly Uint8Array[], onSent?: (isSent: boolean) => void): boolean {
    const isOpen = this.#closed === undefined && !this.#isWriteEnded;
    // The wire keeps copies, so the chunks are free at once.
    if (onSent) queueMicrotask(() => onSent(isOpen));
    if (!isOpen) return true;
    for (const chunk of chunks) {
      if (chunk.byteLength === 0) continue;
      this.#queue.push(onSent ? Buffer.from(chunk) : chunk);
      this.#queuedBytes += chunk.byteLength;
    }
    this.#pump();
    if (this.#queuedBytes < sendQueueBytesMark) return true;
    this.#isDrainWanted = true;
    return false;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#planDelivery();
  }

  end(): void {
    if (this.#closed !== undefined || this.#isEnding) return;
    this.#isEnding = true;
    this.#endWrites();
    this.#planDelivery();
  }

  destroy(): void {
    if (this.#closed !== undefined) return;
    this.#queue = [];
    this.#queuedBytes = 0;
    if (!this.#isFinSent) this.#pipe?.send({ kind: 'fin' });
    this.#close(undefined);
  }

  /** The wire is torn: both ends learn of it on their own way. */
  reset(): void {
    this.#pipe?.send({ kind: 'reset' });
    this.#close(systemError('ECONNRESET', 'the connection was reset', { syscall: 'read' }));
  }

  /** The process at this end is gone; with `isSilent` its machine as well, so that nobody tells the peer. */
  die(isSilent: boolean): void {
    if (this.#closed !== undefined) return;
    if (!isSilent) this.#pipe?.send({ kind: 'reset' });
    this.#closed = { error: undefined };
    this.#fabric.sockets.delete(this);
  }

  receive(packet: Packet): void {
    if (packet.kind === 'reset') {
      this.#close(systemError('ECONNRESET', 'the peer reset the connection', { syscall: 'read' }));
      return;
    }
    if (this.#closed !== undefined || !this.life.isAlive) {
      if (packet.kind === 'data') this.#pipe?.send({ kind: 'reset' });
      return;
    }
    if (packet.kind === 'fin') this.#isFinReceived = true;
    else this.#received.push(packet.bytes);
    this.#planDelivery();
  }

  /** The peer consumed bytes: the window opens. */
  acknowledge(sizeBytes: number): void {
    this.#unackedBytes -= sizeBytes;
    if (this.#closed === undefined) this.#pump();
  }

  #pump(): void {
    while (this.#queuedBytes > 0 && this.#unackedBytes < windowBytes) {
      const room = Math.min(this.#queuedBytes, windowBytes - this.#unackedBytes, chunkBytesMax);
      const { random } = this.#fabric.core;
      const sizeBytes = random.chance(0.2) ? 1 + random.nextInt(room) : room;
      this.#unackedBytes += sizeBytes;
      this.#pipe?.send({ kind: 'data', bytes: this.#takeQueued(sizeBytes) });
    }
    if (this.#isDrainWanted && this.#queuedBytes < sendQueueBytesMark) {
      this.#isDrainWanted = false;
      this.#later(() => this.#onDrain?.());
    }
    if (this.#isWriteEnded && this.#queuedBytes === 0) this.#sendFin();
  }

  #takeQueued(sizeBytes: number): Buffer {
    const result = Buffer.alloc(sizeBytes);
    let filled = 0;
    while (filled < sizeBytes) {
      const chunk = this.#queue.shift();
      assert(chunk !== undefined, 'queue-holds-bytes', { filled, sizeBytes });
      const part = chunk.subarray(0, sizeBytes - filled);
      result.set(part, filled);
      filled += part.byteLength;
      if (part.byteLength < chunk.byteLength) this.#queue.unshift(chunk.subarray(part.byteLength));
    }
    this.#queuedBytes -= sizeBytes;
    return result;
  }

  #endWrites(): void {
    if (this.#isWriteEnded) return;
    this.#isWriteEnded = true;
    this.#pump();
  }

  #sendFin(): void {
    if (this.#isFinSent) return;
    this.#isFinSent = true;
    this.#pipe?.send({ kind: 'fin' });
    if (this.#isEndSeen) this.#close(undefined);
    else this.#fabric.core.schedule(this.life, lingerMs, () => this.#close(undefined));
  }

  #planDelivery(): void {
    if (this.#isDeliveryPlanned || this.#closed !== undefined) return;
    const hasBytes = this.#received.length > 0;
    if (!hasBytes && (!this.#isFinReceived || this.#isEndSeen)) return;
    if (!this.#isEnding && (this.#isPaused || this.#onData === undefined)) return;
    this.#isDeliveryPlanned = true;
    // what arrives until then is joined to one chunk
    const delayMs = this.#fabric.core.between(0, 0.05);
    this.#fabric.core.schedule(this.life, delayMs, () => this.#deliver());
  }

  #deliver(): void {
    this.#isDeliveryPlanned = false;
    if (this.#closed !== undefined) return;
    if (!this.#isEnding && this.#isPaused) return;
    if (this.#received.length > 0) {
      const chunk = this.#takeReceived();
      this.#sendAcknowledgement(chunk.byteLength);
      if (!this.#isEnding) this.#onData?.(chunk);
    } else if (this.#isFinReceived && !this.#isEndSeen) {
      this.#isEndSeen = true;
      this.#onEnd?.();
      this.#endWrites();
      if (this.#isFinSent) this.#close(undefined);
    }
    this.#planDelivery();
  }

  #takeReceived(): Buffer {
    const parts: Buffer[] = [];
    let sizeBytes = 0;
    for (let part = this.#received.shift(); part !== undefined; part = this.#received.shift()) {
      if (sizeBytes + part.byteLength > chunkBytesMax) {
        this.#received.unshift(part);
        break;
      }
      parts.push(part);
      sizeBytes += part.byteLength;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /** Acknowledgements travel the way back; while it is cut the peer's window stays as it is. */
  #sendAcknowledgement(sizeBytes: number): void {
    const { core } = this.#fabric;
    const from = this.life.name;
    const tryNow = (): void => {
      if (this.#fabric.isUnreachable(from, this.peerHost)) core.schedule(undefined, 200, tryNow);
      else this.#peer?.acknowledge(sizeBytes);
    };
    core.schedule(undefined, this.#fabric.nextLatencyMs(from, this.peerHost), tryNow);
  }

  #close(error: Error | undefined): void {
    if (this.#closed !== undefined) return;
    this.#closed = { error };
    this.#received = [];
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#fabric.sockets.delete(this);
    this.#planClose();
  }

  #planClose(): void {
    this.#later(() => {
      if (this.#isCloseTold || this.#onClose === undefined || this.#closed === undefined) return;
      this.#isCloseTold = true;
      this.#onClose(this.#closed.error);
    });
  }

  #later(run: () => void): void {
    this.#fabric.core.schedule(this.life, turnMs, run);
  }
}
