// Rule 8: named exports only, and one barrel per lib: its package entries. A barrel elsewhere hides where things live.

import { join } from 'node:path/posix';
import ts from 'typescript';
import { entryTarget, type Project, type SourceFile } from './project.js';
import { type Rule } from './rule.js';

export const exportsRule: Rule = {
  name: '8 exports',
  *check(project) {
    const entries = packageEntries(project);
    for (const file of project.sources.values()) {
      if (/\.config\.[mc]?ts$/.test(file.path) || file.path.endsWith('.d.ts')) continue;
      for (const node of file.tree.statements) {
        if (isDefaultExport(node)) {
          yield {
            file: file.path,
            line: file.lineOf(node),
            remedy: 'default export: export a name',
          };
        }
      }
      if (file.area === 'src' && !file.isGenerated && !entries.has(file.path) && isBarrel(file)) {
        const remedy = 'a barrel besides the package entries: import from the files themselves';
        yield { file: file.path, line: 1, remedy };
      }
    }
  },
};

function packageEntries(project: Project): Set<string> {
  const entries = new Set<string>();
  for (const [folder, file] of project.packages) {
    for (const entry of Object.keys(file.exports ?? {})) {
      entries.add(join(folder, entryTarget(file, entry) ?? ''));
    }
  }
  return entries;
}

function isDefaultExport(node: ts.Statement): boolean {
  if (ts.isExportAssignment(node)) return true;
  return (
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) === true
  );
}

function isBarrel({ tree }: SourceFile): boolean {
  const { statements } = tree;
  return (
    statements.length > 0 &&
    statements.every((node) => ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)
  );
}
