// The services of docker-compose.yml as plain processes on loopback: the same command lines, environment and health checks, with
// other ports and folders. Protects: every process is ended by its id. Leaves out: what only an engine has (users, read-only roots,
// published ports).

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { DraveProcess } from '../e2e/drave-process.js';
import { freePort } from '../redis/redis-server.js';
import { type ComposeFile, readCompose, type Service } from './compose-file.js';

const startMs = 60_000;

export class ComposeStack {
  readonly #compose: ComposeFile;
  readonly #directory: string;
  /** `service:port` → port on loopback. */
  readonly #ports = new Map<string, number>();
  readonly #running = new Map<string, DraveProcess>();
  #redis: ChildProcess | undefined;

  constructor(directory: string) {
    this.#compose = readCompose();
    this.#directory = directory;
  }

  /** `127.0.0.1:port`, for what a service listens on in its container. */
  async address(name: string, port: number): Promise<string> {
    const key = `${name}:${port}`;
    const known = this.#ports.get(key) ?? (await freePort());
    this.#ports.set(key, known);
    return `127.0.0.1:${known}`;
  }

  process(name: string): DraveProcess {
    const running = this.#running.get(name);
    if (running) return running;
    throw new Error(`${name} does not run`);
  }

  /** Starts a service after those it waits for and settles when it is healthy. */
  async up(name: string): Promise<void> {
    if (this.#running.has(name) || (name === 'redis' && this.#redis)) return;
    const service = this.#compose.services[name];
    if (!service) throw new Error(`there is no service ${name}`);
    for (const needed of Object.keys(service.depends_on ?? {})) await this.up(needed);
    const line = await this.#translate(name, service.command ?? []);
    if (name === 'redis') return this.#startRedis(line);
    const values = Object.entries(service.environment ?? {});
    const env = await Promise.all(
      values.map(async ([key, value]) => [key, (await this.#translate(name, [value]))[0] ?? '']),
    );
    const running = new DraveProcess(line, Object.fromEntries(env) as Record<string, string>);
    this.#running.set(name, running);
    await this.#healthy(name, service);
  }

  /** What Redis' health command says. */
  async redisHealth(): Promise<string> {
    const [, program = '', ...words] = this.#compose.services['redis']?.healthcheck?.test ?? [];
    const port = (await this.address('redis', 6379)).split(':').at(-1) ?? '';
    return execFileSync(program, ['-p', port, ...words])
      .toString()
      .trim();
  }

  /** As `docker compose stop`: exit codes by service, those that others need last. */
  async stop(): Promise<Readonly<Record<string, number | string>>> {
    const codes: Record<string, number | string> = {};
    for (const [name, running] of [...this.#running].toReversed()) {
      codes[name] = await running.kill('SIGTERM');
      this.#running.delete(name);
    }
    return codes;
  }

  /** Ends everything at once. */
  async destroy(): Promise<void> {
    for (const running of this.#running.values()) await running.kill('SIGKILL');
    if (!this.#redis || this.#redis.exitCode !== null) return;
    this.#redis.kill('SIGKILL');
    await once(this.#redis, 'exit');
  }

  async #healthy(name: string, { healthcheck }: Service): Promise<void> {
    const test = healthcheck?.test;
    if (!test) return;
    const [, , ...probe] = await this.#translate(name, test);
    const running = this.process(name);
    await vi.waitUntil(
      async () => {
        const { exitCode } = running.child;
        if (exitCode !== null) throw new Error(`${name} ended (${exitCode}): ${running.output}`);
        return (await new DraveProcess(probe).ended) === 0;
      },
      { timeout: startMs, interval: 100 },
    );
  }

  async #startRedis([program = '', ...args]: readonly string[]): Promise<void> {
    const directory = join(this.#directory, 'redis');
    mkdirSync(directory, { recursive: true });
    const port = (await this.address('redis', 6379)).split(':').at(-1) ?? '';
    const own = ['--bind', '127.0.0.1', '--port', port, '--dir', directory];
    this.#redis = spawn(program, [...args, ...own], { stdio: ['ignore', 'pipe', 'inherit'] });
    const { stdout } = this.#redis;
    let output = '';
    while (!output.includes('Ready to accept connections')) {
      const [chunk] = (await once(stdout ?? this.#redis, 'data')) as [Buffer];
      output += chunk.toString('utf8');
    }
    stdout?.resume();
  }

  /** Host names and wildcards become loopback, `/data` a folder of the service. */
  async #translate(name: string, words: readonly string[]): Promise<string[]> {
    const translated: string[] = [];
    for (const word of words) {
      let text = word === '/data' ? join(this.#directory, name) : word;
      for (const [whole, host = '', port = ''] of text.matchAll(/([\w.-]+):(\d+)\b/g)) {
        const target = host in this.#compose.services ? host : name;
        text = text.replace(whole, await this.address(target, Number(port)));
      }
      translated.push(text);
    }
    return translated;
  }
}
