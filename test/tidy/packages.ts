// Rule 2: a foreign package is imported only where it has its place. A new one needs a line here and a design note: what it saves,
// what it weighs, who maintains it. Tests, bench and examples take what they need.

import { type SourceFile, splitSpecifier } from './project.js';
import { type Rule } from './rule.js';

/** Where a package may be imported: `libs/x`, `apps`, or one file. */
const places: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^ioredis$/, ['libs/membership', 'libs/jobs']],
  [/^bullmq$/, ['libs/jobs']],
  [/^(@nestjs\/.+|reflect-metadata|rxjs)$/, ['libs/nest', 'apps']],
  [/^(@scalar\/nestjs-api-reference|fastify)$/, ['apps']],
  [/^lmdb$/, ['libs/streams/src/lmdb-store.ts']],
  [/^(@node-rs\/crc32|snappy|lz4-napi)$/, ['libs/protocol']],
  [/^re2js$/, ['libs/coordinator/src/topic-pattern.ts']],
  [/^pino$/, ['libs/platform', 'apps']],
  [/^zod$/, ['libs/contracts', 'libs/nest', 'apps']],
  [/^prom-client$/, ['libs/nest', 'apps']],
  [/^(commander|csv-parse|log-update|string-width)$/, ['apps/cli']],
  // CEL is how strangers may filter records: no loop without end, no JavaScript; lossless-json gives it whole numbers exactly.
  [/^(@bufbuild\/cel|lossless-json)$/, ['apps/broker/src/filter']],
  [/^(react|react-dom)$/, ['apps/console']],
  [/^(vitest|fast-check)$/, ['libs/platform/src/conformance', 'libs/streams/src/testing']],
];

export const packagesRule: Rule = {
  name: '2 packages by place',
  *check(project) {
    for (const file of project.sources.values()) {
      if (file.area !== 'src') continue;
      for (const { specifier, line } of file.imports) {
        const remedy = misplaced(file, specifier);
        if (remedy !== undefined) yield { file: file.path, line, remedy };
      }
    }
  },
};

function misplaced(file: SourceFile, specifier: string): string | undefined {
  if (/^(\.|node:|@drave\/)/.test(specifier)) return undefined;
  const [name] = splitSpecifier(specifier);
  const allowed = places.find(([pattern]) => pattern.test(name))?.[1];
  if (allowed === undefined) {
    return `${name} has no place in test/tidy/packages.ts; write a design note first`;
  }
  const isThere = allowed.some((place) => file.path === place || file.path.startsWith(`${place}/`));
  return isThere ? undefined : `${name} belongs in ${allowed.join(', ')}`;
}
