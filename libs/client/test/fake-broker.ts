// A scripted broker on a real socket: answers each request as the test says. For what no healthy broker does.

import { nodePlatform, type Listener, type Platform, type Socket } from '@drave/platform';
import {
  ApiKey,
  decodeRequestBody,
  decodeRequestHeader,
  encodeResponse,
  FrameReader,
  type RequestHeader,
  type RequestMap,
  type ResponseInputMap,
} from '@drave/protocol';

type Key = keyof RequestMap & keyof ResponseInputMap;

export interface FakeRequest {
  readonly header: RequestHeader;
  readonly body: RequestMap[Key];
  readonly socket: Socket;
  reply<K extends Key>(apiKey: K, body: ResponseInputMap[K], version?: number): void;
}

export class FakeBroker {
  readonly platform: Platform = nodePlatform();
  readonly requests: FakeRequest[] = [];
  readonly #listener: Listener;
  readonly #sockets = new Set<Socket>();

  static async start(onRequest: (request: FakeRequest) => void): Promise<FakeBroker> {
    let broker: FakeBroker | undefined;
    const listener = await nodePlatform().network.listen({ host: '127.0.0.1', port: 0 }, (socket) =>
      broker?.accept(socket, onRequest),
    );
    broker = new FakeBroker(listener);
    return broker;
  }

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  get port(): number {
    return this.#listener.address.port;
  }

  accept(socket: Socket, onRequest: (request: FakeRequest) => void): void {
    this.#sockets.add(socket);
    const reader = new FrameReader({ maxFrameBytes: 1 << 20 });
    socket.onEnd(() => undefined);
    socket.onClose(() => this.#sockets.delete(socket));
    socket.onData((chunk) => {
      for (const frame of reader.push(chunk)) {
        const { header, bodyStart } = decodeRequestHeader(frame);
        const { apiVersion, correlationId } = header;
        // The codec's map is by literal keys; the script decides by `header.apiKey` what it looks at.
        const body = decodeRequestBody(header.apiKey as Key, apiVersion, frame, bodyStart);
        const request: FakeRequest = {
          header,
          body,
          socket,
          reply: (apiKey, response, version = apiVersion) => {
            socket.write(encodeResponse(apiKey, version, correlationId, response));
          },
        };
        this.requests.push(request);
        onRequest(request);
      }
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#listener.close();
  }
}

/** An ApiVersions answer with every API at these versions. */
export function allVersions(min = 0, max = 12): ResponseInputMap[18] {
  return {
    errorCode: 0,
    throttleTimeMs: 0,
    apiKeys: Object.values(ApiKey).map((apiKey) => ({
      apiKey,
      minVersion: min,
      maxVersion: max,
    })),
  };
}
