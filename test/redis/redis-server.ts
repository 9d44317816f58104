// A real redis-server on a free loopback port, without persistence: Debian's package, or the Redis or Valkey binary that
// DRAVE_TEST_REDIS_SERVER names (`npm run rel -- redis-versions` fetches some). Protects: it is ended by its id; a missing binary is a clear
// error, never a skipped suite.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createServer } from 'node:net';

export class RedisServer {
  readonly port: number;
  #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  static async start(): Promise<RedisServer> {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      try {
        return new RedisServer(port, await launch(port));
      } catch (error) {
        if (attempt === 5) throw error; // Another process took the port in between.
      }
    }
  }

  /** Sends one command of simple words, answers the raw reply. */
  async command(...words: string[]): Promise<string> {
    const socket = createConnection({ host: '127.0.0.1', port: this.port });
    try {
      await once(socket, 'connect');
      const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
      socket.write(`*${words.length}\r\n${parts.join('')}`);
      const [reply] = (await once(socket, 'data')) as [Buffer];
      return reply.toString('utf8').trim();
    } finally {
      socket.destroy();
    }
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Without persistence: everything it knew is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** Empty, on the same port. */
  async restart(): Promise<void> {
    await this.kill();
    this.#child = await launch(this.port);
  }
}

async function launch(port: number): Promise<ChildProcess> {
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
  const binary = process.env['DRAVE_TEST_REDIS_SERVER'] ?? 'redis-server';
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new Error(`${binary} does not start; install it: apt-get install redis-server`, {
          cause,
        }),
      ),
    );
    child.once('exit', (code) => reject(new Error(`redis-server ended (${code}): ${output}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-2_000);
      if (/Ready to accept connections/.test(output)) resolve();
    });
  });
  return child;
}

/** Of this machine; another process may take it in between. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address === 'object' && address) return address.port;
  throw new Error('no free port');
}
