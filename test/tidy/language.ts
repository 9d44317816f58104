// Rules 6 and 11: what the language offers and we decline. No `any`, no silenced compiler, no bare `!`; outside nest and apps only
// syntax that is erased (no decorators, parameter properties, enums).

import ts from 'typescript';
import { type SourceFile, walk } from './project.js';
import { type Rule } from './rule.js';

export const typesRule: Rule = {
  name: '6 types',
  *check(project) {
    for (const file of project.sources.values()) {
      if (file.isGenerated) continue;
      const found: [number, string][] = [];
      walk(file.tree, (node) => {
        if (node.kind === ts.SyntaxKind.AnyKeyword) {
          found.push([file.lineOf(node), '`any`: say `unknown` and narrow it']);
        } else if (ts.isNonNullExpression(node)) {
          found.push([file.lineOf(node), '`!` hides a case: check it, or cast in a codec']);
        }
      });
      for (const [line, remedy] of [...found, ...silencers(file)]) {
        yield { file: file.path, line, remedy };
      }
    }
  },
};

function silencers(file: SourceFile): [number, string][] {
  const found: [number, string][] = [];
  for (const [line, text] of comments(file)) {
    const match = /^(?:\/\/|\/\*)\s*@ts-(ignore|nocheck|expect-error)(.*)/.exec(text);
    if (match === null) continue;
    if (match[1] !== 'expect-error') {
      found.push([line, `@ts-${match[1]}: mend the type, or @ts-expect-error with a reason`]);
    } else if ((match[2] ?? '').trim().length < 10) {
      found.push([line, '@ts-expect-error needs a reason behind it']);
    }
  }
  return found;
}

/** Every comment with its line. */
function comments(file: SourceFile): [number, string][] {
  const found = new Map<number, [number, string]>();
  walk(file.tree, (node) => {
    for (const range of ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? []) {
      found.set(range.pos, [file.lineAt(range.pos), file.text.slice(range.pos, range.end)]);
    }
  });
  return [...found.values()];
}

export const erasableRule: Rule = {
  name: '11 erasable syntax',
  *check(project) {
    for (const file of project.sources.values()) {
      if (file.area !== 'src' || file.isApp || file.workspace === 'libs/nest') continue;
      const found: [ts.Node, string][] = [];
      walk(file.tree, (node) => {
        if (ts.isDecorator(node)) found.push([node, 'decorators only in libs/nest and apps']);
        if (ts.isEnumDeclaration(node))
          found.push([node, 'enum: a string union or a const object']);
        if (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent)) {
          found.push([node, 'parameter property: declare the field and assign it']);
        }
      });
      for (const [node, remedy] of found)
        yield { file: file.path, line: file.lineOf(node), remedy };
    }
  },
};
