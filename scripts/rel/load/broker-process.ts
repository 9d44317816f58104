// Starts, kills and restarts a broker process on one data directory and one port. Protects: a process is known to have ended before
// the next one starts; nothing outlives the proof that made it.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { onEnd } from './endings.ts';

const main = join(import.meta.dirname, 'broker-main.ts');
const startMsMax = 60_000;

export class BrokerProcess {
  readonly #directory: string;
  readonly #flush: string;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #port = '0';

  constructor(directory: string, flush: string) {
    this.#directory = directory;
    this.#flush = flush;
    onEnd(() => void this.#child?.kill('SIGKILL'));
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Of the process started last. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Settles once it listens, on the port of the first start. */
  async start(): Promise<void> {
    const options = ['--directory', this.#directory, '--port', this.#port, '--flush', this.#flush];
    const child = spawn(process.execPath, [main, ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
    this.#port = await new Promise<string>((resolve, reject) => {
      const patience = setTimeout(() => {
        reject(new Error(`the broker does not listen after ${startMsMax} ms`));
      }, startMsMax);
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
        const port = /listens on port (\d+)/.exec(output)?.[1];
        if (port === undefined) return;
        clearTimeout(patience);
        resolve(port);
      });
      child.once('exit', (code) => {
        clearTimeout(patience);
        reject(new Error(`the broker did not start (exit code ${code})`));
      });
    });
  }

  /** SIGKILL; settles when the process is gone. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM');
    await this.#ended;
  }
}
