// Other logs from nothing to their first acknowledged message on an empty directory: Redis Streams and NATS JetStream from Debian's
// packages. What is not installed is left out, in a line.

import { mkdtempSync } from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectNats } from '@nats-io/transport-node';
import { installed } from '../harness.ts';
import { freePort, startPeer } from '../peers.ts';

export interface PeerStart {
  readonly name: string;
  /** Milliseconds. */
  measure(): Promise<number>;
}

export function peerStarts(work: string): PeerStart[] {
  const found: PeerStart[] = [];
  if (installed('redis-server')) {
    found.push({ name: 'Redis, AOF: start → first XADD', measure: () => redis(work) });
  } else console.error('left out: Redis Streams (apt-get install redis-server)');
  if (installed('nats-server')) {
    found.push({ name: 'NATS JetStream, file: start → first message', measure: () => nats(work) });
  } else console.error('left out: NATS JetStream (apt-get install nats-server)');
  return found;
}

async function redis(work: string): Promise<number> {
  const port = await freePort();
  const directory = mkdtempSync(join(work, 'redis-'));
  const startedMs = performance.now();
  const address = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory];
  const server = startPeer('redis-server', [...address, '--appendonly', 'yes', '--save', '']);
  try {
    const socket = await connected(port);
    const answer = new Promise<string>((resolve) => {
      socket.once('data', (data: Buffer) => resolve(data.toString()));
    });
    socket.write('XADD s * f x\r\n');
    const text = await answer;
    if (!text.startsWith('$')) throw new Error(`Redis refused the first message: ${text}`);
    socket.destroy();
    return performance.now() - startedMs;
  } finally {
    await server.stop();
  }
}

async function nats(work: string): Promise<number> {
  const port = await freePort();
  const directory = mkdtempSync(join(work, 'nats-'));
  const startedMs = performance.now();
  const address = ['-a', '127.0.0.1', '-p', String(port)];
  const server = startPeer('nats-server', [...address, '-js', '-sd', directory]);
  try {
    (await connected(port)).destroy();
    const client = await connectNats({ servers: `127.0.0.1:${port}` });
    const stream = { name: 's', subjects: ['s'], storage: 'file', num_replicas: 1 };
    await client.request('$JS.API.STREAM.CREATE.s', JSON.stringify(stream));
    const { error, seq } = (await client.request('s', 'x')).json<{
      error?: { description: string };
      seq?: number;
    }>();
    if (seq !== 1) throw new Error(`NATS refused the first message: ${error?.description}`);
    const startMs = performance.now() - startedMs;
    await client.close();
    return startMs;
  } finally {
    await server.stop();
  }
}

/** Tries again each turn, at most ten seconds. */
async function connected(port: number): Promise<Socket> {
  for (const end = performance.now() + 10_000; performance.now() < end; await nextTurn()) {
    const socket = connectSocket({ port, host: '127.0.0.1', noDelay: true });
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return socket;
  }
  throw new Error(`nothing listens on 127.0.0.1:${port} after 10 s`);
}
