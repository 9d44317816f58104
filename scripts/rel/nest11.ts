// The transport on Nest 11: packages of Nest 11 are installed into a temporary folder, beside them the built libraries and links to all
// else, and `nest11/story.ts` runs there. `--nest 12` tells the same story with the repository's own Nest, which needs no network.
// Protects: @drave/nest loads and keeps its promises on both ends of its peer range. Leaves out: TypeScript types under Nest 11.

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numberOption, type Proof } from './proof.ts';

const root = join(import.meta.dirname, '..', '..');
const nestPackages = ['common', 'core', 'microservices', 'platform-fastify'];

export async function prove(options: readonly string[]): Promise<Proof> {
  const major = numberOption(options, '--nest', 11);
  const folder = mkdtempSync(join(tmpdir(), 'drave-nest-'));
  try {
    furnish(folder, major);
    const output = execFileSync(process.execPath, ['story.ts'], { cwd: folder, timeout: 120_000 });
    const line = output.toString().trim().split('\n').at(-1) ?? '';
    const { nest, checks, failures } = JSON.parse(line) as {
      nest: string;
      checks: number;
      failures: string[];
    };
    for (const failure of failures) console.error(failure);
    const isVersion = nest.startsWith(`${major}.`);
    return {
      figure: { nest, checks, failures: failures.length },
      bar: `every check holds on Nest ${major}`,
      pass: isVersion && checks > 0 && failures.length === 0,
      seed: 'none',
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function furnish(folder: string, major: number): void {
  const modules = join(folder, 'node_modules');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  if (major !== 12) {
    const names = nestPackages.map((name) => `@nestjs/${name}@${major}`);
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-save'];
    const others = ['rxjs@7.8.2', 'reflect-metadata@0.2.2'];
    execFileSync('npm', ['install', ...flags, ...names, ...others], { cwd: folder });
  }
  mkdirSync(join(modules, '@drave'), { recursive: true });
  for (const lib of readdirSync(join(root, 'libs'))) {
    const to = join(modules, '@drave', lib);
    mkdirSync(to);
    for (const part of ['package.json', 'dist']) {
      const from = join(root, 'libs', lib, part);
      // A copy, no link: from a link's target Node would find the repository's Nest.
      if (existsSync(from)) cpSync(from, join(to, part), { recursive: true });
    }
  }
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name === '@drave' || existsSync(join(modules, name))) continue;
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  cpSync(join(import.meta.dirname, 'nest11', 'story.ts'), join(folder, 'story.ts'));
}
