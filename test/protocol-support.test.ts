// The page about the APIs served is what the handlers say.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { protocolSupport } from '../scripts/protocol-support.ts';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'reference', 'protocol-support.md');

describe('docs/reference/protocol-support.md', () => {
  it('is fresh (npm run gen)', async () => {
    const options = await resolveConfig(page);
    const expected = await format(protocolSupport(root), { ...options, parser: 'markdown' });
    expect(readFileSync(page, 'utf8')).toBe(expected);
  });
});
