// Rule 1: a lib imports layers to its left, never a sibling, never to the right; type imports count. Each package file lists what
// its sources import, because workspaces and project references do not stop a sideways import. Tests may look anywhere.

import { type Project, type SourceFile, splitSpecifier } from './project.js';
import { type Finding, type Rule } from './rule.js';

type Found = Omit<Finding, 'rule'>;

const layers: readonly (readonly string[])[] = [
  ['contracts'],
  ['platform'],
  ['protocol'],
  ['log', 'membership', 'actors', 'jobs'],
  ['replication', 'coordinator', 'client'],
  ['broker', 'streams'],
  ['nest'],
];
const layerOf = new Map(
  layers.flatMap((names, index) => names.map((name) => [name, index] as const)),
);
const scope = '@drave/';

export const layersRule: Rule = {
  name: '1 layers',
  *check(project) {
    for (const file of project.sources.values()) {
      if (file.area !== 'src' || file.workspace === undefined) continue;
      for (const { specifier, line } of file.imports) {
        const remedy = wrongImport(file, specifier) ?? unlisted(project, file, specifier);
        if (remedy !== undefined) yield { file: file.path, line, remedy } satisfies Found;
      }
    }
  },
};

function wrongImport(file: SourceFile, specifier: string): string | undefined {
  const workspace = file.workspace ?? '';
  if (specifier.startsWith('.')) {
    const depth = file.path.slice(workspace.length + 1).split('/').length - 1;
    const ups = specifier.split('/').filter((part) => part === '..').length;
    return ups >= depth
      ? `${specifier} leaves ${workspace}/src; import by package name`
      : undefined;
  }
  if (!specifier.startsWith(scope)) return undefined;
  const target = (specifier.slice(scope.length).split('/')[0] ?? '').replace(/-app$/, '');
  const own = workspace.slice(workspace.indexOf('/') + 1);
  const isAppPackage = target === 'cli' || /-app(\/|$)/.test(specifier);
  if (target === 'sim') return own === 'sim' ? undefined : 'only tests and scripts import sim';
  if (own === 'sim' || file.isApp) return undefined;
  if (isAppPackage) return `a lib may not import the app ${specifier}`;
  return againstLayers(own, target, specifier);
}

function againstLayers(own: string, target: string, specifier: string): string | undefined {
  const ownLayer = layerOf.get(own);
  const targetLayer = layerOf.get(target);
  if (ownLayer === undefined)
    return `the lib ${own} has no layer; give it one in test/tidy/layers.ts`;
  if (targetLayer === undefined) return `the lib ${target} has no layer`;
  if (target === own) return `${specifier} is this lib; import the file`;
  if (targetLayer === ownLayer) return `${own} may not import its sibling ${target}; take a port`;
  if (targetLayer > ownLayer) return `${own} may not import ${target}, which lies to its right`;
  if (own === 'coordinator' && target === 'log')
    return 'coordinator takes a PartitionWriter, not log';
  if (own === 'broker' && target === 'client' && specifier !== `${scope}client/connection`) {
    return `of client the broker takes only ${scope}client/connection`;
  }
  return undefined;
}

function unlisted(project: Project, file: SourceFile, specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  const [name] = splitSpecifier(specifier);
  const own = project.packages.get(file.workspace ?? '');
  const listed = { ...own?.dependencies, ...own?.peerDependencies, ...own?.optionalDependencies };
  if (name in listed || name === own?.name) return undefined;
  return `list ${name} in the dependencies of ${file.workspace}/package.json`;
}
