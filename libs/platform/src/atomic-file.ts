// The one way a whole file is replaced, the same for every Disk: temporary sibling, sync, rename, directory sync.
// Protects: after a crash the path holds the old or the new content. A crash may leave `<path>.<n>.tmp` behind.

import { dirname } from 'node:path';
import type { Disk } from './disk.js';

/** `serial` keeps concurrent calls for one path apart. */
export async function replaceFile(
  disk: Disk,
  target: { readonly path: string; readonly serial: number },
  content: Uint8Array,
): Promise<void> {
  const temporary = `${target.path}.${target.serial}.tmp`;
  try {
    await disk.remove(temporary);
    const file = await disk.open(temporary, 'create-new');
    try {
      await file.write([content], 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(temporary, target.path);
  } catch (error) {
    await disk.remove(temporary).catch(() => undefined); // the first error is the one to tell
    throw error;
  }
  await disk.syncDirectory(dirname(target.path));
}
