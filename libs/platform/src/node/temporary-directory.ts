// A fresh directory of the operating system's temporary ones, for demos and tests. Leaves out: removing it.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Creates and returns an absolute path whose last part starts with `prefix`; nobody else uses it. */
export function makeTemporaryDirectory(prefix: string): string {
  return mkdtempSync(join(tmpdir(), prefix));
}
