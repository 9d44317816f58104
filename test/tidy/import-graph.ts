// Rule 5: no import cycles, no dead files, no unused exports. Works on names: an export is used when any file, tests included,
// imports that name from that file, or when it is reachable from a package entry. `import type` counts in cycles: files that name each
// other are hard to read in any order. Leaves out: exported types nobody imports, which name what a signature speaks of.

import { join } from 'node:path/posix';
import ts from 'typescript';
import { entryTarget, type Project, resolveImport, type SourceFile } from './project.js';
import { type Finding, type Rule } from './rule.js';

type Found = Omit<Finding, 'rule'>;

export const graphRule: Rule = {
  name: '5 imports',
  *check(project) {
    yield* cycles(project);
    yield* unused(project);
  },
};

function* cycles(project: Project): Iterable<Found> {
  const state = new Map<SourceFile, 'open' | 'done'>();
  const path: SourceFile[] = [];
  const found: Found[] = [];
  const enter = (file: SourceFile): void => {
    state.set(file, 'open');
    path.push(file);
    for (const { specifier, line } of file.imports) {
      const target = resolveImport(project, file, specifier);
      if (target === undefined) continue;
      if (state.get(target) === 'open') {
        const ring = [...path.slice(path.indexOf(target)), target].map((one) => one.path);
        found.push({ file: file.path, line, remedy: `import cycle: ${ring.join(' → ')}` });
      } else if (!state.has(target)) {
        enter(target);
      }
    }
    path.pop();
    state.set(file, 'done');
  };
  for (const file of project.sources.values()) if (!state.has(file)) enter(file);
  yield* found;
}

function* unused(project: Project): Iterable<Found> {
  const used = usedNames(project);
  for (const file of project.sources.values()) {
    if (file.area !== 'src' || file.isGenerated || isRoot(file)) continue;
    const names = used.get(file);
    if (names === undefined) {
      yield { file: file.path, line: 1, remedy: 'nobody imports this file: delete or use it' };
      continue;
    }
    if (names === 'all') continue;
    for (const [name, node] of exportedNames(file)) {
      if (names.has(name)) continue;
      const remedy = `nobody imports ${name}: do not export it`;
      yield { file: file.path, line: file.lineOf(node), remedy };
    }
  }
}

/** Started by a runtime, not by an import. */
function isRoot({ path }: SourceFile): boolean {
  return (
    /\/src\/(main|index)\.ts$/.test(path) || path.endsWith('.worker.ts') || path.endsWith('.d.ts')
  );
}

function usedNames(project: Project): Map<SourceFile, Set<string> | 'all'> {
  const used = new Map<SourceFile, Set<string> | 'all'>();
  for (const [folder, file] of project.packages) {
    for (const entry of Object.keys(file.exports ?? {})) {
      const source = project.sources.get(join(folder, entryTarget(file, entry) ?? ''));
      if (source !== undefined) used.set(source, 'all');
    }
  }
  for (const file of project.sources.values()) {
    for (const { specifier, names } of file.imports) {
      const target = resolveImport(project, file, specifier);
      if (target === undefined || used.get(target) === 'all') continue;
      if (names === '*') used.set(target, 'all');
      else {
        const known = used.get(target) ?? new Set<string>();
        if (known !== 'all') used.set(target, new Set([...known, ...names]));
      }
    }
  }
  return used;
}

/** Values a file declares and exports (re-exports are judged where they are declared). */
function exportedNames(file: SourceFile): [string, ts.Node][] {
  const names: [string, ts.Node][] = [];
  for (const statement of file.tree.statements) {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    if (!isExported) continue;
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) {
        if (ts.isIdentifier(name)) names.push([name.text, name]);
      }
    } else if (isNamedDeclaration(statement) && statement.name !== undefined) {
      names.push([statement.name.text, statement.name]);
    }
  }
  return names;
}

function isNamedDeclaration(node: ts.Node): node is ts.Node & { readonly name?: ts.Identifier } {
  return (
    ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isEnumDeclaration(node)
  );
}
