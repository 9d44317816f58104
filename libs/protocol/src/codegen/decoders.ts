// Emits one straight-line decode function per structure and band. Protects: fields are read in wire order, the returned object
// literal always has the same keys in the same order, array lengths are checked before anything is allocated.
// Leaves out: recovery from malformed bytes (the Reader throws).

import {
  bandSuffix,
  condition,
  defaultExpression,
  elementType,
  fieldType,
  leastElementBytes,
  methodName,
  structOf,
} from './emit.js';
import type { VersionRange } from './descriptor.js';
import { type Band, type FieldModel, type StructModel, structsOf } from './model.js';
import { intersect } from './descriptor.js';

export function emitDecoders(root: StructModel, band: Band): string {
  const functions: string[] = [];
  for (const struct of structsOf(root)) {
    const scope = intersect(struct.versions, band.versions);
    if (scope) functions.push(emitDecoder(struct, band, scope));
  }
  return functions.join('\n');
}

function emitDecoder(struct: StructModel, band: Band, scope: VersionRange): string {
  const body: string[] = [];
  for (const field of struct.fields) {
    if (field.tag === undefined) body.push(...emitField(field, band, scope));
    else body.push(`let ${field.name}: ${fieldType(field, 'full')} = ${absent(field)};`);
  }
  if (band.isFlexible) body.push(...emitTags(struct, band, scope));
  const keys = struct.fields.map((f) => f.name).join(', ');
  const name = `decode${struct.typeName}${bandSuffix(band)}`;
  return (
    `function ${name}(reader: Reader, apiVersion: number): ${struct.typeName} {\n` +
    `${body.join('\n')}\nreturn { ${keys} };\n}\n`
  );
}

function absent(field: FieldModel): string {
  return defaultExpression(field, 'full');
}

function emitField(field: FieldModel, band: Band, scope: VersionRange): string[] {
  const { name } = field;
  const when = condition(field.versions, scope);
  const type = fieldType(field, 'full');
  if (when === 'never') return [`const ${name}: ${type} = ${absent(field)};`];
  if (!field.isArray && field.type !== 'struct') {
    const read = readScalar(field, band, scope);
    return when === 'always'
      ? [`const ${name} = ${read};`]
      : [`const ${name} = ${when} ? ${read} : ${absent(field)};`];
  }
  const inner = intersect(field.versions, scope) ?? scope;
  const isNeverNull = condition(field.nullable, inner) === 'never';
  if (when === 'always' && !field.isArray) {
    return [`const ${name} = ${readStruct(field, band, inner)};`];
  }
  if (when === 'always' && isNeverNull) return readArray(field, band, inner, 'const ');
  const statements = field.isArray
    ? readArray(field, band, inner)
    : [`${name} = ${readStruct(field, band, inner)};`];
  if (when === 'always') return [`let ${name}: ${type} = null;`, ...statements];
  return [`let ${name}: ${type} = ${absent(field)};`, `if (${when}) {`, ...statements, '}'];
}

function readScalar(field: FieldModel, band: Band, scope: VersionRange): string {
  const call = (isNullable: boolean) =>
    `reader.${methodName(field, { side: 'decode', isFlexible: band.isFlexible, isNullable })}()`;
  const inner = intersect(field.versions, scope) ?? scope;
  const nullable = condition(field.nullable, inner);
  if (nullable === 'never') return call(false);
  if (nullable === 'always' || call(true) === call(false)) return call(true);
  return `(${nullable} ? ${call(true)} : ${call(false)})`;
}

function readStruct(field: FieldModel, band: Band, scope: VersionRange): string {
  const read = `decode${structOf(field).typeName}${bandSuffix(band)}(reader, apiVersion)`;
  const nullable = condition(field.nullable, scope);
  if (nullable === 'never') return read;
  const present = `reader.int8() < 0 ? null : ${read}`;
  return nullable === 'always' ? present : `${nullable} ? (${present}) : ${read}`;
}

/** Assigns the array in the local `field.name`, which `declare` declares or which exists already. */
function readArray(
  field: FieldModel,
  band: Band,
  scope: VersionRange,
  declare: '' | 'const ' = '',
): string[] {
  const { name } = field;
  const least = leastElementBytes(field, band, scope);
  const lengthCall = (isNullable: boolean) => {
    const base = isNullable ? 'nullableArrayLength' : 'arrayLength';
    const method = band.isFlexible ? `compact${base[0]?.toUpperCase()}${base.slice(1)}` : base;
    return `reader.${method}(${least})`;
  };
  const nullable = condition(field.nullable, scope);
  const length =
    nullable === 'never'
      ? lengthCall(false)
      : nullable === 'always'
        ? lengthCall(true)
        : `${nullable} ? ${lengthCall(true)} : ${lengthCall(false)}`;
  const element =
    field.type === 'struct'
      ? `decode${structOf(field).typeName}${bandSuffix(band)}(reader, apiVersion)`
      : `reader.${methodName(field, { side: 'decode', isFlexible: band.isFlexible, isNullable: false })}()`;
  const fill = [
    `${declare}${name} = newArray<${elementType(field, 'full')}>(${name}Length);`,
    `for (let i = 0; i < ${name}Length; i++) ${name}[i] = ${element};`,
  ];
  const declared = `const ${name}Length = ${length};`;
  if (nullable === 'never') return [declared, ...fill];
  return [declared, `if (${name}Length < 0) ${name} = null; else {`, ...fill, '}'];
}

function emitTags(struct: StructModel, band: Band, scope: VersionRange): string[] {
  const tagged = struct.fields.filter(
    (f) => f.tag !== undefined && condition(f.versions, scope) !== 'never',
  );
  if (tagged.length === 0) return ['reader.skipTags();'];
  const cases = tagged.flatMap((field) => {
    const when = condition(field.versions, scope);
    const inner = intersect(field.versions, scope) ?? scope;
    const read = field.isArray
      ? readArray(field, band, inner)
      : field.type === 'struct'
        ? [`${field.name} = ${readStruct(field, band, inner)};`]
        : [`${field.name} = ${readScalar(field, band, scope)};`];
    const guarded = when === 'always' ? read : [`if (${when}) {`, ...read, '}'];
    return [`case ${field.tag}: {`, ...guarded, 'break;', '}'];
  });
  return [
    'for (let count = reader.tagCount(); count > 0; count--) {',
    'const tag = reader.uvarint();',
    'const end = reader.tagEnd();',
    'switch (tag) {',
    ...cases,
    'default:',
    '}',
    'reader.leaveTag(end);',
    '}',
  ];
}
