// One client connection: bytes in, requests started in order, answers out in the same order.
// Protects: an answer leaves only after all earlier ones (completion FIFO); requests start without waiting for the answers
// before them, so order is fixed by the handlers' synchronous part; reading stops at the in-flight bound, at the inbound
// budget and when the client does not take its answers. Whatever cannot be understood closes this connection only.
// A muted connection (over its quota) answers what is under way and starts nothing further.
// Leaves out: TLS, SASL. Sources: wire protocol notes §3; Kafka processes one request per connection at a time,
// which clients cannot tell from this except by speed.

import { limits } from '@drave/contracts';
import type { Clock, Logger, Scheduler, SlabPool, Socket, Timer } from '@drave/platform';
import { ProtocolError } from '@drave/protocol';
import type { BrokerCounters } from './broker-counters.js';
import { CloseConnection, type Answer } from './define-handler.js';
import type { BrokerEndpoint, ClientInfo } from './client-info.js';
import type { RequestBuffers } from './request-context.js';
import type { Dispatcher } from './dispatcher.js';
import type { OutboundBudget } from './outbound-budget.js';
import { FrameAssembler, type Frame } from './frame-assembler.js';
import type { BudgetHolder, InboundBudget } from './inbound-budget.js';

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly dispatcher: Dispatcher;
  readonly budget: InboundBudget;
  readonly outbound: OutboundBudget;
  readonly slabs: SlabPool;
  readonly counters: BrokerCounters;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly endpoints: readonly BrokerEndpoint[];
  readonly frameBytesMax: number;
  readonly idleMsMax: number;
  /** The socket is gone and nothing of it is held any more. */
  readonly onClosed: (connection: Connection) => void;
}

/** One request under way. */
class Slot implements RequestBuffers {
  answer: Answer;
  isDone = false;
  readonly frame: Frame;
  readonly isExclusive: boolean;
  readonly apiKey: number;
  readonly startedMs: number;
  #isFrameKept: boolean;
  #onSent: ((isSent: boolean) => void)[] | undefined;

  constructor(
    frame: Frame,
    facts: { readonly isExclusive: boolean; readonly freesFrame: boolean },
    startedMs: number,
  ) {
    this.frame = frame;
    this.apiKey = frame.bytes.readInt16BE(0);
    this.startedMs = startedMs;
    this.isExclusive = facts.isExclusive;
    this.#isFrameKept = !facts.freesFrame;
  }

  get frameBytes(): number {
    return this.frame.bytes.length + sizeBytes;
  }

  keepFrame(): void {
    this.#isFrameKept = true;
  }

  whenSent(callback: (isSent: boolean) => void): void {
    this.#onSent ??= [];
    this.#onSent.push(callback);
  }

  /** The request is answered: gives its frame back; returns who waits for the answer to be sent. */
  finish(): readonly ((isSent: boolean) => void)[] | undefined {
    if (this.#isFrameKept) this.frame.slab?.forget();
    else this.frame.slab?.release();
    return this.#onSent;
  }
}

const sizeBytes = 4;
/** API key, version and correlation id. */
const requestBytesMin = 8;
/** Answers to one burst of requests leave in one write, at the latest when they are this large. */
const answeredBytesMax = 256 * 1024;

/** Answers from this size on count in the outbound budget. */
const countedBytesMin = 32 * 1024;

export class Connection implements BudgetHolder {
  readonly #options: ConnectionOptions;
  readonly #assembler: FrameAssembler;
  readonly #client: ClientInfo;
  readonly #closedCallbacks = new Set<() => void>();
  readonly #openedAtMs: number;
  #backlog: Frame[] = [];
  readonly #slots: Slot[] = [];
  /** Bytes received that are not a whole frame yet. */
  #partialBytes = 0;
  /** Bytes of whole frames that are not answered yet. */
  #heldBytes = 0;
  #exclusiveCount = 0;
  /** Bytes of answers given within the current burst. */
  #answeredBytes = 0;
  #lastActiveMs: number;
  #hasSent = false;
  #muteTimer: Timer | undefined;
  #mutedUntilMs = 0;
  #isClosed = false;
  #isDraining = false;
  #isPaused = false;
  #isPumping = false;
  #isFlushQueued = false;
  #isOutboundFull = false;

