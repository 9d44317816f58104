// `npm run build`: compiles every package; `--force` from clean.
import { buildAll, setUp } from './setup.mjs';

setUp({ build: false });
buildAll(process.argv.slice(2));
