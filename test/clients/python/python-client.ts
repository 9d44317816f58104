// Runs one of the Python clients of this folder under Debian's Python and sends it commands.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Debian's Python sees Debian's packages; another one on the PATH does not. */
const python = '/usr/bin/python3';

/** Whether Debian's package of a Python module is installed. */
export function hasModule(name: string): boolean {
  return spawnSync(python, ['-c', `import ${name}`]).status === 0;
}

export class PythonClient implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<void>;

  constructor(script: string, bootstrap: string) {
    const child = spawn(python, ['-B', join(import.meta.dirname, script), bootstrap], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  /** The answer to a command; rejects with what the client raised. One command at a time. */
  async do(command: string, options: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    this.#child.stdin?.write(`${JSON.stringify({ do: command, ...options })}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the client ended during '${command}'`);
    const answer = JSON.parse(value) as { ok?: unknown; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.ok;
  }

  /** Polls until the group has given this client so many partitions, and tells which. */
  async assigned(count: number): Promise<number[]> {
    for (;;) {
      const partitions = (await this.do('assigned')) as number[];
      if (partitions.length === count) return partitions;
    }
  }

  /** Ends the process as `kill -9` does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
