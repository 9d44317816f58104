// `npm run gen`: rewrites libs/protocol/src/generated from the descriptors in libs/protocol/src/messages, formatted by prettier.
// Files that no descriptor produces any more are removed. A test compares the result with what is checked in.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateAll } from '@drave/protocol/codegen';
import { format, resolveConfig } from 'prettier';

const target = join(import.meta.dirname, '..', 'libs', 'protocol', 'src', 'generated');
const options = await resolveConfig(join(target, 'catalogue.ts'));
const files = generateAll();
mkdirSync(target, { recursive: true });
for (const name of readdirSync(target)) {
  if (!files.some((file) => file.path === name)) rmSync(join(target, name));
}
for (const { path, text } of files) {
  writeFileSync(join(target, path), await format(text, { ...options, parser: 'typescript' }));
}
console.log(`gen: ${files.length} files written`);
