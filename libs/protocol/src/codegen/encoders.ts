// Emits one straight-line encode function per structure and band. Protects: fields leave in wire order, tagged fields ascend by
// tag and are omitted when they equal their default, null leaves only where the version has a null.
// Leaves out: range checks of small integers (the type of a field is the caller's promise).

import { bandSuffix, condition, defaultExpression, methodName, structOf } from './emit.js';
import { type VersionRange, intersect } from './descriptor.js';
import { type Band, type FieldModel, type StructModel, structsOf } from './model.js';

export function emitEncoders(root: StructModel, band: Band): string {
  const functions: string[] = [];
  for (const struct of structsOf(root)) {
    const scope = intersect(struct.versions, band.versions);
    if (scope) functions.push(emitEncoder(struct, band, scope));
  }
  return functions.join('\n');
}

function emitEncoder(struct: StructModel, band: Band, scope: VersionRange): string {
  const body: string[] = [];
  for (const field of struct.fields) {
    if (field.tag !== undefined) continue;
    const when = condition(field.versions, scope);
    if (when === 'never') continue;
    const inner = intersect(field.versions, scope) ?? scope;
    const statements = writeField(field, struct, band, inner);
    if (when === 'always') body.push(...statements);
    else body.push(`if (${when}) {`, ...statements, '}');
  }
  if (band.isFlexible) body.push(...writeTags(struct, band, scope));
  const name = `encode${struct.typeName}${bandSuffix(band)}`;
  return (
    `function ${name}(writer: Writer, value: ${struct.typeName}Input, apiVersion: number): void {\n` +
    `${body.join('\n')}\n}\n`
  );
}

/** The value to encode: the caller's, else the default. */
function valueOf(field: FieldModel): string {
  const given = `value.${field.name}`;
  if (!field.isOptional) return given;
  const fallback = defaultExpression(field, 'input');
  return field.nullable && field.default !== null
    ? `(${given} === undefined ? ${fallback} : ${given})`
    : `(${given} ?? ${fallback})`;
}

/** `valueOf` narrowed to a value that is not null, for versions without null. */
function presentValueOf(field: FieldModel, struct: StructModel): string {
  if (!field.nullable && field.default !== null) return valueOf(field);
  if (field.emptyForNull) {
    const empty = defaultExpression({ ...field, default: undefined }, 'input');
    return `(value.${field.name} ?? ${empty})`;
  }
  return `notNull(${valueOf(field)}, '${struct.typeName}.${field.name}', apiVersion)`;
}

function writeField(
  field: FieldModel,
  struct: StructModel,
  band: Band,
  scope: VersionRange,
): string[] {
  const nullable = condition(field.nullable, scope);
  if (nullable === 'always') return writeNullable(field, band);
  const present = writePresent(field, presentValueOf(field, struct), band);
  if (nullable === 'never') return present;
  return [`if (${nullable}) {`, ...writeNullable(field, band), '} else {', ...present, '}'];
}

function writePresent(field: FieldModel, value: string, band: Band): string[] {
  if (field.isArray) {
    return [`const ${field.name} = ${value};`, ...writeArray(field, band)];
  }
  if (field.type === 'struct') return [`${encodeCall(field, value, band)};`];
  return [writeScalar(field, value, band, false)];
}

function writeNullable(field: FieldModel, band: Band): string[] {
  const { name } = field;
  if (!field.isArray && field.type !== 'struct') {
    return [writeScalar(field, valueOf(field), band, true)];
  }
  const declared = `const ${name} = ${valueOf(field)};`;
  if (field.isArray) {
    const nothing = `writer.${band.isFlexible ? 'compactArrayLength' : 'arrayLength'}(-1);`;
    return [declared, `if (${name} === null) ${nothing} else {`, ...writeArray(field, band), '}'];
  }
  const present = ['writer.int8(1);', `${encodeCall(field, name, band)};`];
  return [declared, `if (${name} === null) writer.int8(-1); else {`, ...present, '}'];
}

function writeScalar(field: FieldModel, value: string, band: Band, isNullable: boolean): string {
  const method = methodName(field, { side: 'encode', isFlexible: band.isFlexible, isNullable });
  return `writer.${method}(${value});`;
}

/** Writes the array in the local `field.name`. */
function writeArray(field: FieldModel, band: Band): string[] {
  const { name } = field;
  const element =
    field.type === 'struct'
      ? `${encodeCall(field, 'element', band)};`
      : writeScalar(field, 'element', band, false);
  return [
    `writer.${band.isFlexible ? 'compactArrayLength' : 'arrayLength'}(${name}.length);`,
    `for (const element of ${name}) ${element}`,
  ];
}

function encodeCall(field: FieldModel, value: string, band: Band): string {
  return `encode${structOf(field).typeName}${bandSuffix(band)}(writer, ${value}, apiVersion)`;
}

function writeTags(struct: StructModel, band: Band, scope: VersionRange): string[] {
  const tagged = struct.fields
    .filter((f) => f.tag !== undefined && condition(f.versions, scope) !== 'never')
    .sort((a, b) => (a.tag ?? 0) - (b.tag ?? 0));
  if (tagged.length === 0) return ['writer.uvarint(0);'];
  const declared = tagged.flatMap((field) => {
    const when = condition(field.versions, scope);
    const guard = when === 'always' ? '' : `${when} && `;
    return [
      `const ${field.name} = ${valueOf(field)};`,
      `const has${capital(field.name)} = ${guard}${differsFromDefault(field)};`,
    ];
  });
  const count = tagged.map((f) => `(has${capital(f.name)} ? 1 : 0)`).join(' + ');
  const written = tagged.flatMap((field) => [
    `if (has${capital(field.name)}) {`,
    `const mark = writer.enterTag(${field.tag});`,
    ...writeTagged(field, band),
    'writer.leaveTag(mark);',
    '}',
  ]);
  return [...declared, `writer.uvarint(${count});`, ...written];
}

function writeTagged(field: FieldModel, band: Band): string[] {
  if (field.isArray) return writeArray(field, band);
  if (field.type === 'struct') return [`${encodeCall(field, field.name, band)};`];
  return [writeScalar(field, field.name, band, field.nullable !== undefined)];
}

/** True when the local `field.name` holds something worth a tagged field. */
function differsFromDefault(field: FieldModel): string {
  const { name } = field;
  if (field.isArray) {
    const filled = `${name}.length > 0`;
    return field.nullable ? `${name} !== null && ${filled}` : filled;
  }
  if (field.type !== 'struct') return `${name} !== ${defaultExpression(field, 'input')}`;
  const parts = structOf(field).fields.map((inner) => {
    if (inner.isArray || inner.type === 'struct')
      throw new Error(`${name}.${inner.name}: tagged structures hold scalars only`);
    const fallback = defaultExpression(inner, 'input');
    return `(${name}.${inner.name} ?? ${fallback}) !== ${fallback}`;
  });
  return `(${parts.join(' || ')})`;
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
