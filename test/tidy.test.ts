import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { doorRule } from './tidy/door.js';
import { exceptions } from './tidy/exceptions.js';
import { exportsRule } from './tidy/exports.js';
import { headersRule } from './tidy/headers.js';
import { houseFormsRule } from './tidy/house-forms.js';
import { graphRule } from './tidy/import-graph.js';
import { erasableRule, typesRule } from './tidy/language.js';
import { layersRule } from './tidy/layers.js';
import { namesRule } from './tidy/names.js';
import { packagesRule } from './tidy/packages.js';
import { loadProject, projectOf } from './tidy/project.js';
import { judge, printed, type Rule } from './tidy/rule.js';
import { blobRule, sizeRule } from './tidy/sizes.js';
import { testsRule } from './tidy/tests.js';

const rules = [
  layersRule,
  packagesRule,
  doorRule,
  sizeRule,
  graphRule,
  typesRule,
  namesRule,
  exportsRule,
  headersRule,
  houseFormsRule,
  erasableRule,
  testsRule,
  blobRule,
];

describe('the repository', () => {
  const { findings, needless } = judge(
    loadProject(fileURLToPath(new URL('..', import.meta.url))),
    rules,
    exceptions,
  );

  it.each(rules)('keeps rule $name', ({ name }) => {
    expect(findings.filter(({ rule }) => rule === name).map(printed)).toEqual([]);
  });

  it('needs every exception that is listed', () => {
    expect(needless).toEqual([]);
  });
});

const header = '// What this file is for, what it protects and what it leaves out.\n';
const log = JSON.stringify({ name: '@drave/log', dependencies: { '@drave/protocol': '0.1.0' } });

/** Remedies a rule has for a project, each with file and line. */
function remedies(rule: Rule, texts: Readonly<Record<string, string>>): string[] {
  return judge(projectOf(texts), [rule]).findings.map(
    ({ file, line, remedy }) => `${file}:${line} ${remedy}`,
  );
}

describe('rule 1 finds', () => {
  const found = (path: string, specifier: string): string[] =>
    remedies(layersRule, {
      [path]: `import type { X } from '${specifier}';`,
      'libs/log/package.json': log,
      'libs/nest/package.json': JSON.stringify({ dependencies: { '@drave/streams': '0.1.0' } }),
    });

  it.each([
    ['a sibling', 'libs/log/src/a.ts', '@drave/actors', 'its sibling actors'],
    ['an import to the right', 'libs/log/src/a.ts', '@drave/broker', 'lies to its right'],
    ['the simulator', 'libs/log/src/a.ts', '@drave/sim', 'only tests and scripts'],
    ['an app', 'libs/log/src/a.ts', '@drave/broker-app', 'may not import the app'],
    ['log in coordinator', 'libs/coordinator/src/a.ts', '@drave/log', 'PartitionWriter'],
    ['the whole client in broker', 'libs/broker/src/a.ts', '@drave/client', 'client/connection'],
    ['a path out of the lib', 'libs/log/src/a.ts', '../../protocol/src/b.js', 'by package name'],
    ['an import not listed', 'libs/log/src/a.ts', '@drave/contracts', 'list @drave/contracts'],
    ['a lib without a layer', 'libs/new/src/a.ts', '@drave/contracts', 'has no layer'],
  ])('%s', (_name, path, specifier, remedy) => {
    expect(found(path, specifier)).toEqual([expect.stringContaining(remedy)]);
  });

  it('nothing in a listed import to the left, a deeper folder, or a test', () => {
    expect(found('libs/log/src/a.ts', '@drave/protocol')).toEqual([]);
    expect(found('libs/nest/src/a.ts', '@drave/streams/testing')).toEqual([]);
    expect(found('libs/log/src/index/a.ts', '../b.js')).toEqual([]);
    expect(found('libs/log/test/a.spec.ts', '@drave/broker/testing')).toEqual([]);
  });
});

describe('rule 2 finds', () => {
  it('a package out of its place and one without a place', () => {
    const text = "import a from 'pino';\nimport b from 'left-pad';\nimport 'node:path';";
    expect(remedies(packagesRule, { 'libs/log/src/a.ts': text })).toEqual([
      'libs/log/src/a.ts:1 pino belongs in libs/platform, apps',
      expect.stringContaining('left-pad has no place'),
    ]);
    expect(remedies(packagesRule, { 'libs/platform/src/a.ts': "import a from 'pino';" })).toEqual(
      [],
    );
  });
});

describe('rule 3 finds', () => {
  it.each([
    'Date.now()',
    'new Date()',
    'performance.now()',
    'Math.random()',
    'crypto.randomUUID()',
    'process.env.HOME',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    "import { open } from 'node:fs/promises';",
    "import { gzip } from 'node:zlib';",
    "import { randomBytes } from 'node:crypto';",
    "const fs = await import('node:fs');",
  ])('%s', (text) => {
    expect(remedies(doorRule, { 'libs/log/src/a.ts': text })).toHaveLength(1);
    expect(remedies(doorRule, { 'libs/platform/src/a.ts': text })).toEqual([]);
    expect(remedies(doorRule, { 'apps/cli/src/main.ts': text })).toEqual([]);
    expect(remedies(doorRule, { 'libs/log/test/a.spec.ts': text })).toEqual([]);
  });

  it('nothing in words, dates of something, or synchronous zlib', () => {
    const text = `// Date.now\nimport { gzipSync } from 'node:zlib';\nnew Date(5); const x = 'process.env';`;
    expect(remedies(doorRule, { 'libs/log/src/a.ts': text })).toEqual([]);
  });
});

