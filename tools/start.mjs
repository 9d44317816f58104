// `npm start`: set-up, then the demo in one process. Arguments after `--` go to `drave demo`.
import { join } from 'node:path';
import { launch } from './launch.mjs';
import { root, setUp } from './setup.mjs';

setUp();
launch([join(root, 'apps/cli/bin/drave.js'), 'demo', ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? root,
});
