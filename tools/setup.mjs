// Set-up shared by every entry point: dependencies from the lockfile, then a build, each only when something is newer.
// Plain JavaScript for Node 20, no dependency: it runs in a fresh clone. Progress goes to standard error.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pinnedNodePath } from './pinned-node.mjs';

export const root = join(import.meta.dirname, '..');
const stamp = join(root, 'node_modules', '.cache', 'drave-build');

/** The Node that runs the product: the pinned one, else this process' own when it is new enough. Exits with a sentence otherwise. */
export function productNode() {
  const pinned = pinnedNodePath(root);
  if (pinned) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 15)) return process.execPath;
  console.error(
    `drave: Node ${process.versions.node} is too old and no pinned Node was installed for ${process.platform}-${process.arch}. ` +
      'Install Node 22.15 or newer, or run `npm ci` without --omit=optional.',
  );
  process.exit(1);
}

/** Installs from the lockfile when node_modules is missing or older, then builds when a source is newer. */
export function setUp({ build = true } = {}) {
  const installed = mtime(join(root, 'node_modules', '.package-lock.json'));
  if (installed < mtime(join(root, 'package-lock.json'))) {
    step('installing dependencies (npm ci, about half a minute)', 'npm', [
      'ci',
      '--no-audit',
      '--no-fund',
    ]);
  }
  if (build && sourcesAreNewer()) buildAll();
}

/** Compiles every package with project references, bundles the libraries and remembers when. */
export function buildAll(args = []) {
  const started = new Date();
  step('building (tsc -b)', productNode(), [
    join(root, 'node_modules', 'typescript7', 'bin', 'tsc'),
    '-b',
    ...args,
  ]);
  step('bundling the libraries', productNode(), [join(root, 'tools', 'bundle.mjs')]);
  mkdirSync(join(stamp, '..'), { recursive: true });
  writeFileSync(stamp, started.toISOString());
}

function step(what, command, args) {
  const startedMs = Date.now();
  process.stderr.write(`drave: ${what} …\n`);
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell });
  if (status !== 0) {
    console.error(
      `drave: ${what} failed${error ? `: ${error.message}` : ` (exit code ${status})`}`,
    );
    process.exit(1);
  }
  process.stderr.write(`drave: done in ${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
}

function mtime(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function sourcesAreNewer() {
  const built = mtime(stamp);
  if (built === 0) return true;
  const tops = ['libs', 'apps'].flatMap((top) =>
    readdirSync(join(root, top)).map((name) => join(root, top, name)),
  );
  if (tops.some((dir) => existsSync(join(dir, 'tsconfig.json')) && !existsSync(join(dir, 'dist'))))
    return true;
  const files = [
    join(root, 'tsconfig.base.json'),
    join(root, 'tsconfig.json'),
    join(root, 'package-lock.json'),
  ];
  return files.some((file) => mtime(file) > built) || tops.some((dir) => newestBelow(dir, built));
}

function newestBelow(dir, built) {
  for (const name of ['package.json', 'tsconfig.json'])
    if (mtime(join(dir, name)) > built) return true;
  const pending = [join(dir, 'src')];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (!existsSync(next)) continue;
    for (const entry of readdirSync(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) pending.push(path);
      else if (statSync(path).mtimeMs > built) return true;
    }
  }
  return false;
}