describe('rules 4 and 14 find', () => {
  const lines = (count: number): string => 'f();\n'.repeat(count);

  it('long files, by their kind', () => {
    const longest = {
      'libs/log/src/a.ts': lines(600),
      'libs/log/test/a.spec.ts': lines(900),
      'libs/broker/src/handlers/00-produce.ts': lines(250),
    };
    expect(remedies(sizeRule, longest)).toEqual([]);
    const longer = Object.entries(longest).map(([path, text]) => [path, `${text}f();\n`]);
    expect(remedies(sizeRule, Object.fromEntries(longer))).toHaveLength(3);
    expect(remedies(sizeRule, { 'libs/protocol/src/generated/a.ts': lines(5000) })).toEqual([]);
  });

  it('long functions, but not in descriptors and tests', () => {
    const text = `\nfunction f() {\n${lines(69)}}\n`;
    expect(remedies(sizeRule, { 'libs/log/src/a.ts': text })).toEqual([
      expect.stringContaining('libs/log/src/a.ts:2 a function of 71 lines'),
    ]);
    expect(remedies(sizeRule, { 'libs/protocol/src/messages/00-produce.ts': text })).toEqual([]);
    expect(remedies(sizeRule, { 'libs/log/test/a.spec.ts': text })).toEqual([]);
  });

  it('large blobs', () => {
    expect(remedies(blobRule, { 'a.bin': ' '.repeat(256 * 1024) })).toEqual([]);
    expect(remedies(blobRule, { 'a.bin': ' '.repeat(256 * 1024 + 1) })).toHaveLength(1);
  });
});

describe('rule 5 finds', () => {
  const name = JSON.stringify({ name: '@drave/log', exports: { '.': './src/index.ts' } });

  it('a cycle, a dead file and an unused export', () => {
    const found = remedies(graphRule, {
      'libs/log/package.json': name,
      'libs/log/src/index.ts': "export * from './a.js';",
      'libs/log/src/a.ts': "import { b } from './b.js';\nexport const a = b;",
      'libs/log/src/b.ts':
        "import type { a } from './a.js';\nexport const b = a;\nexport const c = 2;",
      'libs/log/src/dead.ts': 'export const d = 1;',
    });
    expect(found).toEqual([
      'libs/log/src/b.ts:1 import cycle: libs/log/src/a.ts → libs/log/src/b.ts → libs/log/src/a.ts',
      'libs/log/src/b.ts:3 nobody imports c: do not export it',
      'libs/log/src/dead.ts:1 nobody imports this file: delete or use it',
    ]);
  });

  it('nothing where a test, another package or an entry uses the name', () => {
    const found = remedies(graphRule, {
      'libs/log/package.json': name,
      'libs/log/src/index.ts': "export { a } from './a.js';",
      'libs/log/src/a.ts': 'export const a = 1;\nexport const b = 2;\nexport interface C {}',
      'libs/log/src/d.ts': 'export const d = 1;',
      'libs/log/src/e.ts': "import { d } from './d.js';\nexport const e = d;",
      'libs/log/test/e.spec.ts': "import { e } from '../src/e.js';",
      'libs/log/test/a.spec.ts': "import { b } from '../src/a.js';",
      'apps/cli/src/main.ts': "import { a } from '@drave/log';",
    });
    expect(found).toEqual([]);
  });
});

describe('rules 6 and 11 find', () => {
  it('any, bare ! and a silenced compiler', () => {
    const text = [
      'let a: any;',
      'b!.c();',
      '// @ts-ignore',
      'd();',
      '// @ts-expect-error',
      'e();',
      '// @ts-expect-error the typings lack this overload',
      "f('any', !g);",
    ].join('\n');
    const found = remedies(typesRule, { 'libs/log/src/a.ts': text });
    expect(found.map((one) => Number(/:(\d+) /.exec(one)?.[1]))).toEqual([1, 2, 3, 5]);
  });

  it('decorators, parameter properties and enums outside nest and apps', () => {
    const text = '@d class A { constructor(private readonly b: string) {} }\nenum C { D }';
    expect(remedies(erasableRule, { 'libs/log/src/a.ts': text })).toHaveLength(3);
    expect(remedies(erasableRule, { 'libs/nest/src/a.ts': text })).toEqual([]);
    expect(remedies(erasableRule, { 'apps/cli/src/a.ts': text })).toEqual([]);
  });
});

