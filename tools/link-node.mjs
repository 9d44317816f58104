// Links the pinned Node (an optional platform package) as node_modules/.bin/node when npm did not do so itself.
// npm prunes same-named bins of platform packages that do not match, and with them the one that does (npm 10).
// Windows is left to npm's own shims; an unsupported platform keeps the system's Node. Never fails an install.
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pinnedNodePath } from './pinned-node.mjs';

const root = join(import.meta.dirname, '..');
const target = pinnedNodePath(root);
const link = join(root, 'node_modules', '.bin', 'node');
if (target && process.platform !== 'win32' && !existsSync(link)) {
  mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
  try {
    symlinkSync(target, link);
  } catch (error) {
    console.error(
      `note: the pinned Node could not be linked (${error.message}); the system's Node is used`,
    );
  }
}
