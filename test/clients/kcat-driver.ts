// kcat (librdkafka) as a client that is told commands: one process a command, and one that lives as long as it is in its group.

import { spawn, type ChildProcess } from 'node:child_process';
import type { ClientDriver } from './client-process.js';
import type { Produce, Read } from './node/driver.js';

export interface KcatRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kcat to its end. */
export function kcat(bootstrap: string, args: readonly string[], input = ''): Promise<KcatRun> {
  return new Promise((resolve, reject) => {
    const child = spawn('kcat', ['-b', bootstrap, ...args], { timeout: 20_000 });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

export class KcatDriver implements ClientDriver {
  readonly #bootstrap: string;
  #member: ChildProcess | undefined;
  #left: Promise<void> | undefined;
  #said = '';
  #values: string[] = [];
  #watchers: (() => void)[] = [];

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap;
  }

  async do(command: string, options: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    switch (command) {
      case 'produce':
        return this.#produce(options as unknown as Produce);
      case 'read':
        return this.#read(options as unknown as Read);
      case 'join':
        return this.#join(options as { readonly group: string; readonly topic: string });
      case 'assigned':
        return this.#assigned();
      case 'poll':
        return this.#poll(Number(options['count']));
      case 'commit':
        return undefined; // It commits what it printed by itself, at the latest when it leaves.
      case 'leave':
        return this.#end('SIGTERM');
      default:
        throw new Error(`kcat has no '${command}'`);
    }
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  async #produce({ topic, messages, codec = 'none', acks = -1, idempotent = false }: Produce) {
    const settings = [`acks=${acks}`, 'topic.partitioner=murmur2_random', 'linger.ms=20'];
    if (idempotent) settings.push('enable.idempotence=true');
    const headers = Object.entries(messages[0]?.headers ?? {}).flatMap((header) => [
      '-H',
      header.join('='),
    ]);
    const isKeyed = messages[0]?.key !== undefined;
    const args = ['-P', '-t', topic, '-z', codec, ...headers, ...(isKeyed ? ['-K', '|'] : [])];
    const lines = messages.map(({ key, value }) => (isKeyed ? `${key}|${value}\n` : `${value}\n`));
    await this.#run([...args, ...settings.flatMap((setting) => ['-X', setting])], lines.join(''));
  }

  async #read({ topic, partition, count, offset, time_ms }: Read): Promise<unknown> {
    if (offset === 'end') {
      const stdout = await this.#run(['-Q', '-t', `${topic}:${partition}:-1`]);
      return Number(/offset (\d+)/.exec(stdout)?.[1]);
    }
    const from = time_ms === undefined ? String(offset) : `s@${time_ms}`;
    const place = ['-t', topic, '-p', String(partition), '-o', from, '-c', String(count)];
    return (await this.#run(['-C', '-q', ...place])).trimEnd().split('\n');
  }

  #join({ group, topic }: { readonly group: string; readonly topic: string }): void {
    const settings = [
      'auto.offset.reset=earliest',
      'session.timeout.ms=3000',
      'heartbeat.interval.ms=100',
    ];
    const args = ['-b', this.#bootstrap, '-u', '-G', group, topic];
    const child = spawn(
      'kcat',
      [...args.slice(0, 3), ...settings.flatMap((one) => ['-X', one]), ...args.slice(3)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#member = child;
    this.#left = new Promise((resolve) => child.once('close', () => resolve()));
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      this.#values.push(...lines);
      this.#wake();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString();
      this.#wake();
    });
  }

  async #assigned(): Promise<number[]> {
    await new Promise((resolve) => void setTimeout(resolve, 20)); // Whoever asks polls in a loop.
    const rebalances = this.#said.matchAll(/rebalanced \([^)]*\): (assigned|revoked): (.*)/g);
    const [, kind, text] = [...rebalances].at(-1) ?? [];
    return kind === 'assigned' ? partitionsOf(text) : [];
  }

  async #poll(count: number): Promise<string[]> {
    while (this.#values.length < count) await this.#news();
    return this.#values.splice(0, count);
  }

  /** Settles with the next output of the member. */
  #news(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#watchers.splice(0)) wake();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#member?.kill(signal);
    await this.#left;
  }

  async #run(args: readonly string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await kcat(this.#bootstrap, args, input);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }
}

function partitionsOf(text = ''): number[] {
  return Array.from(text.matchAll(/\[(\d+)\]/g), ([, partition]) => Number(partition));
}
