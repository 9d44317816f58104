// What every benchmark shares: interleaved rounds, medians with spread, probes, and a result file that names its machine.
// Protects: a figure is a ratio taken in one run; a run whose probe drifts by more than 30 %, and one that began while the machine
// was busy with something else, publishes nothing.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** Before this run began: its own work is not in it. */
const loadBefore = loadavg()[0] ?? 0;
/** Runnable threads a core, over the last minute, above which others are at work. */
const busyAbove = 0.5;

/** One contestant: a name and something that returns its rate (higher is better) once per round. */
export interface Contestant {
  readonly name: string;
  readonly unit: string;
  /** Probes are printed with the figures and watched for drift. */
  readonly probe?: boolean;
  measure(): Promise<number>;
}

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly probe: boolean;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Runs A B C A B C … after one uncounted warm-up round, with progress on standard error. */
export async function interleave(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Figure[]> {
  const samples = contestants.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contestant] of contestants.entries()) {
      process.stderr.write(`\rround ${round}/${rounds}: ${contestant.name.padEnd(50)}`);
      const rate = await contestant.measure();
      if (round > 0) samples[index]?.push(rate);
    }
  }
  process.stderr.write(`\r${' '.repeat(70)}\r`);
  return contestants.map((contestant, index) => {
    const sorted = (samples[index] ?? []).toSorted((a, b) => a - b);
    return {
      name: contestant.name,
      unit: contestant.unit,
      probe: contestant.probe ?? false,
      median: sorted[Math.floor(sorted.length / 2)] ?? 0,
      min: sorted[0] ?? 0,
      max: sorted.at(-1) ?? 0,
    };
  });
}

/** Prints the figures beside their ratio to the first one and writes `results/<name>.json` unless a probe drifted or the machine was busy. */
export function publish(name: string, figures: readonly Figure[], notes: readonly string[]): void {
  const base = figures[0]?.median ?? 1;
  const widest = Math.max(...figures.map((figure) => figure.name.length));
  for (const { name: label, unit, median, min, max } of figures) {
    const numbers = [median, min, max].map((value) => Math.round(value).toLocaleString('en'));
    console.log(
      `${label.padEnd(widest)}  ${numbers[0]?.padStart(12)} ${unit}  (${numbers[1]} … ${numbers[2]})  ${(median / base).toFixed(2)}×`,
    );
  }
  for (const note of notes) console.log(note);
  const drifted = figures.filter(
    ({ probe, min, max, median }) => probe && max - min > 0.3 * median,
  );
  if (drifted.length > 0) {
    const names = drifted.map((figure) => figure.name).join(', ');
    console.log(`not published: the machine was too noisy (probe spread above 30 %: ${names})`);
    return;
  }
  if (loadBefore > busyAbove * cpus().length) {
    console.log(
      `not published: the machine was busy before the run (load ${loadBefore.toFixed(2)})`,
    );
    return;
  }
  const directory = join(import.meta.dirname, 'results');
  mkdirSync(directory, { recursive: true });
  const result = { name, at: new Date().toISOString(), machine: machine(), figures, notes };
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  console.log(`written: bench/results/${name}.json`);
}

/** True when a program is on the PATH. */
export function installed(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface ChildServer {
  /** The first line the child printed. */
  readonly firstLine: string;
  readonly pid: number;
  /** Settles with the last line it printed. */
  stop(): Promise<string>;
}

/** Starts a server process under this Node and waits for its first line of output. */
export async function startServer(args: readonly string[]): Promise<ChildServer> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let text = '';
  const firstLine = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once('exit', (code) =>
      reject(new Error(`${args[0]} ended with ${code} before it was ready`)),
    );
  });
  return {
    firstLine,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await closed;
      return text.trimEnd().split('\n').at(-1) ?? '';
    },
  };
}

function machine(): Record<string, unknown> {
  const cores = cpus();
  let commit = 'unknown';
  try {
    commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname })
      .toString()
      .trim();
  } catch {
    // A tarball has no git; the figure then carries no commit.
  }
  return {
    cpu: cores[0]?.model,
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    loadBefore,
    loadAverage: loadavg(),
    commit,
  };
}
