// Turns descriptors into the text of libs/protocol/src/generated: one file per API and the catalogue over all of them.
// Protects: output depends on the descriptors alone, so a test can prove that the checked-in files are fresh.
// Leaves out: formatting (prettier, in scripts/gen.ts) and writing to disk.

import type { ApiDescriptor } from './descriptor.js';
import { emitDecoders } from './decoders.js';
import { defaultExpression } from './emit.js';
import { emitEncoders } from './encoders.js';
import { emitInterfaces } from './interface-emitter.js';
import { type ApiModel, type StructModel, pascal, resolveApi, structsOf } from './model.js';

export interface GeneratedFile {
  /** Relative to libs/protocol/src/generated. */
  readonly path: string;
  readonly text: string;
}

/** All generated files, unformatted. Throws on a descriptor that cannot work. */
export function generate(descriptors: readonly ApiDescriptor[]): GeneratedFile[] {
  const models = descriptors.map(resolveApi).sort((a, b) => a.key - b.key);
  const files = models.flatMap((model) => [
    emitMessage(model, 'request'),
    emitMessage(model, 'response'),
  ]);
  return [
    ...files,
    { path: 'message-maps.ts', text: emitMaps(models) },
    { path: 'catalogue.ts', text: emitCatalogue(models) },
  ];
}

function emitMessage(model: ApiModel, direction: 'request' | 'response'): GeneratedFile {
  const root = model[direction];
  const body = [
    ...emitDefaults(root),
    ...model.bands.flatMap((band) => [emitDecoders(root, band), emitEncoders(root, band)]),
    emitMessageCodec(model, root, direction),
  ].join('\n');
  const fromReader = ['newArray', 'noBytes'].filter((name) => body.includes(name));
  const fromWriter = body.includes('notNull(') ? ', notNull' : '';
  const text =
    `// ${root.typeName} (key ${model.key}), versions ${model.versions.min} to ${model.versions.max}. ` +
    `Written by \`npm run gen\` from\n// libs/protocol/src/messages/${fileName(model)}.ts; do not edit.\n\n` +
    `import type { MessageCodec } from '../api-codec.js';\n` +
    `import { ${['type Reader', ...fromReader].join(', ')} } from '../reader.js';\n` +
    `import { type Writer${fromWriter} } from '../writer.js';\n\n` +
    `${emitInterfaces(root, model.versions)}\n${body}`;
  return { path: `${fileName(model)}-${direction}.ts`, text };
}

/** Constants for nested structures that are not on the wire. */
function emitDefaults(root: StructModel): string[] {
  return structsOf(root)
    .flatMap((struct) => struct.fields)
    .flatMap((field) => {
      if (!field.struct || field.isArray || field.default === null) return [];
      const { typeName, fields } = field.struct;
      const entries = fields.map((f) => `${f.name}: ${defaultExpression(f, 'full')}`).join(', ');
      return [`const default${typeName}: ${typeName} = Object.freeze({ ${entries} });\n`];
    });
}

function emitMessageCodec(model: ApiModel, root: StructModel, direction: string): string {
  const { flexibleFrom, bands } = model;
  const choose = (verb: string, first: string) => {
    const name = `${verb}${root.typeName}`;
    const call = (suffix: string) => `${name}${suffix}(${first}, apiVersion)`;
    if (bands.length === 2)
      return `apiVersion >= ${flexibleFrom} ? ${call('Flexible')} : ${call('Classic')}`;
    return call(bands[0]?.isFlexible ? 'Flexible' : 'Classic');
  };
  return (
    `export const ${model.name}${pascal(direction)}Codec: MessageCodec<${root.typeName}, ${root.typeName}Input> = {\n` +
    `decode: (reader, apiVersion) => ${choose('decode', 'reader')},\n` +
    `encode: (writer, value, apiVersion) => ${choose('encode', 'writer, value')},\n};\n`
  );
}

const generatedNote = 'Written by `npm run gen` from libs/protocol/src/messages; do not edit.';

function emitMaps(models: readonly ApiModel[]): string {
  const imports = models.flatMap((m) =>
    ['Request', 'Response'].map(
      (direction) =>
        `import type { ${m.typeName}${direction}, ${m.typeName}${direction}Input } from './${fileName(m)}-${direction.toLowerCase()}.js';\n`,
    ),
  );
  const map = (name: string, suffix: string, what: string) =>
    `/** ${what} by API key. */\nexport interface ${name} {\n` +
    models.map((m) => `readonly ${m.key}: ${m.typeName}${suffix};\n`).join('') +
    `}\n\n`;
  return (
    `// The types of all messages by API key. ${generatedNote}\n\n${imports.join('')}\n` +
    map('RequestMap', 'Request', 'Decoded requests') +
    map('RequestInputMap', 'RequestInput', 'Requests to encode') +
    map('ResponseMap', 'Response', 'Decoded responses') +
    map('ResponseInputMap', 'ResponseInput', 'Responses to encode')
  );
}

function emitCatalogue(models: readonly ApiModel[]): string {
  const imports = models.flatMap((m) => [
    `import { ${m.name}RequestCodec } from './${fileName(m)}-request.js';\n`,
    `import { ${m.name}ResponseCodec } from './${fileName(m)}-response.js';\n`,
  ]);
  const exported = models.flatMap((m) => [
    `export type * from './${fileName(m)}-request.js';\n`,
    `export type * from './${fileName(m)}-response.js';\n`,
  ]);
  const codecs = models.map(
    (m) =>
      `${m.key}: apiCodec('${m.name}', [${m.versions.min}, ${m.versions.max}, ${m.flexibleFrom ?? 'Infinity'}], ` +
      `${m.name}RequestCodec, ${m.name}ResponseCodec),\n`,
  );
  return (
    `// Every API the codecs know, by key. ${generatedNote}\n\n` +
    `import { type ApiCodec, apiCodec } from '../api-codec.js';\n${imports.join('')}` +
    `import type { RequestInputMap, RequestMap, ResponseInputMap, ResponseMap } from './message-maps.js';\n\n` +
    `${exported.join('')}\n/** API keys by name. */\nexport const ApiKey = {\n` +
    models.map((m) => `${m.name}: ${m.key},\n`).join('') +
    `} as const;\n\nexport type ApiCodecMap = {\nreadonly [K in keyof RequestMap]: ` +
    `ApiCodec<RequestMap[K], RequestInputMap[K], ResponseMap[K], ResponseInputMap[K]>;\n};\n\n` +
    `export const apiCodecs: ApiCodecMap = {\n${codecs.join('')}};\n`
  );
}

function fileName(model: ApiModel): string {
  const kebab = model.name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `${String(model.key).padStart(2, '0')}-${kebab}`;
}
