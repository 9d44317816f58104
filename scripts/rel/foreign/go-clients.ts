// franz-go and sarama: the module in go/ is built with the machine's Go, which fetches the two clients once; go.sum pins what they are.

import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Absent, run, stepsOf, type Foreign } from './step.ts';

const module = join(import.meta.dirname, 'go');

/** The client whose program is in the folder `name`. */
export function goClient(name: string): Foreign {
  return async (bootstrap) => {
    const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
    const directory = join(cache, 'drave', 'foreign-go');
    mkdirSync(directory, { recursive: true });
    const program = join(directory, name);
    // A Go that is too old says so instead of downloading another one.
    const env = { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly' };
    const built = await run('go', ['build', '-o', program, `./${name}`], { cwd: module, env });
    if (built.code !== 0) throw new Absent(`Go could not build it: ${built.stderr.slice(-500)}`);
    return stepsOf(await run(program, [bootstrap]));
  };
}
