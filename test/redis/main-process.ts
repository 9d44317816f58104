// An application main as a process of its own, configured by environment as in a container. Protects: it is ended by its id.
// Its standard output is one JSON line per event.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const apps = join(import.meta.dirname, '../../apps');

export interface LogLine {
  readonly msg: string;
  readonly url?: string;
  readonly address?: { readonly host: string; readonly port: number };
  readonly brokers?: readonly string[];
}

export class MainProcess {
  readonly child: ChildProcess;
  /** Settles with the exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly lines: LogLine[] = [];
  errors = '';
  #wake: (() => void)[] = [];

  /** Runs the built main of `broker` or `processor`. */
  constructor(app: 'broker' | 'processor', env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [join(apps, app, 'dist/main.js')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], ...env },
    });
    const wake = (): void => {
      for (const one of this.#wake.splice(0)) one();
    };
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        resolve(code ?? signal ?? 'none');
        wake();
      });
    });
    this.child.stderr?.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    if (!this.child.stdout) return;
    createInterface(this.child.stdout).on('line', (line) => {
      this.lines.push(JSON.parse(line) as LogLine);
      wake();
    });
  }

  /** The first line of an event; rejects when the process ends without one. */
  async line(event: string): Promise<LogLine> {
    for (;;) {
      const line = this.lines.find(({ msg }) => msg === event);
      if (line) return line;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`ended without ${event}: ${this.errors}`);
      }
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  async kill(signal: NodeJS.Signals): Promise<number | string> {
    this.child.kill(signal);
    return this.ended;
  }
}
