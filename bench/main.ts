// `npm run bench -- <name> [options]`: runs one benchmark of this folder, prints its table and writes bench/results/<name>.json.
// A benchmark is a file `<name>.bench.ts` that exports `run(options)`; it never runs as a test.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const [name, ...options] = process.argv.slice(2);
const file = join(import.meta.dirname, `${name ?? ''}.bench.ts`);
if (!name || !existsSync(file)) {
  const names = readdirSync(import.meta.dirname)
    .filter((entry) => entry.endsWith('.bench.ts'))
    .map((entry) => entry.slice(0, -'.bench.ts'.length));
  console.error(`usage: npm run bench -- NAME [options]; NAME is one of: ${names.join(', ')}`);
  process.exit(2);
}
const benchmark = (await import(file)) as { run(options: readonly string[]): Promise<void> };
await benchmark.run(options);
