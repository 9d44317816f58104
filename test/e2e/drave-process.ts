// The built drave command as a process of its own, for end-to-end tests. Protects: every process is ended by its id.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const bin = join(import.meta.dirname, '../../apps/cli/bin/drave.js');

export class DraveProcess {
  readonly child: ChildProcess;
  /** Settles with the exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  #output = '';
  #watchers: (() => void)[] = [];

  /** `env` is added to this process' own. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [bin, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const take = (chunk: Buffer): void => {
      this.#output += chunk.toString('utf8');
      for (const wake of this.#watchers.splice(0)) wake();
    };
    this.child.stdout?.on('data', take);
    this.child.stderr?.on('data', take);
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        resolve(code ?? signal ?? 'unknown');
        for (const wake of this.#watchers.splice(0)) wake();
      });
    });
  }

  /** Both streams so far. */
  get output(): string {
    return this.#output;
  }

  /** The first match of `pattern` in the output; rejects when the process ends without it. */
  async match(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        await this.ended;
        const last = pattern.exec(this.#output);
        if (last) return last;
        throw new Error(`drave ended without ${pattern}:\n${this.#output}`);
      }
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  async kill(signal: NodeJS.Signals): Promise<number | string> {
    this.child.kill(signal);
    return this.ended;
  }
}
