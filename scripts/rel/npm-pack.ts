// What a new Nest user does: @drave/nest and what it depends on, packed by npm as they would be published, are installed into an empty
// folder beside Nest from the registry; the code of libs/nest/README.md is compiled there with the options that Nest scaffolds, its test is
// run, and its main is started against a broker, answers and ends at SIGTERM. `--nest N` another major (default 12), `--broken` loses one
// file of the installed package, which must be found. Protects: files, exports and dependencies of every package.json on the way, and types
// under both majors of Nest. Needs the npm registry. Leaves out: other Node versions and package managers.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { createBroker } from '@drave/broker';
import { DraveClient } from '@drave/nest/transport';
import { makeTemporaryDirectory, nodePlatform } from '@drave/platform';
import { lastValueFrom } from 'rxjs';
import { numberOption, type Proof } from './proof.ts';

const root = join(import.meta.dirname, '..', '..');
const libs = join(root, 'libs');
const stepMsMax = 240_000;
const platform = nodePlatform();

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** As `nest new` writes it. */
const compilerOptions = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  target: 'ES2023',
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  strict: true,
  skipLibCheck: true,
  outDir: 'dist',
  types: ['node'],
};

export async function prove(options: readonly string[]): Promise<Proof> {
  const major = numberOption(options, '--nest', 12);
  const isBroken = options.includes('--broken');
  const folder = makeTemporaryDirectory('drave-npm-pack-');
  const packages = closure('nest');
  const steps: Readonly<Record<string, () => Promise<void> | void>> = {
    pack: () => pack(packages, folder),
    install: () => install(folder, major),
    compile: () => {
      if (isBroken) rmSync(join(folder, 'node_modules/@drave/nest/dist/transport.d.ts'));
      run(folder, process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']);
    },
    test: () =>
      run(folder, process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'orders.spec.ts']),
    main: () => startMain(folder),
  };
  const done: string[] = [];
  let failed: string | undefined;
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
      done.push(name);
    } catch (error) {
      failed = name;
      if (!isBroken) console.error(`${name}: ${wordsOf(error)}`);
      break;
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return {
    figure: {
      packages: packages.length,
      nest: major,
      steps: done.join(' '),
      failed: failed ?? 'none',
    },
    bar: isBroken ? 'a missing file fails to compile' : 'every step succeeds',
    pass: isBroken ? failed === 'compile' : failed === undefined,
    seed: 'none',
  };
}

/** The folders of a library and of all it depends on here. */
function closure(lib: string, found = new Set<string>()): string[] {
  if (!found.has(lib)) {
    found.add(lib);
    for (const name of Object.keys(manifestOf(lib).dependencies ?? {})) {
      if (name.startsWith('@drave/')) closure(name.slice('@drave/'.length), found);
    }
  }
  return [...found];
}

function manifestOf(lib: string): Manifest {
  return JSON.parse(readFileSync(join(libs, lib, 'package.json'), 'utf8')) as Manifest;
}

function pack(packages: readonly string[], folder: string): void {
  mkdirSync(join(folder, 'packed'));
  const flags = ['--silent', '--ignore-scripts', '--pack-destination', join(folder, 'packed')];
  run(root, 'npm', ['pack', ...flags, ...packages.map((lib) => join(libs, lib))]);
}

function install(folder: string, major: number): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const readme = readFileSync(join(libs, 'nest', 'README.md'), 'utf8');
  const files = [...readme.matchAll(/^```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)^```/gm)];
  for (const [, name = '', code = ''] of files) writeFileSync(join(folder, name), code);
  const include = files.map(([, name = '']) => name);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }));
  const packed = readdirSync(join(folder, 'packed')).map((file) => `./packed/${file}`);
  const nest = ['common', 'core', 'microservices', 'platform-fastify', 'testing'];
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const tools = ['typescript', 'vitest', '@types/node'].map(
    (name) => `${name}@${devDependencies[name] ?? 'latest'}`,
  );
  run(folder, 'npm', [
    'install',
    '--no-audit',
    '--no-fund',
    ...packed,
    ...nest.map((name) => `@nestjs/${name}@${major}`),
    ...['rxjs@7', 'reflect-metadata@0.2'],
    ...tools,
  ]);
  // Fails where something is missing or of a version that somebody excludes.
  run(folder, 'npm', ['ls', '--all', '--silent']);
}

async function startMain(folder: string): Promise<void> {
  const broker = await createBroker({
    platform,
    directory: join(folder, 'data'),
    flush: 'os',
    listen: { host: '127.0.0.1', port: 0 },
    settings: { groupInitialRebalanceDelayMs: 0, offsetsTopicNumPartitions: 1 },
  });
  const brokers = `127.0.0.1:${broker.address.port}`;
  const environment = { ...process.env, KAFKA_BROKERS: brokers };
  const main = spawn(process.execPath, ['dist/main.js'], {
    cwd: folder,
    env: environment,
    stdio: 'ignore',
  });
  const ended = once(main, 'exit') as Promise<[number | null, string | null]>;
  const client = new DraveClient({ brokers: [brokers] });
  try {
    const paid = (): Promise<number> => lastValueFrom(client.send<number>('orders.paid', {}));
    await lastValueFrom(client.emit('orders.placed', { id: 'o1', amount: 5 }));
    const deadlineMs = platform.clock.monotonicMs() + stepMsMax;
    while ((await paid()) !== 1) {
      if (platform.clock.monotonicMs() > deadlineMs) throw new Error('the order is not paid');
    }
    main.kill('SIGTERM');
    const [code, signal] = await ended;
    // Nest ends itself with the signal it got once its hooks have run.
    if (code !== 0 && signal !== 'SIGTERM') throw new Error(`main ended with ${code ?? signal}`);
  } finally {
    main.kill('SIGKILL');
    await client.close();
    await broker.stop();
  }
}

function run(folder: string, program: string, args: readonly string[]): void {
  execFileSync(program, args, { cwd: folder, timeout: stepMsMax, stdio: 'pipe' });
}

/** What a program said when it failed. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stdout, stderr } = error as { readonly stdout?: Buffer; readonly stderr?: Buffer };
  return [error.message, stdout, stderr].filter(Boolean).map(String).join('\n');
}
