// The checked-in code is what the descriptors say, and nothing else lies in its folder.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { generateAll } from '../src/codegen/generate-all.js';
import { api, field, parseVersions, struct } from '../src/codegen/descriptor.js';
import { generate } from '../src/codegen/generate.js';

const folder = join(import.meta.dirname, '..', 'src', 'generated');

describe('generated code', () => {
  it('is fresh (else: npm run gen)', async () => {
    const options = await resolveConfig(join(folder, 'catalogue.ts'));
    const files = generateAll();
    expect(readdirSync(folder).sort()).toEqual(files.map((file) => file.path).sort());
    for (const { path, text } of files) {
      const expected = await format(text, { ...options, parser: 'typescript' });
      expect(readFileSync(join(folder, path), 'utf8'), path).toBe(expected);
    }
  });

  it('refuses descriptors that cannot work', () => {
    expect(() => parseVersions('1..2')).toThrow('bad version range');
    const nullableTaggedStruct = struct('inner', '0+', [field('id', 'int32', '0+')], {
      tag: 0,
      nullable: '0+',
    });
    const broken = api({
      key: 999,
      name: 'broken',
      versions: '0-1',
      flexibleFrom: 0,
      request: [nullableTaggedStruct],
      response: [],
    });
    expect(() => generate([broken])).toThrow('nullable tagged structure');
  });
});
