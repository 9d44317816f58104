// `npm test`: set-up, then every test in one Vitest run. Its last line is `N passed, N failed`.
import { join } from 'node:path';
import { launch } from './launch.mjs';
import { root, setUp } from './setup.mjs';

setUp();
launch([join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)]);
