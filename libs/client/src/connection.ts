// One connection to one broker: frames out, frames in, matched by correlation id. Also the subpath other libs may take.
// Protects: every promise settles exactly once and from its own response; nothing waits for ever (a request that is not
// answered in its time closes the connection, because answers behind it would be late too). Record bytes go out by
// reference. Leaves out: TLS, SASL, reconnecting (the pool does that).
// Sources: Kafka protocol guide "Network", KIP-35, KIP-511 (ApiVersions fallback).

import { ErrorCode, KafkaError } from '@drave/contracts';
import { unreachable, type Platform, type Socket, type Timer } from '@drave/platform';
import {
  ApiKey,
  decodeResponse,
  encodeRequest,
  FrameReader,
  supportedVersions,
  type RequestInputMap,
  type ResponseMap,
} from '@drave/protocol';

import { clientLimits } from './limits.js';

/** Keys of the APIs the codec knows. */
export type KnownApiKey = keyof RequestInputMap & keyof ResponseMap;

export interface ConnectionOptions {
  readonly platform: Platform;
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  /** Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Per request, from the moment it is written; default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Requests awaiting an answer; further ones queue. Default 64. */
  readonly maxInFlight?: number;
  /** Largest response accepted; default 100 MiB. */
  readonly maxFrameBytes?: number;
}

export interface RequestOptions {
  /** Replaces the connection's request timeout. */
  readonly timeoutMs?: number;
  /** False for acks=0 produce: settles with undefined once written. */
  readonly expectsResponse?: boolean;
}

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

type ConnectionState = 'open' | 'closing' | 'closed';

interface PendingRequest {
  readonly apiKey: KnownApiKey;
  readonly version: number;
  readonly body: RequestInputMap[KnownApiKey];
  readonly timeoutMs: number;
  readonly expectsResponse: boolean;
  readonly resolve: (body: ResponseMap[KnownApiKey] | undefined) => void;
  readonly reject: (error: Error) => void;
  /** Monotonic; set when it is written. */
  deadlineMs: number;
}

// Versions this client speaks where the codec may know more: above them the semantics differ (topic ids, member epochs).
const clientMaxima: Readonly<Record<number, number>> = Object.freeze({
  [ApiKey.produce]: 11,
  [ApiKey.fetch]: 12,
  [ApiKey.listOffsets]: 7,
  [ApiKey.metadata]: 12,
  [ApiKey.offsetCommit]: 8,
  [ApiKey.offsetFetch]: 8,
  [ApiKey.findCoordinator]: 4,
  [ApiKey.describeGroups]: 5,
  [ApiKey.initProducerId]: 5,
});

export class BrokerConnection {
  readonly host: string;
  readonly port: number;
  readonly #platform: Platform;
  readonly #socket: Socket;
  readonly #clientId: string;
  readonly #requestTimeoutMs: number;
  readonly #maxInFlight: number;
  readonly #reader: FrameReader;
  readonly #inFlight = new Map<number, PendingRequest>();
  readonly #queued: PendingRequest[] = [];
  readonly #closeCallbacks: ((error: Error | undefined) => void)[] = [];
  #versions = new Map<number, VersionRange>();
  #correlationId = 0;
  #timer: Timer | undefined;
  /** When the timer runs: not after the first deadline. */
  #timerAtMs = Infinity;
  #state: ConnectionState = 'open';

