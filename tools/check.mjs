// `npm run check`: everything short of the tests: lock file, form, lint, types under both compilers. One line of verdict.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { productNode, root, setUp } from './setup.mjs';

setUp();
const bin = (path) => [join(root, 'node_modules', path)];
const steps = [
  ['form', [...bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  ['lint', [...bin('oxlint/bin/oxlint'), '--type-aware', '--quiet']],
  ['types (TypeScript 7)', [...bin('typescript7/bin/tsc'), '-b']],
  [
    'types of tests, scripts and benches',
    [...bin('typescript7/bin/tsc'), '-p', 'tsconfig.check.json'],
  ],
];
const failed = lockIsComplete() ? [] : ['lock file'];
for (const [name, args] of steps) {
  const { status } = spawnSync(productNode(), args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed.push(name);
}
console.log(failed.length === 0 ? 'check: ok' : `check: failed: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);

// npm can write a lock that lacks just-published platform packages; `npm ci` then fails on the platforms concerned.
function lockIsComplete() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const names = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
  let complete = true;
  for (const [path, entry] of Object.entries(packages)) {
    if (entry.resolved?.startsWith('http')) {
      console.error(
        `package-lock.json: ${path} names a registry host; set omit-lockfile-registry-resolved=true`,
      );
      complete = false;
    }
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (names.has(name)) continue;
      console.error(
        `package-lock.json: ${name}, optional for ${path || 'the root'}, has no entry of its own`,
      );
      complete = false;
    }
  }
  return complete;
}
