// Rule 9: a source file opens with a comment that says what it is, what it protects, what it leaves out. Handlers state Versions,
// Behaviour, Not implemented and Sources.

import { type SourceFile } from './project.js';
import { type Rule } from './rule.js';

const handlerParts = ['Versions', 'Behaviour', 'Not implemented', 'Sources'];

export const headersRule: Rule = {
  name: '9 headers',
  *check(project) {
    for (const file of project.sources.values()) {
      if (file.area !== 'src' || file.isGenerated) continue;
      const header = headerLines(file);
      if (header.length === 0) {
        const remedy = 'open with a // comment: what this is, which invariant, what it leaves out';
        yield { file: file.path, line: 1, remedy };
        continue;
      }
      if (!/^libs\/broker\/src\/handlers\/\d\d-/.test(file.path)) continue;
      for (const part of handlerParts) {
        if (header.some((line) => line.includes(`${part}:`))) continue;
        yield { file: file.path, line: 1, remedy: `the handler's header lacks "${part}:"` };
      }
    }
  },
};

function headerLines({ text }: SourceFile): string[] {
  const lines = text.replace(/^#!.*\n/, '').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines.slice(0, end === -1 ? lines.length : end);
}
