// A process as the container of docker-compose.yml would run it: the whole file system read-only, /tmp in memory, one writable data
// directory, a user without rights. By a mount namespace (`unshare`, needs root) and `setpriv`. Leaves out: networks, seccomp, init.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { imageEnvironment, nodeFolder } from './stages.ts';

/** The user nobody. */
export const userId = 65_534;

const script = `
set -e
mount --bind "$1" /mnt
mount --bind /mnt/image /mnt/image
mount --bind /mnt/data /mnt/data
mount -o remount,ro,bind /mnt/image
if [ "$2" = read-only ]; then mount -o remount,ro,bind /mnt/data; fi
mount -t tmpfs none /tmp
mount -o remount,ro,bind /mnt
mount -o remount,ro,bind /
shift 2
cd /mnt/image
exec setpriv --reuid=${userId} --regid=${userId} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
`;

export interface BoxOptions {
  /** Has the folders `image` and `data`. */
  readonly folder: string;
  readonly isDataReadOnly?: boolean;
}

/** `words` in the box, its output and exit code. */
export function runInBox(options: BoxOptions, words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('unshare', argumentsOf(options, words), {
    env: environment(),
    timeout: 60_000,
  });
  return { status, output: `${stdout.toString()}${stderr.toString()}` };
}

/** A running `drave` in the box; the process id is its own, so a signal reaches it. */
export class BoxedDrave {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | string>;
  #output = '';
  #wake: (() => void)[] = [];

  constructor(options: BoxOptions, words: readonly string[]) {
    const drave = [process.execPath, 'apps/cli/bin/drave.js', ...words];
    this.#child = spawn('unshare', argumentsOf(options, drave), {
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const take = (chunk: Buffer): void => {
      this.#output += chunk.toString();
      for (const wake of this.#wake.splice(0)) wake();
    };
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        resolve(code ?? signal ?? 'unknown');
        for (const wake of this.#wake.splice(0)) wake();
      });
    });
  }

  /** The first group of `pattern` in what it says; rejects when it ends before. */
  async said(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#output);
      if (found) return found[1] ?? '';
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`it ended without ${String(pattern)}:\n${this.#output}`);
      }
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  async end(signal: NodeJS.Signals): Promise<number | string> {
    this.#child.kill(signal);
    return this.ended;
  }
}

function argumentsOf({ folder, isDataReadOnly = false }: BoxOptions, words: readonly string[]) {
  const mode = isDataReadOnly ? 'read-only' : 'writable';
  return ['--mount', 'sh', '-c', script, 'box', folder, mode, ...words];
}

/** Nothing of this process but where Node lies. */
function environment(): Record<string, string> {
  const system = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return {
    ...imageEnvironment(),
    DRAVE_DATA: join('/mnt', 'data'),
    PATH: `${nodeFolder}:${system}`,
  };
}
