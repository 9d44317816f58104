// What every foreign client reports, and how its process is run. Protects: a process has a time limit and is ended by its id; a client
// that reports nothing, or ends badly without a failed step, is a failed step itself.

import { spawn } from 'node:child_process';

/** One thing a client did. */
export interface Step {
  /** `absent`: the broker says that it does not serve this. */
  readonly outcome: 'ok' | 'absent' | 'failed';
  readonly text: string;
}

/** Drives one client against a broker; rejects with `Absent` where the machine does not have it. */
export type Foreign = (bootstrap: string, directory: string) => Promise<readonly Step[]>;

/** What a client needs is not on this machine; the message says what and how to get it. */
export class Absent extends Error {}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const runMsMax = 300_000;

/** Runs a program to its end. Rejects with `Absent` when there is no such program. */
export function run(
  program: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly input?: string;
    readonly env?: NodeJS.ProcessEnv;
  } = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const { cwd, env, input } = options;
    const child = spawn(program, args, {
      timeout: runMsMax,
      killSignal: 'SIGKILL',
      ...(cwd === undefined ? {} : { cwd }),
      ...(env ? { env: { ...process.env, ...env } } : {}),
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    child.once('error', (error) =>
      reject(new Absent(`there is no '${program}' on the PATH`, { cause: error })),
    );
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => undefined); // It may end before it reads.
    child.stdin.end(input ?? '');
  });
}

/** The steps of a program that prints `ok NAME`, `absent NAME: why`, `failed NAME: why`. */
export function stepsOf({ code, stdout, stderr }: Run): readonly Step[] {
  const steps: Step[] = [];
  for (const [, outcome, text] of stdout.matchAll(/^(ok|absent|failed) (.*)$/gm)) {
    steps.push({ outcome: outcome as Step['outcome'], text: text ?? '' });
  }
  const isTold = steps.some(({ outcome }) => outcome === 'failed');
  if (steps.length === 0 || (code !== 0 && !isTold)) {
    steps.push({
      outcome: 'failed',
      text: `the program ended with ${code}: ${stderr.slice(-500)}`,
    });
  }
  return steps;
}
