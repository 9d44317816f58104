// A minimal client for tests: one socket, frames in and out, nothing retried. Bytes can be sent as they are.

import { connect, type Socket } from 'node:net';
import {
  decodeResponse,
  encodeRequest,
  FrameReader,
  type RequestInputMap,
  type ResponseMap,
} from '@drave/protocol';

export class RawClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #reader = new FrameReader({ maxFrameBytes: 200 * 1024 * 1024 });
  readonly #frames: Buffer[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#frames.push(...this.#reader.push(chunk));
      this.#wake?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake?.();
    });
  }

  static connect(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawClient(socket)));
    });
  }

  /** Sends a request and returns its correlation id without waiting. */
  send<Key extends keyof RequestInputMap>(
    apiKey: Key,
    apiVersion: number,
    body: RequestInputMap[Key],
    clientId: string | null = 'raw',
  ): number {
    const correlationId = ++this.#correlationId;
    const header = { apiKey, apiVersion, correlationId, clientId };
    this.sendBytes(Buffer.concat(encodeRequest(header, body)));
    return correlationId;
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** The next frame without its size; undefined once the broker closed the connection. */
  async frame(): Promise<Buffer | undefined> {
    while (this.#frames.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift();
  }

  async request<Key extends keyof RequestInputMap & keyof ResponseMap>(
    apiKey: Key,
    apiVersion: number,
    body: RequestInputMap[Key],
    clientId?: string,
  ): Promise<ResponseMap[Key]> {
    const correlationId = this.send(apiKey, apiVersion, body, clientId);
    const response = await this.response(apiKey, apiVersion);
    if (response.correlationId !== correlationId) {
      throw new Error(`expected answer ${correlationId}, got ${response.correlationId}`);
    }
    return response.body;
  }

  async response<Key extends keyof ResponseMap>(
    apiKey: Key,
    apiVersion: number,
  ): Promise<{ correlationId: number; body: ResponseMap[Key] }> {
    const frame = await this.frame();
    if (!frame) throw new Error('the broker closed the connection');
    return decodeResponse(apiKey, apiVersion, frame);
  }

  /** Settles when the broker has closed the connection. */
  async closed(): Promise<void> {
    while (!this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Takes nothing from the network until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): Promise<void> {
    this.#socket.destroy();
    return this.closed();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
