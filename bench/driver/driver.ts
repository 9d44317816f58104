// The librdkafka drivers of the benchmarks: compiled on the spot, one run each time they are called.
// Needs a C compiler and librdkafka's headers (Debian: gcc, librdkafka-dev); says so where they are missing.

import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Compiles `rdkafka-<name>.c` into `directory` and returns the program's path; ends the process when that cannot be done. */
export function compileDriver(name: 'produce' | 'consume', directory: string): string {
  const program = join(directory, `rdkafka-${name}`);
  const source = join(import.meta.dirname, `rdkafka-${name}.c`);
  try {
    execFileSync('cc', ['-O2', '-o', program, source, '-lrdkafka'], { stdio: 'pipe' });
  } catch (error) {
    console.error(
      `bench: the librdkafka driver could not be compiled. Install a C compiler and the headers of librdkafka (Debian: apt-get install gcc librdkafka-dev).\n${String(error)}`,
    );
    process.exit(1);
  }
  return program;
}

/** Runs a driver; resolves with its messages per second, rejects when it failed. */
export async function drive(program: string, args: readonly (string | number)[]): Promise<number> {
  const { stdout } = await execute(program, args.map(String));
  return Number(/^(\d+) msg\/s/.exec(stdout)?.[1]);
}

/** The number behind `name` among the options of a benchmark. */
export function numberOption(options: readonly string[], name: string, otherwise: number): number {
  const index = options.indexOf(name);
  return index < 0 ? otherwise : Number(options[index + 1]);
}
