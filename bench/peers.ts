// Other logs on the same machine, started by the bench on loopback and stopped after it: Redis Streams (Debian: redis-server) and
// NATS JetStream on files (Debian: nats-server, gcc, libnats-dev). What is not installed is left out, in a line.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Contestant, installed } from './harness.ts';

const run = promisify(execFile);

export interface Shape {
  readonly sizeBytes: number;
  readonly count: number;
}

interface Stoppable {
  stop(): Promise<unknown>;
}

/** Contestants of what is installed; their servers join `servers`. */
export async function peers(
  work: string,
  shape: Shape,
  servers: Stoppable[],
): Promise<Contestant[]> {
  const found: Contestant[] = [];
  if (installed('redis-server') && installed('redis-benchmark')) {
    found.push(await redis(work, shape, servers));
  } else console.error('left out: Redis Streams (apt-get install redis-server)');
  const driver = installed('nats-server') ? compileNatsDriver(work) : undefined;
  if (driver) found.push(await nats(work, driver, shape, servers));
  else console.error('left out: NATS JetStream (apt-get install nats-server libnats-dev gcc)');
  return found;
}

async function redis(work: string, shape: Shape, servers: Stoppable[]): Promise<Contestant> {
  const port = String(await freePort());
  const args = [
    '--port',
    port,
    '--bind',
    '127.0.0.1',
    '--dir',
    work,
    '--appendonly',
    'yes',
    '--save',
    '',
  ];
  servers.push(startPeer('redis-server', args));
  await reachable(Number(port));
  const count = Math.min(shape.count, 600_000);
  const payload = 'x'.repeat(shape.sizeBytes);
  const bench = ['-p', port, '-P', '64', '-c', '4', '-n', String(count), '--csv'];
  return {
    name: 'redis-benchmark XADD, -P 64, AOF everysec',
    unit: 'msg/s',
    async measure() {
      const { stdout } = await run('redis-benchmark', [...bench, 'XADD', 's', '*', 'f', payload]);
      await run('redis-cli', ['-p', port, 'DEL', 's']);
      return Number(stdout.trim().split('\n').at(-1)?.split(',')[1]?.replaceAll('"', ''));
    },
  };
}

async function nats(
  work: string,
  driver: string,
  shape: Shape,
  servers: Stoppable[],
): Promise<Contestant> {
  const port = await freePort();
  const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(work, 'jetstream')];
  servers.push(startPeer('nats-server', args));
  await reachable(port);
  const count = Math.min(shape.count, 400_000);
  let stream = 0;
  return {
    name: 'NATS JetStream, file, C client, asynchronous',
    unit: 'msg/s',
    async measure() {
      const url = `nats://127.0.0.1:${port}`;
      const { stdout } = await run(driver, [
        'publish',
        url,
        `s${stream++}`,
        String(count),
        String(shape.sizeBytes),
      ]);
      return Number(/^(\d+) msg\/s/.exec(stdout)?.[1]);
    },
  };
}

export function compileNatsDriver(work: string): string | undefined {
  const driver = join(work, 'nats-stream');
  const source = join(import.meta.dirname, 'driver', 'nats-stream.c');
  try {
    execFileSync('cc', ['-O2', '-o', driver, source, '-lnats'], { stdio: 'pipe' });
    return driver;
  } catch {
    return undefined; // No compiler or no headers: the caller says what to install.
  }
}

export function startPeer(program: string, args: readonly string[]): Stoppable {
  const child = spawn(program, args, { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

// Waits until something accepts on the port, at most ten seconds.
export async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens on 127.0.0.1:${port} after 10 s`);
}
