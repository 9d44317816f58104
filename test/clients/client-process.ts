// A client in a process of its own that is told commands: one JSON object a line in, one answer a line out (node/driver.ts,
// python/driver.py). Protects: one command at a time; the process is ended by its id, as `kill -9` does.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Debian's Python sees Debian's packages; another one on the PATH does not. */
const python = '/usr/bin/python3';

/** A client under test. */
export interface ClientDriver extends AsyncDisposable {
  /** The answer to a command; rejects with what the client raised. One command at a time. */
  do(command: string, options?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Ends the client as `kill -9` does: it says goodbye to nobody. */
  kill(): Promise<void>;
}

/** Whether Debian's package of a Python module is installed. */
export function hasModule(name: string): boolean {
  return spawnSync(python, ['-c', `import ${name}`]).status === 0;
}

export function hasProgram(name: string): boolean {
  return spawnSync(name, ['-V']).error === undefined;
}

/** Polls until the group has given this client so many partitions, and tells which. */
export async function assigned(client: ClientDriver, count: number): Promise<number[]> {
  for (;;) {
    const partitions = (await client.do('assigned')) as number[];
    if (partitions.length === count) return partitions;
  }
}

export class ClientProcess implements ClientDriver {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<void>;

  /** Starts a driver: a file of this folder, `.ts` under this Node and `.py` under Debian's Python. */
  constructor(driver: string, bootstrap: string) {
    const file = join(import.meta.dirname, driver);
    const [program, args] = driver.endsWith('.py')
      ? [python, ['-B', file, bootstrap]]
      : [process.execPath, [file, bootstrap]];
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
    child.stdin.on('error', () => undefined); // The answers tell that it ended.
  }

  async do(command: string, options: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    this.#child.stdin?.write(`${JSON.stringify({ do: command, ...options })}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the client ended during '${command}'`);
    const answer = JSON.parse(value) as { ok?: unknown; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.ok;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
