// Runs a TypeScript script of this repository under the product's Node after set-up (`npm run bench`, `npm run gen`).
// Node strips the types; the script imports the built packages.
import { join } from 'node:path';
import { launch } from './launch.mjs';
import { root, setUp } from './setup.mjs';

setUp();
launch([join(root, process.argv[2] ?? ''), ...process.argv.slice(3)]);
