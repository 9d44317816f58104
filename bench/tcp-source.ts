// The probes of `bench consume`: a process that sends to whoever connects, as fast as it is taken, in writes of a megabyte.
// usage: tcp-source.ts [FILE]. With a file it sends what a consumer is sent, the file's bytes out of the page cache, each
// read once and looked at by nobody. Without, the same zeros again and again: they never leave the processor's cache.

import { openSync, readSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

const chunkBytes = 1_000_000;
const [path] = process.argv.slice(2);
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  if (path === undefined) sendZeros(socket);
  else void sendFile(socket, openSync(path, 'r'));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : '');
});
process.once('SIGTERM', () => process.exit(0));

function sendZeros(socket: Socket): void {
  const chunk = Buffer.alloc(chunkBytes);
  const fill = (): void => {
    while (socket.write(chunk));
  };
  socket.on('drain', fill);
  fill();
}

/** Over and over until the peer has enough; two buffers, so that one is read while the other is sent. */
async function sendFile(socket: Socket, file: number): Promise<void> {
  const sent: Promise<void>[] = [Promise.resolve(), Promise.resolve()];
  const buffers = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)];
  for (let turn = 0, position = 0; !socket.destroyed; turn = 1 - turn) {
    const buffer = buffers[turn];
    if (buffer === undefined) return;
    await sent[turn];
    const count = readSync(file, buffer, 0, chunkBytes, position);
    position = count < chunkBytes ? 0 : position + count;
    sent[turn] = new Promise((resolve) => socket.write(buffer.subarray(0, count), () => resolve()));
  }
}
