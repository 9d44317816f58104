// `npm run rel -- NAME [options]`: one reliability proof. Prints one JSON line {name, figure, bar, pass, seed, commit} and ends with
// exit code 0 only when the bar is held. Proofs are files of scripts/rel that export `prove(options)`.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Proof } from './rel/proof.ts';

const folder = join(import.meta.dirname, 'rel');
const [name = '', ...options] = process.argv.slice(2);
const file = join(folder, `${name}.ts`);
if (name === '' || name === 'proof' || !existsSync(file)) {
  const names = readdirSync(folder)
    .filter((entry) => entry.endsWith('.ts') && entry !== 'proof.ts')
    .map((entry) => entry.replace(/\.ts$/, ''));
  console.error(`usage: npm run rel -- NAME [options]; NAME is one of: ${names.join(', ')}`);
  process.exit(2);
}
const script = (await import(file)) as { prove(options: readonly string[]): Promise<Proof> };
const proof = await script.prove(options);
console.log(JSON.stringify({ name, ...proof, commit: commit() }));
process.exit(proof.pass ? 0 : 1);

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: folder }).toString().trim();
  } catch {
    return 'unknown';
  }
}
