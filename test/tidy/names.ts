// Rule 7: names tell what a thing is. Kebab-case files; no drawers (`utils`, `helpers`, …); no `Impl`, no `I` prefix; no numbered
// tests and no file per version.

import { basename } from 'node:path/posix';
import ts from 'typescript';
import { type SourceFile } from './project.js';
import { type Rule } from './rule.js';

const drawers = new Set(
  'utils util common helpers helper misc types interfaces classes'.split(' '),
);

export const namesRule: Rule = {
  name: '7 names',
  *check(project) {
    for (const file of project.sources.values()) {
      for (const remedy of pathRemedies(file.path)) yield { file: file.path, line: 1, remedy };
      for (const [node, remedy] of declarationRemedies(file)) {
        yield { file: file.path, line: file.lineOf(node), remedy };
      }
    }
  },
};

function* pathRemedies(path: string): Iterable<string> {
  const name = basename(path).replace(/(\.[a-z0-9-]+)+$/, '');
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) yield `${basename(path)} is not kebab-case`;
  const drawer = [...path.split('/').slice(0, -1), name].find((part) => drawers.has(part));
  if (drawer !== undefined) yield `${drawer} is a drawer: name the noun inside`;
  if (/-v\d+$/.test(name)) yield 'one file per noun, not per version';
  if (/\.(spec|test)\.ts$/.test(path) && /-\d+$/.test(name))
    yield 'a numbered test: name its claim';
}

function* declarationRemedies(file: SourceFile): Iterable<readonly [ts.Node, string]> {
  for (const node of file.tree.statements) {
    if (!ts.isClassDeclaration(node) && !ts.isInterfaceDeclaration(node)) continue;
    const name = node.name?.text ?? '';
    if (name.endsWith('Impl')) yield [node, `${name}: say how it differs, not that it implements`];
    if (/^I[A-Z][a-z]/.test(name)) yield [node, `${name}: drop the I prefix`];
  }
}