describe('rule 7 finds', () => {
  it.each([
    'libs/log/src/logManager.ts',
    'libs/log/src/utils.ts',
    'libs/log/src/helpers/a.ts',
    'libs/log/src/fetch-v3.ts',
    'libs/log/test/log-2.spec.ts',
  ])('the file name %s', (path) => {
    expect(remedies(namesRule, { [path]: '' })).toHaveLength(1);
  });

  it('Impl and I, and lets other names pass', () => {
    const text = 'class LogImpl {}\ninterface ILog {}\ninterface IsrState {}\nclass Index {}';
    expect(remedies(namesRule, { 'libs/log/src/crc32c.ts': text })).toHaveLength(2);
    expect(remedies(namesRule, { 'test/murmur2.e2e-spec.ts': '' })).toEqual([]);
  });
});

describe('rule 8 finds', () => {
  it('default exports and second barrels', () => {
    const found = remedies(exportsRule, {
      'libs/log/package.json': JSON.stringify({
        exports: { '.': { 'drave-source': './src/index.ts' } },
      }),
      'libs/log/src/index.ts': "export * from './a.js';",
      'libs/log/src/a.ts': 'export default class A {}',
      'libs/log/src/b.ts': 'const b = 1;\nexport default b;',
      'libs/log/src/index/index.ts': "export * from '../a.js';",
      'vitest.config.ts': 'export default {};',
    });
    expect(found.map((one) => one.split(' ')[0])).toEqual([
      'libs/log/src/a.ts:1',
      'libs/log/src/b.ts:2',
      'libs/log/src/index/index.ts:1',
    ]);
  });
});

describe('rule 9 finds', () => {
  it('a missing header, and a handler that does not say what it leaves out', () => {
    const handler = 'libs/broker/src/handlers/00-produce.ts';
    const parts = ['Versions', 'Behaviour', 'Not implemented', 'Sources'];
    const whole = parts.map((part) => `// ${part}: something\n`).join('');
    expect(remedies(headersRule, { 'libs/log/src/a.ts': 'f();' })).toHaveLength(1);
    expect(remedies(headersRule, { 'libs/log/src/a.ts': `${header}f();` })).toEqual([]);
    expect(remedies(headersRule, { [handler]: whole })).toEqual([]);
    expect(remedies(headersRule, { [handler]: header })).toHaveLength(4);
  });
});

describe('rule 10 finds', () => {
  const body = `class A {
    #offset = 0;
    constructor() { this.#offset = 1; }
    replayCommit() { this.#offset = 2; const x = () => { this.#offset++; }; }
    #replayAll() { this.#offset = 3; }
    decideCommit() { this.#offset += 4; }
    onTick() { this.#offset++; return -this.#offset; }
  }`;

  it('a shard that changes outside replay', () => {
    const found = remedies(houseFormsRule, { 'libs/coordinator/src/group-shard.ts': body });
    expect(found.map((one) => one.split(' ')[0])).toEqual([
      'libs/coordinator/src/group-shard.ts:6',
      'libs/coordinator/src/group-shard.ts:7',
    ]);
    expect(remedies(houseFormsRule, { 'libs/coordinator/src/group.ts': body })).toEqual([]);
  });

  it('a machine that waits', () => {
    const text = 'async function f() { await g(); }\nlet a: Promise<void>;';
    expect(remedies(houseFormsRule, { 'libs/client/src/member-machine.ts': text })).toHaveLength(4);
  });

  it('mutable state of a module', () => {
    const text = 'export let a = 1;\nvar b;\nconst c = 1;\nfunction f() { let d = 1; }';
    expect(remedies(houseFormsRule, { 'libs/log/src/a.ts': text })).toHaveLength(2);
  });
});

describe('rule 12 finds', () => {
  it.each([
    "it.only('a', f);",
    "describe.skip('a', f);",
    'await new Promise((resolve) => setTimeout(resolve, 100));',
    "import { setTimeout } from 'node:timers/promises';",
    'server.listen(9092);',
  ])('%s', (text) => {
    expect(remedies(testsRule, { 'libs/log/test/a.spec.ts': text })).toHaveLength(1);
  });

  it('nothing in a reasoned skip, a time limit, or port 0', () => {
    const text = [
      '// needs a kernel newer than the one in CI',
      "it.skip('a', f);",
      'setTimeout(() => reject(late), 100);',
      'server.listen(0);',
    ].join('\n');
    expect(remedies(testsRule, { 'libs/log/test/a.spec.ts': text })).toEqual([]);
  });
});

describe('exceptions', () => {
  const project = projectOf({ 'libs/log/src/a.ts': 'f();' });
  const exception = { rule: headersRule.name, file: 'libs/log/src/a.ts', reason: 'a test' };

  it('excuse what they name, and are needless otherwise', () => {
    expect(judge(project, [headersRule], [exception])).toEqual({ findings: [], needless: [] });
    const other = { ...exception, about: 'something else' };
    const verdict = judge(project, [headersRule], [other]);
    expect(verdict.needless).toEqual([other]);
    expect(verdict.findings.map(printed)).toEqual([
      expect.stringMatching(/^libs\/log\/src\/a\.ts:1 {2}\[9 headers\] {2}open with/),
    ]);
  });
});
