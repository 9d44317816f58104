// The Dockerfile read and its stages played as plain commands in a directory: what .dockerignore lets through is copied, the build
// stage's own RUN lines run there, the second stage's COPY lines make the image. Protects: what runs is the Dockerfile's text, not a
// copy of it. Leaves out: base images (the machine's own system and the pinned Node stand in), layers, the cache mounts, the second
// stage's RUN (a link and the data directory).

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..', '..');

interface Step {
  readonly word: string;
  readonly rest: string;
}

/** The steps of each stage. */
function stages(): readonly (readonly Step[])[] {
  const steps = readFileSync(join(root, 'Dockerfile'), 'utf8')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ word: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }));
  const starts = steps.flatMap(({ word }, at) => (word === 'FROM' ? [at] : []));
  return starts.map((start, index) => steps.slice(start, starts[index + 1]));
}

/** Runs the build stage in `directory`. Throws with the output of what failed. */
export function build(directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const file of contextFiles()) {
    cpSync(join(root, file), join(directory, file), { recursive: true });
  }
  for (const { word, rest } of stages()[0] ?? []) {
    if (word !== 'RUN') continue;
    const line = rest.replace(/^(--mount=\S+\s+)+/, '');
    const run = spawnSync('sh', ['-ec', line], { cwd: directory, env: buildEnvironment() });
    if (run.status === 0) continue;
    throw new Error(`${line}\n${run.stdout.toString()}${run.stderr.toString()}`);
  }
}

/** Copies from the build what the image has: `/app/x` to `x` of `image`. */
export function copyImage(from: string, image: string): void {
  mkdirSync(image, { recursive: true });
  for (const { word, rest } of stages()[1] ?? []) {
    if (word !== 'COPY') continue;
    const paths = rest.split(' ').filter((part) => !part.startsWith('--'));
    const target = paths.pop() ?? '.';
    for (const path of paths) {
      const name = path.replace(/^\/app\//, '');
      const to = target.endsWith('/') ? join(image, name) : join(image, target);
      cpSync(join(from, name), to, { recursive: true, verbatimSymlinks: true });
    }
  }
}

/** What ENV sets in the image. */
export function imageEnvironment(): Record<string, string> {
  const words = (stages()[1] ?? [])
    .filter(({ word }) => word === 'ENV')
    .flatMap(({ rest }) => rest.split(/\s+/));
  return Object.fromEntries(words.map((word) => word.split('=') as [string, string]));
}

/** The folder of this Node stands for the one of the base image. */
export const nodeFolder = dirname(process.execPath);

function buildEnvironment(): NodeJS.ProcessEnv {
  const { HOME, PATH, npm_config_cache: cache } = process.env;
  return { HOME, PATH: `${nodeFolder}:${PATH}`, ...(cache ? { npm_config_cache: cache } : {}) };
}

/** Files of the repository that .dockerignore does not keep back. */
function contextFiles(): string[] {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, maxBuffer: 1e8 });
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  const rules = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isKept: line.startsWith('!'), pattern: patternOf(line.replace('!', '')) }));
  return files
    .toString()
    .split('\0')
    .filter((file) => file !== '')
    .filter((file) => rules.findLast(({ pattern }) => pattern.test(file))?.isKept ?? true);
}

/** Docker's patterns as far as ours go: `*` within a name, a leading `**` for any folder; a folder means all in it. */
function patternOf(glob: string): RegExp {
  const isAnywhere = glob.startsWith('**/');
  const name = (isAnywhere ? glob.slice(3) : glob).replace(/[.+]/g, '\\$&').replace(/\*/g, '[^/]*');
  return new RegExp(`^${isAnywhere ? '(.*/)?' : ''}${name}(/|$)`);
}
