// The newest Python clients: installed with pip into a virtual environment of the cache; requirements.txt pins what they are. Debian's,
// older ones are in the tests (test/clients).

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Absent, run, stepsOf, type Foreign } from './step.ts';

const folder = join(import.meta.dirname, 'python');

/** The client that the script drives. */
export function pythonClient(script: string): Foreign {
  return async (bootstrap) => {
    const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
    const environment = join(cache, 'drave', 'foreign-python');
    const python = join(environment, 'bin', 'python');
    if (!existsSync(python)) {
      const made = await run('python3', ['-m', 'venv', environment]);
      if (made.code !== 0) throw new Absent(`no virtual environment: ${made.stderr.slice(-300)}`);
    }
    const list = join(folder, 'requirements.txt');
    const installed = await run(python, ['-m', 'pip', 'install', '-q', '-r', list]);
    if (installed.code !== 0) {
      throw new Absent(`pip could not install it: ${installed.stderr.slice(-300)}`);
    }
    return stepsOf(await run(python, ['-B', join(folder, script), bootstrap]));
  };
}
