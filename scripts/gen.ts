// `npm run gen`: rewrites libs/protocol/src/generated from the descriptors in libs/protocol/src/messages, formatted by prettier.
// Writes pages of docs/reference and Grafana's dashboard from what they describe. Files that no descriptor produces any more are removed. A test compares the result with what is checked in.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateAll } from '@drave/protocol/codegen';
import { format, resolveConfig } from 'prettier';
import { clientsPage } from './clients-page.ts';
import { grafanaDashboard } from './grafana-dashboard.ts';
import { metricsPage } from './metrics-page.ts';
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
const pages = [
  ['docs/reference/protocol-support.md', 'markdown', protocolSupport(root)],
  ['docs/reference/clients.md', 'markdown', clientsPage()],
  ['docs/reference/metrics.md', 'markdown', metricsPage()],
  ['docker/grafana/dashboards/drave.json', 'json', grafanaDashboard()],
] as const;
for (const [path, parser, text] of pages) {
  const page = join(root, path);
  mkdirSync(join(page, '..'), { recursive: true });
  writeFileSync(page, await format(text, { ...(await resolveConfig(page)), parser }));
}
console.log(`gen: ${files.length + pages.length} files written`);