  /**
   * Connects and negotiates versions (ApiVersions at our maximum; a broker that answers UNSUPPORTED_VERSION says in its
   * v0 body what it speaks). Rejects with NETWORK_EXCEPTION naming the address.
   */
  static async connect(options: ConnectionOptions): Promise<BrokerConnection> {
    const { platform, host, port } = options;
    const timeoutMs = options.connectTimeoutMs ?? clientLimits.connectTimeoutMs;
    let socket: Socket;
    try {
      socket = await platform.network.connect({ host, port }, { timeoutMs });
    } catch (error) {
      throw new KafkaError(
        'NETWORK_EXCEPTION',
        `cannot connect to ${host}:${port} (${reasonOf(error)}); check that a broker listens there`,
        { cause: error },
      );
    }
    const connection = new BrokerConnection(options, socket);
    try {
      await connection.#negotiate(timeoutMs);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  private constructor(options: ConnectionOptions, socket: Socket) {
    this.host = options.host;
    this.port = options.port;
    this.#platform = options.platform;
    this.#socket = socket;
    this.#clientId = options.clientId;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? clientLimits.requestTimeoutMs;
    this.#maxInFlight = options.maxInFlight ?? clientLimits.inFlightMax;
    this.#reader = new FrameReader({
      maxFrameBytes: options.maxFrameBytes ?? clientLimits.frameBytesMax,
    });
    socket.onData((chunk) => this.#onData(chunk));
    socket.onEnd(() => {});
    socket.onClose((error) => this.#onClose(error));
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get inFlightCount(): number {
    return this.#inFlight.size + this.#queued.length;
  }

  /** Highest version both sides speak, at most `atMost`; throws UNSUPPORTED_VERSION naming the API. */
  versionFor(apiKey: KnownApiKey, atMost = Infinity): number {
    const ours = supportedVersions(apiKey);
    const theirs = this.#versions.get(apiKey);
    if (ours && theirs) {
      const max = Math.min(ours.max, theirs.max, clientMaxima[apiKey] ?? Infinity, atMost);
      if (max >= ours.min && max >= theirs.min) return max;
    }
    const spoken = theirs ? `versions ${theirs.min} to ${theirs.max}` : 'no version';
    throw new KafkaError(
      'UNSUPPORTED_VERSION',
      `the broker ${this.host}:${this.port} speaks ${spoken} of API ${apiKey}, this client ${ours?.min ?? '-'} to ${ours?.max ?? '-'}`,
    );
  }

  /** The broker's range of an API, undefined when it lacks it. */
  brokerVersions(apiKey: number): VersionRange | undefined {
    return this.#versions.get(apiKey);
  }

  onClose(callback: (error: Error | undefined) => void): void {
    this.#closeCallbacks.push(callback);
  }

  /**
   * Sends one request; requests leave in call order. Resolves with the decoded response, whatever error codes it holds.
   * Rejects with REQUEST_TIMED_OUT or NETWORK_EXCEPTION (both retriable); then nothing is known about its effect.
   * Buffers in `body` must stay unchanged until the promise settles.
   */
  request<K extends KnownApiKey>(
    apiKey: K,
    version: number,
    body: RequestInputMap[K],
    options?: RequestOptions,
  ): Promise<ResponseMap[K]> {
    return new Promise<ResponseMap[K]>((resolve, reject) => {
      if (this.#state !== 'open') {
        reject(this.#closedError());
        return;
      }
      if (this.#queued.length >= clientLimits.queuedRequestsMax) {
        reject(
          new KafkaError(
            'NETWORK_EXCEPTION',
            `${this.#queued.length} requests already wait for ${this.host}:${this.port}`,
          ),
        );
        return;
      }
      const pending: PendingRequest = {
        apiKey,
        version,
        body,
        timeoutMs: options?.timeoutMs ?? this.#requestTimeoutMs,
        expectsResponse: options?.expectsResponse ?? true,
        // The map from key to body type is erased here; `apiKey` keeps them together.
        resolve: resolve as PendingRequest['resolve'],
        reject,
        deadlineMs: Infinity,
      };
      if (this.#inFlight.size < this.#maxInFlight) this.#write(pending);
      else this.#queued.push(pending);
    });
  }

  /** Closes now. Unanswered requests reject with NETWORK_EXCEPTION. Idempotent. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#socket.destroy();
    this.#failAll(this.#closedError());
  }

  async #negotiate(timeoutMs: number): Promise<void> {
    const ours = supportedVersions(ApiKey.apiVersions);
    let version = ours?.max ?? 0;
    for (;;) {
      const response = await this.request(
        ApiKey.apiVersions,
        version,
        { clientSoftwareName: 'drave', clientSoftwareVersion: '0.1.0' },
        { timeoutMs },
      );
      const versions = new Map<number, VersionRange>();
      for (const { apiKey, minVersion, maxVersion } of response.apiKeys) {
        versions.set(apiKey, { min: minVersion, max: maxVersion });
      }
      if (response.errorCode === ErrorCode.NONE) {
        this.#versions = versions;
        return;
      }
      const theirs = versions.get(ApiKey.apiVersions)?.max ?? 0;
      if (response.errorCode !== ErrorCode.UNSUPPORTED_VERSION || theirs >= version) {
        throw new KafkaError(response.errorCode, `${this.host}:${this.port} refused ApiVersions`);
      }
      version = theirs;
    }
  }

  #write(pending: PendingRequest): void {
    this.#correlationId = (this.#correlationId + 1) & 0x7fffffff;
    const correlationId = this.#correlationId;
    let chunks: Buffer[];
    try {
      chunks = encodeRequest(
        {
          apiKey: pending.apiKey,
          apiVersion: pending.version,
          correlationId,
          clientId: this.#clientId,
        },
        pending.body,
      );
    } catch (error) {
      pending.reject(toError(error));
      return;
    }
    if (!pending.expectsResponse) {
      this.#socket.write(chunks);
      pending.resolve(undefined);
      return;
    }
    this.#inFlight.set(correlationId, pending);
    pending.deadlineMs = this.#platform.clock.monotonicMs() + pending.timeoutMs;
    if (pending.deadlineMs < this.#timerAtMs) this.#armTimer(pending.deadlineMs);
    this.#socket.write(chunks);
  }

  #onData(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    try {
      for (const frame of this.#reader.push(chunk)) this.#onFrame(frame);
    } catch (error) {
      this.#fail(
        new KafkaError(
          'NETWORK_EXCEPTION',
          `${this.host}:${this.port} sent bytes that are no Kafka response; check that the port is a plain Kafka listener`,
          { cause: error },
        ),
      );
    }
  }

  #onFrame(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0);
    const pending = this.#inFlight.get(correlationId);
    if (!pending) throw new Error(`unexpected correlation id ${correlationId}`);
    this.#inFlight.delete(correlationId);
    let body: ResponseMap[KnownApiKey];
    try {
      body = this.#decode(pending, frame);
    } catch (error) {
      pending.reject(
        new KafkaError(
          'CORRUPT_MESSAGE',
          `cannot read the answer of ${this.host}:${this.port} to API ${pending.apiKey} v${pending.version}`,
          { cause: error },
        ),
      );
      return;
    }
    pending.resolve(body);
    while (this.#inFlight.size < this.#maxInFlight) {
      const next = this.#queued.shift();
      if (!next) break;
      this.#write(next);
    }
  }

  #decode(pending: PendingRequest, frame: Buffer): ResponseMap[KnownApiKey] {
    if (pending.apiKey === ApiKey.apiVersions && pending.version > 0) {
      // KIP-511: an error 35 comes in the v0 layout whatever version was asked for; its first field is the error code.
      const isFallback = frame.readInt16BE(4) === ErrorCode.UNSUPPORTED_VERSION;
      return decodeResponse(pending.apiKey, isFallback ? 0 : pending.version, frame).body;
    }
    return decodeResponse(pending.apiKey, pending.version, frame).body;
  }

  /** One timer for all requests: most are answered long before it, and it is not touched for them. */
  #armTimer(atMs: number): void {
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    const delayMs = Math.max(0, atMs - this.#platform.clock.monotonicMs());
    this.#timer = this.#platform.scheduler.setTimer(delayMs, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timerAtMs = Infinity;
    const nowMs = this.#platform.clock.monotonicMs();
    let nextMs = Infinity;
    for (const [correlationId, pending] of this.#inFlight) {
      if (pending.deadlineMs <= nowMs) {
        this.#onTimeout(correlationId, pending);
        return;
      }
      nextMs = Math.min(nextMs, pending.deadlineMs);
    }
    if (nextMs < Infinity) this.#armTimer(nextMs);
  }

  #onTimeout(correlationId: number, pending: PendingRequest): void {
    this.#inFlight.delete(correlationId);
    pending.reject(
      new KafkaError(
        'REQUEST_TIMED_OUT',
        `${this.host}:${this.port} did not answer API ${pending.apiKey} within ${pending.timeoutMs} ms`,
      ),
    );
    this.#fail(
      new KafkaError(
        'NETWORK_EXCEPTION',
        `the connection to ${this.host}:${this.port} was closed because a request timed out`,
      ),
    );
  }

  #fail(error: Error): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#socket.destroy();
    this.#failAll(error);
  }

  #onClose(error: Error | undefined): void {
    switch (this.#state) {
      case 'open':
      case 'closing':
        break;
      case 'closed':
        return;
      default:
        unreachable(this.#state);
    }
    this.#state = 'closed';
    this.#failAll(
      new KafkaError(
        'NETWORK_EXCEPTION',
        `the connection to ${this.host}:${this.port} broke${error ? ` (${reasonOf(error)})` : ''}`,
        error ? { cause: error } : undefined,
      ),
    );
    for (const callback of this.#closeCallbacks.splice(0)) callback(error);
  }

  #failAll(error: Error): void {
    const pending = [...this.#inFlight.values(), ...this.#queued];
    this.#inFlight.clear();
    this.#queued.length = 0;
    this.#timer?.cancel();
    for (const request of pending) request.reject(error);
  }

  #closedError(): KafkaError {
    return new KafkaError(
      'NETWORK_EXCEPTION',
      `the connection to ${this.host}:${this.port} is closed`,
    );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error) {
    return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  }
  return String(error);
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
