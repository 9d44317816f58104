// `npm run gen`: rewrites libs/protocol/src/generated from the descriptors in libs/protocol/src/messages, formatted by prettier.
// Writes docs/reference/protocol-support.md from the handlers. Files that no descriptor produces any more are removed. A test compares the result with what is checked in.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateAll } from '@drave/protocol/codegen';
import { format, resolveConfig } from 'prettier';
import { protocolSupport } from './protocol-support.ts';

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
const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'reference', 'protocol-support.md');
mkdirSync(join(page, '..'), { recursive: true });
const pageOptions = await resolveConfig(page);
writeFileSync(page, await format(protocolSupport(root), { ...pageOptions, parser: 'markdown' }));
console.log(`gen: ${files.length + 1} files written`);
