// The broken twin: between the comparison and Drave, alters one field of one API's answers. Protects: the comparison can fail; a run
// through it that finds nothing, or anything but this, says that the comparer is blind.

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ApiKey, decodeResponse, encodeResponse, FrameReader } from '@drave/protocol';

/** The name under which the comparison must report it. */
export const tampered = 'listOffsets topics[].partitions[].offset';

const framing = { maxFrameBytes: 200 * 1024 * 1024 };

export class TamperingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port and passes everything on to `port`. */
  static async before(port: number): Promise<TamperingProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new TamperingProxy(server);
    server.on('connection', (client) => proxy.#join(client, port));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(client: Socket, port: number): void {
    const broker = connect({ host: '127.0.0.1', port, noDelay: true });
    const versions = new Map<number, number>();
    const [requests, responses] = [new FrameReader(framing), new FrameReader(framing)];
    client.on('data', (chunk: Buffer) => {
      for (const frame of requests.push(chunk)) {
        if (frame.readInt16BE(0) === ApiKey.listOffsets) {
          versions.set(frame.readInt32BE(4), frame.readInt16BE(2));
        }
      }
      broker.write(chunk);
    });
    broker.on('data', (chunk: Buffer) => {
      for (const frame of responses.push(chunk)) {
        const version = versions.get(frame.readInt32BE(0));
        versions.delete(frame.readInt32BE(0));
        client.write(version === undefined ? sized(frame) : altered(frame, version));
      }
    });
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}

function sized(frame: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(frame.length);
  return Buffer.concat([size, frame]);
}

/** One more than every offset that is one. */
function altered(frame: Buffer, version: number): Buffer {
  const { body } = decodeResponse(ApiKey.listOffsets, version, frame);
  const topics = body.topics.map((topic) => ({
    ...topic,
    partitions: topic.partitions.map((one) => ({
      ...one,
      offset: one.offset < 0 ? one.offset : one.offset + 1,
    })),
  }));
  const correlationId = frame.readInt32BE(0);
  return Buffer.concat(
    encodeResponse(ApiKey.listOffsets, version, correlationId, { ...body, topics }),
  );
}