  constructor(options: ConnectionOptions) {
    const { socket, clock } = options;
    this.#options = options;
    this.#assembler = new FrameAssembler({
      slabs: options.slabs,
      frameBytesMin: requestBytesMin,
      frameBytesMax: options.frameBytesMax,
    });
    this.#openedAtMs = clock.monotonicMs();
    this.#lastActiveMs = this.#openedAtMs;
    this.#client = {
      host: socket.remote.host,
      endpoints: options.endpoints,
      onClosed: (callback) => {
        // Not before it has what unsubscribes.
        if (this.#isClosed) queueMicrotask(callback);
        else this.#closedCallbacks.add(callback);
        return () => this.#closedCallbacks.delete(callback);
      },
      mute: (durationMs) => this.#mute(durationMs),
    };
    socket.onLentData(
      (chunk) => this.#onData(chunk),
      () => this.#assembler.target(),
    );
    socket.onEnd(() => undefined);
    socket.onDrain(() => {
      this.#isOutboundFull = false;
      this.#pump();
    });
    socket.onClose(() => this.#onClosed());
  }

  get remoteHost(): string {
    return this.#options.socket.remote.host;
  }

  /** Requests started and not answered. */
  get inFlight(): number {
    return this.#slots.length;
  }

  /** Reads nothing more; closes once everything started is answered. */
  drain(): void {
    this.#isDraining = true;
    this.#dropBacklog();
    if (this.#slots.length === 0) this.#options.socket.end();
  }

  destroy(): void {
    this.#options.socket.destroy();
  }

  /** Closes the connection when it has been silent, idle or stuck within a frame for too long. */
  sweep(nowMs: number): void {
    if (this.#isClosed) return;
    const idleMs = nowMs - this.#lastActiveMs;
    const isSilent = !this.#hasSent && nowMs - this.#openedAtMs > limits.firstByteMs;
    const isStuck = this.#partialBytes > 0 && !this.#isPaused && idleMs > limits.partialFrameMs;
    const isIdle = this.#slots.length === 0 && !this.#muteTimer && idleMs > this.#options.idleMsMax;
    if (isSilent || isStuck || isIdle) this.destroy();
  }

  onRoom(): void {
    this.#pump();
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosed || this.#isDraining) return;
    const { counters, budget, clock } = this.#options;
    this.#hasSent = true;
    this.#lastActiveMs = clock.monotonicMs();
    counters.bytesIn += chunk.length;
    budget.receive(chunk.length);
    this.#partialBytes += chunk.length;
    try {
      let bytes = 0;
      for (const frame of this.#assembler.push(chunk)) {
        this.#backlog.push(frame);
        bytes += frame.bytes.length + sizeBytes;
      }
      this.#partialBytes -= bytes;
      this.#heldBytes += bytes;
      if (bytes > 0) budget.frame(this, bytes);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#pump();
  }

  #pump(): void {
    if (this.#isPumping || this.#isClosed) return;
    this.#isPumping = true;
    for (;;) {
      const frame = this.#backlog[0];
      if (!frame || !this.#mayStart(frame.bytes)) break;
      this.#backlog.shift();
      this.#start(frame);
    }
    this.#isPumping = false;
    this.#flush();
    this.#pauseOrResume();
  }

  #mayStart(frame: Buffer): boolean {
    if (this.#isClosed || this.#isOutboundFull || this.#muteTimer) return false;
    if (this.#slots.length >= limits.inFlightRequestsMax) return false;
    return this.#exclusiveCount === 0 || !this.#options.dispatcher.isExclusive(frame);
  }

  #start(frame: Frame): void {
    const { dispatcher, counters } = this.#options;
    const slot = new Slot(frame, dispatcher.traits(frame.bytes), this.#lastActiveMs);
    counters.requests.started(slot.apiKey);
    this.#slots.push(slot);
    if (slot.isExclusive) this.#exclusiveCount++;
    try {
      const answer = dispatcher.dispatch(frame.bytes, this.#client, slot);
      if (answer instanceof Promise) {
        answer.then(
          (later) => this.#complete(slot, later),
          (error: unknown) => this.#abandon(slot, error),
        );
      } else {
        slot.answer = answer;
        slot.isDone = true;
        if (slot.isExclusive) this.#exclusiveCount--;
        for (const chunk of answer ?? []) this.#answeredBytes += chunk.length;
        if (this.#answeredBytes >= answeredBytesMax) this.#flush();
      }
    } catch (error) {
      this.#abandon(slot, error);
    }
  }

  #complete(slot: Slot, answer: Answer): void {
    slot.answer = answer;
    slot.isDone = true;
    if (slot.isExclusive) this.#exclusiveCount--;
    if (this.#isClosed || this.#isFlushQueued || this.#slots[0] !== slot) {
      if (this.#isClosed) this.#flush();
      else if (slot.isExclusive) this.#pump();
      return;
    }
    this.#isFlushQueued = true;
    queueMicrotask(() => {
      this.#isFlushQueued = false;
      this.#flush();
      this.#pump();
    });
  }

  #abandon(slot: Slot, error: unknown): void {
    slot.isDone = true;
    slot.keepFrame(); // A handler that broke off may have left views behind.
    if (slot.isExclusive) this.#exclusiveCount--;
    if (this.#isClosed) this.#flush();
    else this.#refuse(error);
  }

  #flush(): void {
    this.#answeredBytes = 0;
    const { socket, budget, outbound, counters } = this.#options;
    const chunks: Buffer[] = [];
    const onSent: ((isSent: boolean) => void)[] = [];
    let answered = 0;
    let released = 0;
    let bytes = 0;
    for (const slot of this.#slots) {
      if (!slot.isDone) break;
      answered++;
      released += slot.frameBytes;
      for (const chunk of slot.answer ?? []) {
        chunks.push(chunk);
        bytes += chunk.length;
      }
      const waiting = slot.finish();
      if (waiting) onSent.push(...waiting);
    }
    if (answered === 0) return;
    const nowMs = this.#options.clock.monotonicMs();
    for (const slot of this.#slots.splice(0, answered)) {
      counters.requests.ended(slot.apiKey, nowMs - slot.startedMs);
    }
    if (!this.#isClosed && chunks.length > 0) {
      counters.bytesOut += bytes;
      this.#lastActiveMs = nowMs;
      const isLarge = bytes >= countedBytesMin;
      if (isLarge) outbound.queue(bytes);
      const tell = (isSent: boolean): void => {
        if (isLarge) outbound.release(bytes);
        for (const callback of onSent) callback(isSent);
      };
      const isBelowMark = socket.write(chunks, isLarge || onSent.length > 0 ? tell : undefined);
      this.#isOutboundFull =
        !isBelowMark && (outbound.isFull || socket.queuedBytes >= limits.outboundBytesMax);
    } else for (const callback of onSent) callback(true); // Nobody was given the bytes.
    this.#heldBytes -= released;
    budget.release(released);
    if (this.#isDraining && !this.#isClosed && this.#slots.length === 0) socket.end();
  }

  #mute(durationMs: number): void {
    if (this.#isClosed) return;
    const { clock, scheduler } = this.#options;
    const untilMs = clock.monotonicMs() + durationMs;
    if (untilMs <= this.#mutedUntilMs) return;
    this.#mutedUntilMs = untilMs;
    this.#muteTimer?.cancel();
    this.#muteTimer = scheduler.setTimer(durationMs, () => {
      this.#muteTimer = undefined;
      this.#lastActiveMs = clock.monotonicMs();
      this.#pump();
    });
  }

  #pauseOrResume(): void {
    if (this.#isClosed) return;
    const { socket, budget } = this.#options;
    const isFull = this.#backlog.length > 0 || this.#heldBytes >= limits.inboundPerConnectionMax;
    const pause = isFull || !budget.mayRead(this);
    if (pause === this.#isPaused) return;
    this.#isPaused = pause;
    if (pause) socket.pause();
    else socket.resume();
  }

  #refuse(error: unknown): void {
    if (this.#isClosed) return;
    const { logger, counters, socket } = this.#options;
    const isExpected = error instanceof ProtocolError || error instanceof CloseConnection;
    const fields = {
      remote: socket.remote,
      reason: error instanceof Error ? error.message : error,
    };
    if (isExpected) logger.debug('connection-refused', fields);
    else logger.error('connection-failed', { ...fields, error });
    counters.connectionsRefused++;
    socket.destroy();
    this.#onClosed();
  }

  #onClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#muteTimer?.cancel();
    this.#dropBacklog();
    this.#options.budget.forget(this, this.#partialBytes);
    this.#partialBytes = 0;
    this.#assembler.drop();
    for (const callback of this.#closedCallbacks) callback();
    this.#closedCallbacks.clear();
    this.#flush();
    this.#options.onClosed(this);
  }

  #dropBacklog(): void {
    let bytes = 0;
    for (const frame of this.#backlog) {
      bytes += frame.bytes.length + sizeBytes;
      frame.slab?.release();
    }
    this.#backlog = [];
    this.#heldBytes -= bytes;
    if (bytes > 0) this.#options.budget.release(bytes);
  }
}
