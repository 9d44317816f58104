// The repository as the tidy rules see it: paths, texts, syntax trees, imports and package files. Protects: a rule never touches
// the disk, so each runs on a made-up project in its own test. Leaves out: type information (rules read syntax only).

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import ts from 'typescript';

export interface PackageFile {
  readonly name?: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** One `import`, `export … from`, `import()`, `import('…')` type or `require()`. */
export interface ImportEdge {
  readonly specifier: string;
  readonly line: number;
  /** Imported names; `'*'` for everything; empty for a mere side effect. */
  readonly names: readonly string[] | '*';
}

export type Area = 'src' | 'test' | 'other';

export class SourceFile {
  readonly path: string;
  readonly text: string;
  readonly area: Area;
  /** `libs/x` or `apps/x`; undefined outside the workspaces. */
  readonly workspace: string | undefined;
  #tree: ts.SourceFile | undefined;
  #imports: readonly ImportEdge[] | undefined;

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    const match = /^((?:libs|apps)\/[^/]+)\/(?:(src|test)\/)?/.exec(path);
    this.workspace = match?.[1];
    const isTest = /\.(spec|e2e-spec|test)\.ts$/.test(path);
    this.area = isTest || match?.[2] === 'test' ? 'test' : match?.[2] === 'src' ? 'src' : 'other';
  }

  get isLib(): boolean {
    return this.workspace?.startsWith('libs/') === true;
  }

  get isApp(): boolean {
    return this.workspace?.startsWith('apps/') === true;
  }

  get isGenerated(): boolean {
    return this.path.includes('/generated/');
  }

  get tree(): ts.SourceFile {
    this.#tree ??= ts.createSourceFile(this.path, this.text, ts.ScriptTarget.Latest, true);
    return this.#tree;
  }

  get imports(): readonly ImportEdge[] {
    this.#imports ??= collectImports(this);
    return this.#imports;
  }

  lineAt(position: number): number {
    return this.tree.getLineAndCharacterOfPosition(position).line + 1;
  }

  lineOf(node: ts.Node): number {
    return this.lineAt(node.getStart(this.tree));
  }
}

export interface Project {
  /** TypeScript files by path. */
  readonly sources: ReadonlyMap<string, SourceFile>;
  /** Package files by folder; '' is the root. */
  readonly packages: ReadonlyMap<string, PackageFile>;
  /** Size in bytes of every file, TypeScript or not. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** A project of texts, for the rules' own tests. */
export function projectOf(texts: Readonly<Record<string, string>>): Project {
  const sizes = new Map(Object.entries(texts).map(([path, text]) => [path, text.length]));
  return assemble(sizes, (path) => texts[path] ?? '');
}

/** The files git knows or would add, below `root`. */
export function loadProject(root: string): Project {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const sizes = new Map<string, number>();
  for (const path of listed.split('\0')) {
    if (path !== '' && existsSync(join(root, path)))
      sizes.set(path, statSync(join(root, path)).size);
  }
  return assemble(sizes, (path) => readFileSync(join(root, path), 'utf8'));
}

function assemble(sizes: ReadonlyMap<string, number>, read: (path: string) => string): Project {
  const sources = new Map<string, SourceFile>();
  const packages = new Map<string, PackageFile>();
  for (const path of sizes.keys()) {
    if (/\.[mc]?tsx?$/.test(path)) sources.set(path, new SourceFile(path, read(path)));
    if (/(^|\/)package\.json$/.test(path)) {
      packages.set(path.replace(/\/?package\.json$/, ''), JSON.parse(read(path)) as PackageFile);
    }
  }
  return { sources, packages, sizes };
}

/** Visits every node below `node`, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** The source file an import leads to, through relative paths and workspace packages; undefined when it leaves the repository. */
export function resolveImport(
  project: Project,
  from: SourceFile,
  specifier: string,
): SourceFile | undefined {
  if (specifier.startsWith('.')) {
    const path = join(dirname(from.path), specifier).replace(/\.js$/, '.ts');
    return project.sources.get(path) ?? project.sources.get(path.replace(/\.ts$/, '.tsx'));
  }
  const [name, subpath] = splitSpecifier(specifier);
  for (const [folder, file] of project.packages) {
    if (file.name !== name) continue;
    const target = entryTarget(file, subpath === '' ? '.' : `./${subpath}`);
    return target === undefined ? undefined : project.sources.get(join(folder, target));
  }
  return undefined;
}

/** Where a package's entry lies in its sources. */
export function entryTarget(file: PackageFile, entry: string): string | undefined {
  const target = file.exports?.[entry];
  return typeof target === 'string' ? target : target?.['drave-source'];
}

/** `@scope/name/sub/path` → [`@scope/name`, `sub/path`]. */
export function splitSpecifier(specifier: string): readonly [name: string, subpath: string] {
  const parts = specifier.split('/');
  const count = specifier.startsWith('@') ? 2 : 1;
  return [parts.slice(0, count).join('/'), parts.slice(count).join('/')];
}

function collectImports(file: SourceFile): ImportEdge[] {
  const edges: ImportEdge[] = [];
  const add = (
    node: ts.Node,
    literal: ts.Node | undefined,
    names: readonly string[] | '*',
  ): void => {
    if (literal !== undefined && ts.isStringLiteralLike(literal)) {
      edges.push({ specifier: literal.text, line: file.lineOf(node), names });
    }
  };
  walk(file.tree, (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, importedNames(node));
    } else if (ts.isExportDeclaration(node)) {
      const clause = node.exportClause;
      const names =
        clause !== undefined && ts.isNamedExports(clause)
          ? clause.elements.map((element) => (element.propertyName ?? element.name).text)
          : '*';
      add(node, node.moduleSpecifier, names);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, '*');
    } else if (ts.isCallExpression(node) && isModuleCall(node)) {
      add(node, node.arguments[0], '*');
    }
  });
  return edges;
}

function isModuleCall(node: ts.CallExpression): boolean {
  return (
    node.expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(node.expression) && node.expression.text === 'require')
  );
}

function importedNames(node: ts.ImportDeclaration): readonly string[] | '*' {
  const clause = node.importClause;
  if (clause === undefined) return [];
  const names = clause.name === undefined ? [] : ['default'];
  const bindings = clause.namedBindings;
  if (bindings === undefined) return names;
  if (ts.isNamespaceImport(bindings)) return '*';
  return [...names, ...bindings.elements.map((one) => (one.propertyName ?? one.name).text)];
}
