// A network whose connections a test can cut: at once, or in place of the next answer (the request arrived, nobody learns).

import type { Network, Socket, SocketAddress, Listener } from '@drave/platform';

export class CuttableNetwork implements Network {
  readonly #inner: Network;
  readonly #sockets = new Set<Socket>();
  #answersToCut = 0;
  /** How many connections were cut: assert it, or the fault was never hit. */
  cutCount = 0;
  connectCount = 0;

  constructor(inner: Network) {
    this.#inner = inner;
  }

  /** Each of the next `count` answers closes its connection instead of arriving. */
  cutAnswers(count: number): void {
    this.#answersToCut = count;
  }

  cutAll(): void {
    for (const socket of this.#sockets) this.#cut(socket);
  }

  listen(address: SocketAddress, onConnection: (socket: Socket) => void): Promise<Listener> {
    return this.#inner.listen(address, onConnection);
  }

  async connect(address: SocketAddress, options: { readonly timeoutMs: number }): Promise<Socket> {
    const socket = await this.#inner.connect(address, options);
    this.connectCount++;
    this.#sockets.add(socket);
    return {
      local: socket.local,
      remote: socket.remote,
      onData: (callback) =>
        socket.onData((chunk) => {
          if (this.#answersToCut === 0) {
            callback(chunk);
            return;
          }
          this.#answersToCut--;
          this.#cut(socket);
        }),
      onLentData: (callback, target) => socket.onLentData(callback, target),
      onEnd: (callback) => socket.onEnd(callback),
      onClose: (callback) =>
        socket.onClose((error) => {
          this.#sockets.delete(socket);
          callback(error);
        }),
      onDrain: (callback) => socket.onDrain(callback),
      write: (chunks) => socket.write(chunks),
      get queuedBytes() {
        return socket.queuedBytes;
      },
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      end: () => socket.end(),
      destroy: () => socket.destroy(),
    };
  }

  #cut(socket: Socket): void {
    this.cutCount++;
    socket.destroy();
  }
}
