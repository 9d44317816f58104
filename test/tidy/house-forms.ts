// Rule 10: the two house forms keep their promise. In `*-shard.ts` fields change only in the constructor and in `replay*`; in
// `*-machine.ts` nothing is asynchronous and nobody logs; nowhere in src does a module hold mutable state. Leaves out: changes
// through methods (`map.set`) and mutated options, which syntax alone does not show.

import ts from 'typescript';
import { type SourceFile, walk } from './project.js';
import { type Rule } from './rule.js';

type Found = readonly [node: ts.Node, remedy: string];

export const houseFormsRule: Rule = {
  name: '10 house forms',
  *check(project) {
    for (const file of project.sources.values()) {
      if (file.area !== 'src') continue;
      const found = [...moduleState(file)];
      if (file.path.endsWith('-shard.ts')) found.push(...shardChanges(file));
      if (file.path.endsWith('-machine.ts')) found.push(...machineWaits(file));
      for (const [node, remedy] of found) {
        yield { file: file.path, line: file.lineOf(node), remedy };
      }
    }
  },
};

function* moduleState({ tree }: SourceFile): Iterable<Found> {
  for (const node of tree.statements) {
    if (ts.isVariableStatement(node) && (node.declarationList.flags & ts.NodeFlags.Const) === 0) {
      yield [node, 'module-level mutable state: put it into an object that somebody owns'];
    }
  }
}

function shardChanges(file: SourceFile): Found[] {
  const found: Found[] = [];
  walk(file.tree, (node) => {
    if (!isAssignment(node) || !isOwnField(assignedTo(node)) || isReplaying(node)) return;
    found.push([node, 'a shard changes in replay* alone: return a record from decide*']);
  });
  return found;
}

function machineWaits(file: SourceFile): Found[] {
  const found: Found[] = [];
  walk(file.tree, (node) => {
    if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) {
      found.push([node, 'a machine decides at once: emit an effect, let the driver wait']);
    } else if (ts.isIdentifier(node) && /^(Promise|Logger|Clock)$/.test(node.text)) {
      found.push([node, `${node.text} in a machine: time comes as nowMs, effects go out by drain`]);
    }
  });
  return found;
}

function isAssignment(
  node: ts.Node,
): node is ts.BinaryExpression | ts.PrefixUnaryExpression | ts.PostfixUnaryExpression {
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
  }
  return (
    (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) &&
    (node.operator === ts.SyntaxKind.PlusPlusToken ||
      node.operator === ts.SyntaxKind.MinusMinusToken)
  );
}

function assignedTo(
  node: ts.BinaryExpression | ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
): ts.Expression {
  return ts.isBinaryExpression(node) ? node.left : node.operand;
}

function isOwnField(node: ts.Expression): boolean {
  return ts.isPropertyAccessExpression(node) && node.expression.kind === ts.SyntaxKind.ThisKeyword;
}

function isReplaying(node: ts.Node): boolean {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) {
    if (ts.isConstructorDeclaration(at)) return true;
    if (ts.isMethodDeclaration(at)) return /^#?replay/.test(at.name.getText());
  }
  return false;
}
