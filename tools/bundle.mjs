// After tsc: joins the modules of each library into one file per entry point (dist/bundle), other packages left outside.
// Node resolves and reads hundreds of small modules slowly: a broker starts in half the time from a dozen files.
// Only code that Node runs goes through here; types and tests never do. Plain JavaScript: runs right after the compiler.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './setup.mjs';

const bundleFolder = './dist/bundle/';

for (const name of readdirSync(join(root, 'libs'))) {
  const directory = join(root, 'libs', name);
  const entries = bundledEntries(directory);
  if (Object.keys(entries).length === 0) continue;
  rmSync(join(directory, bundleFolder), { recursive: true, force: true });
  const bundle = await rolldown({
    input: entries,
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    logLevel: 'warn',
  });
  await bundle.write({
    dir: join(directory, bundleFolder),
    format: 'esm',
    sourcemap: true,
    chunkFileNames: '[name]-[hash].js',
  });
  await bundle.close();
}

/** `{ index: '…/dist/index.js' }`: the entry points whose `default` condition names a bundle. */
function bundledEntries(directory) {
  const manifest = join(directory, 'package.json');
  if (!existsSync(manifest)) return {};
  const targets = Object.values(JSON.parse(readFileSync(manifest, 'utf8')).exports ?? {})
    .map((conditions) => conditions.default ?? '')
    .filter((target) => target.startsWith(bundleFolder));
  const names = targets.map((target) => target.slice(bundleFolder.length, -'.js'.length));
  return Object.fromEntries(names.map((name) => [name, join(directory, 'dist', `${name}.js`)]));
}
