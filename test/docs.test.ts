// Texts that point into the repository point at something: links of every tracked page, paths in ARCHITECTURE.md, and the two
// READMEs, which must say the same. Leaves out: links to other hosts.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root })
  .toString()
  .trim()
  .split('\n');

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** Text outside code blocks. */
function prose(page: string): string {
  return read(page).replace(/^```[\s\S]*?^```/gm, '');
}

describe('a page', () => {
  it.each(pages)('%s links to files that exist', (page) => {
    const links = [...prose(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(
      (match) => match[1] ?? '',
    );
    const broken = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !existsSync(join(root, dirname(page), link)));
    expect(broken).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  it('names files and folders that exist', () => {
    const names = [
      ...prose('ARCHITECTURE.md').matchAll(/`((?:libs|apps|test|docs|scripts|bench)\/[^`\s]*)`/g),
    ];
    expect(names.length).toBeGreaterThan(20);
    const missing = names
      .map((match) => match[1] ?? '')
      .filter((name) => !name.includes('NN-') && !existsSync(join(root, name)));
    expect(missing).toEqual([]);
  });
});

describe('the READMEs', () => {
  const shellOf = (page: string): string[] =>
    [...read(page).matchAll(/^```sh\n([\s\S]*?)^```/gm)]
      .flatMap((match) => (match[1] ?? '').split('\n'))
      .map((line) => line.replace(/ +#.*$/, '').trim())
      .filter((line) => line !== '');

  it('give the same commands in both languages', () => {
    expect(shellOf('README.zh-CN.md')).toEqual(shellOf('README.md'));
    expect(shellOf('README.md').length).toBeGreaterThan(8);
  });

  it('have the same sections in both languages', () => {
    const sections = (page: string): number => prose(page).match(/^## /gm)?.length ?? 0;
    expect(sections('README.zh-CN.md')).toBe(sections('README.md'));
  });
});
