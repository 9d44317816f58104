// Rule 12: tests say what they skip and never wait. No `.only`, `.skip` with a reason beside it, no real sleep, ports bind to 0.

import ts from 'typescript';
import { type SourceFile, walk } from './project.js';
import { type Rule } from './rule.js';

const suites = new Set(['it', 'test', 'describe']);

export const testsRule: Rule = {
  name: '12 tests',
  *check(project) {
    for (const file of project.sources.values()) {
      if (file.area !== 'test') continue;
      for (const { specifier, line } of file.imports) {
        if (specifier === 'node:timers/promises') {
          yield {
            file: file.path,
            line,
            remedy: 'a real sleep: wait for the event, or a manual clock',
          };
        }
      }
      for (const [node, remedy] of uses(file)) {
        yield { file: file.path, line: file.lineOf(node), remedy };
      }
    }
  },
};

function uses(file: SourceFile): [ts.Node, string][] {
  const found: [ts.Node, string][] = [];
  walk(file.tree, (node) => {
    if (ts.isPropertyAccessExpression(node) && isSuite(node.expression)) {
      if (node.name.text === 'only') found.push([node, '.only leaves out all other tests']);
      if (node.name.text === 'skip' && !hasReason(file, node)) {
        found.push([node, '.skip: say why in a comment on this line or the one above']);
      }
    } else if (ts.isCallExpression(node)) {
      if (isSleep(node)) found.push([node, 'a real sleep: wait for the event, or a manual clock']);
      if (isFixedPort(node)) found.push([node, 'bind to port 0']);
    }
  });
  return found;
}

function isSuite(node: ts.Node): boolean {
  return ts.isIdentifier(node) && suites.has(node.text);
}

function hasReason(file: SourceFile, node: ts.Node): boolean {
  const line = file.lineOf(node);
  const lines = file.text.split('\n');
  return [lines[line - 1], lines[line - 2]].some((text) => text?.includes('//') === true);
}

// `setTimeout(resolve, …)` inside `new Promise(…)`; a time limit that rejects is no sleep.
function isSleep(node: ts.CallExpression): boolean {
  if (!ts.isIdentifier(node.expression) || node.expression.text !== 'setTimeout') return false;
  const callback = node.arguments[0];
  return (
    callback !== undefined && ts.isIdentifier(callback) && /^(resolve|done|r)$/.test(callback.text)
  );
}

function isFixedPort(node: ts.CallExpression): boolean {
  if (!ts.isPropertyAccessExpression(node.expression)) return false;
  const port = node.arguments[0];
  return (
    node.expression.name.text === 'listen' &&
    port !== undefined &&
    ts.isNumericLiteral(port) &&
    port.text !== '0'
  );
}
