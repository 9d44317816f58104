// The probe of `bench consume`: a process that sends zeros to whoever connects, in writes of a megabyte, as fast as they are taken.

import { createServer } from 'node:net';

const chunk = Buffer.alloc(1_000_000);
const server = createServer((socket) => {
  const fill = (): void => {
    while (socket.write(chunk));
  };
  socket.on('drain', fill);
  socket.on('error', () => undefined);
  fill();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : '');
});
process.once('SIGTERM', () => process.exit(0));
