// One of the two brokers under comparison: requests out, decoded answers in, and what the side itself handed out (producer ids,
// member ids, topic ids), which later requests of the same sequence refer to by name.

import { connect, type Socket } from 'node:net';
import {
  decodeResponse,
  encodeRequest,
  FrameReader,
  type RequestInputMap,
  type ResponseMap,
} from '@drave/protocol';

export type ApiKeyNumber = keyof RequestInputMap & keyof ResponseMap;
export type Body = Readonly<Record<string, unknown>>;
export type Answer = Body | 'closed' | 'none' | 'silent';

const answerMsMax = 4_000;

export class Side {
  readonly #port: number;
  /** What this broker handed out within the sequence, by the sequence's name for it. */
  readonly given = new Map<string, unknown>();
  #socket: Socket | undefined;
  #frames: Buffer[] = [];
  #wake: (() => void) | undefined;
  #correlationId = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends and waits; `expectsNone` for a request that is not answered, which a second one then proves. */
  async ask(apiKey: ApiKeyNumber, apiVersion: number, body: Body): Promise<Answer> {
    const socket = await this.#connected();
    const correlationId = ++this.#correlationId;
    const header = { apiKey, apiVersion, correlationId, clientId: 'oracle' };
    socket.write(Buffer.concat(encodeRequest(header, body as never)));
    if (apiKey === 0 && body['acks'] === 0) return this.#unanswered(socket);
    const frame = await this.#frame(socket);
    if (typeof frame === 'string') return frame;
    return decodeResponse(apiKey, apiVersion, frame).body as unknown as Body;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #unanswered(socket: Socket): Promise<Answer> {
    const header = { apiKey: 18 as const, apiVersion: 0, correlationId: -1, clientId: null };
    socket.write(
      Buffer.concat(encodeRequest(header, { clientSoftwareName: '', clientSoftwareVersion: '' })),
    );
    const frame = await this.#frame(socket);
    return typeof frame === 'string' ? frame : 'none';
  }

  async #frame(socket: Socket): Promise<Buffer | 'closed' | 'silent'> {
    const deadlineMs = performance.now() + answerMsMax;
    while (this.#frames.length === 0 && !socket.destroyed) {
      const restMs = deadlineMs - performance.now();
      if (restMs <= 0) {
        this.close();
        return 'silent';
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#frames.shift() ?? 'closed';
  }

  #connected(): Promise<Socket> {
    if (this.#socket && !this.#socket.destroyed) return Promise.resolve(this.#socket);
    this.#frames = [];
    const reader = new FrameReader({ maxFrameBytes: 200 * 1024 * 1024 });
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        this.#socket = socket;
        resolve(socket);
      });
      socket.on('data', (chunk: Buffer) => {
        this.#frames.push(...reader.push(chunk));
        this.#wake?.();
      });
      socket.on('end', () => socket.destroy());
      socket.on('close', () => this.#wake?.());
    });
  }
}
