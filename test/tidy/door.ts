// Rule 3: the world comes in through libs/platform alone, so that a simulated twin can take its place. Elsewhere in src no clock,
// chance, timer, environment, disk, network, process or thread. App mains are the other doors.

import ts from 'typescript';
import { type SourceFile, walk } from './project.js';
import { type Rule } from './rule.js';

const modules = new Set(
  ['fs', 'fs/promises', 'net', 'tls', 'http', 'https', 'http2', 'dgram', 'dns', 'dns/promises']
    .concat('child_process', 'worker_threads', 'cluster', 'timers', 'timers/promises', 'os')
    .map((name) => `node:${name}`),
);
const properties = new Map([
  ['Date.now', 'take Clock.nowMs'],
  ['performance.now', 'take Clock'],
  ['Math.random', 'take Random'],
  ['process.env', 'read settings in the app main'],
]);
const timers = new Set(['setTimeout', 'setInterval', 'setImmediate']);

export const doorRule: Rule = {
  name: '3 only door',
  *check(project) {
    for (const file of project.sources.values()) {
      if (file.area !== 'src' || isDoor(file)) continue;
      for (const { specifier, names, line } of file.imports) {
        const remedy = forbiddenModule(specifier, names);
        if (remedy !== undefined) yield { file: file.path, line, remedy };
      }
      for (const [node, remedy] of forbiddenUses(file)) {
        yield { file: file.path, line: file.lineOf(node), remedy };
      }
    }
  },
};

function isDoor({ path }: SourceFile): boolean {
  return path.startsWith('libs/platform/src/') || /^apps\/[^/]+\/src\/main\.ts$/.test(path);
}

function forbiddenModule(specifier: string, names: readonly string[] | '*'): string | undefined {
  if (modules.has(specifier)) return `${specifier} only in libs/platform; take a port of Platform`;
  if (specifier === 'node:zlib') {
    const isSynchronous = (name: string): boolean =>
      /Sync$|^constants$|^crc32$|^Zlib|^Zstd/.test(name);
    const wrong = names === '*' ? ['*'] : names.filter((name) => !isSynchronous(name));
    return wrong.length === 0 ? undefined : `asynchronous zlib (${wrong.join(', ')}): use …Sync`;
  }
  if (specifier === 'node:crypto' && names !== '*') {
    const wrong = names.filter((name) => name.startsWith('random'));
    return wrong.length === 0 ? undefined : `${wrong.join(', ')} from node:crypto: take Random`;
  }
  return undefined;
}

function* forbiddenUses(file: SourceFile): Iterable<readonly [ts.Node, string]> {
  const found: [ts.Node, string][] = [];
  walk(file.tree, (node) => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      const name = `${node.expression.text}.${node.name.text}`;
      const remedy = properties.get(name);
      if (remedy !== undefined) found.push([node, `${name}: ${remedy}`]);
      if (/^crypto\.(random|getRandom)/.test(name)) found.push([node, `${name}: take Random`]);
    } else if (ts.isNewExpression(node) && isName(node.expression, 'Date')) {
      if ((node.arguments?.length ?? 0) === 0) found.push([node, 'new Date(): take Clock.nowMs']);
    } else if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      if (timers.has(node.expression.text)) {
        found.push([node, `${node.expression.text}: take the timers of Clock`]);
      }
    }
  });
  yield* found;
}

function isName(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}
