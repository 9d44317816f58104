// Threads on node:worker_threads. Protects: the end is told once, with the reason; flags of the process (loaders, memory) are not
// inherited. Modules may be TypeScript sources, as in tests: then their imports of .js find .ts, as a bundler would.
// Sources: nodejs.org/api/worker_threads.html; setpriority(2): on Linux a nice value belongs to one thread.

import { setPriority } from 'node:os';
import { parentPort, Worker } from 'node:worker_threads';
import { assert } from '../assert.js';
import type { Thread, ThreadOptions, ThreadPort, Threads } from '../threads.js';

const youngHeapMiB = 16;
/** A little: a thread that is kept from running keeps what it locked in the kernel. */
const niceness = 5;

const sourceHook = `import { registerHooks } from 'node:module';
registerHooks({
  resolve: (specifier, context, next) =>
    next(/^[.].*[.]js$/.test(specifier) && /[.]ts$/.test(context.parentURL ?? '')
      ? specifier.slice(0, -2) + 'ts' : specifier, context),
});`;
const sourceArguments = [
  '--conditions=drave-source',
  '--disable-warning=ExperimentalWarning',
  `--import=data:text/javascript,${encodeURIComponent(sourceHook)}`,
];

class NodeThread implements Thread {
  readonly #worker: Worker;
  #isEnding = false;

  constructor(url: URL, { heapMiB, onMessage, onEnd }: ThreadOptions) {
    this.#worker = new Worker(url, {
      execArgv: url.pathname.endsWith('.ts') ? sourceArguments : [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapMiB, maxYoungGenerationSizeMb: youngHeapMiB },
    });
    let reason: Error | undefined;
    this.#worker.on('message', onMessage);
    this.#worker.on('messageerror', (error) => {
      reason ??= error;
      void this.#worker.terminate();
    });
    this.#worker.on('error', (error) => (reason ??= asError(error)));
    this.#worker.on('exit', (code) => {
      if (this.#isEnding) onEnd(undefined);
      else onEnd(reason ?? new Error(`the thread ended by itself with code ${code}`));
    });
  }

  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, [...transfer]);
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }
}

export const nodeThreads: Threads = {
  start: (url, options) => new NodeThread(url, options),
};

/** The side of the thread this is called in, which from now on comes after other threads where the machine is busy. */
export function threadPort(): ThreadPort {
  const port = parentPort;
  assert(port !== null, 'in-thread');
  // Elsewhere than on Linux it would be the whole process.
  if (process.platform === 'linux') setPriority(niceness);
  return {
    onMessage: (callback) => void port.on('message', callback),
    post: (message, transfer = []) => port.postMessage(message, [...transfer]),
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
