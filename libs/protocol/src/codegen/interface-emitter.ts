// Emits the TypeScript interfaces of a message: the full form that decoders return, the input form that encoders take.
// Protects: both forms list the fields in wire order. Leaves out: code.

import { fieldType } from './emit.js';
import type { VersionRange } from './descriptor.js';
import { type FieldModel, type StructModel, structsOf } from './model.js';

export function emitInterfaces(root: StructModel, apiVersions: VersionRange): string {
  const structs = structsOf(root).reverse();
  return structs.map((struct) => emitFull(struct, apiVersions) + emitInput(struct)).join('\n');
}

function emitFull(struct: StructModel, apiVersions: VersionRange): string {
  const lines = struct.fields.map((field) => {
    const note = versionNote(field, apiVersions);
    const comment = note ? `  /** ${note} */\n` : '';
    return `${comment}  readonly ${field.name}: ${fieldType(field, 'full')};\n`;
  });
  return `export interface ${struct.typeName} {\n${lines.join('')}}\n\n`;
}

function emitInput(struct: StructModel): string {
  const lines = struct.fields.map((field) => {
    const type = fieldType(field, 'input');
    return field.isOptional
      ? `  readonly ${field.name}?: ${type} | undefined;\n`
      : `  readonly ${field.name}: ${type};\n`;
  });
  return `export interface ${struct.typeName}Input {\n${lines.join('')}}\n\n`;
}

function versionNote(field: FieldModel, apiVersions: VersionRange): string {
  const parts: string[] = [];
  const present = rangeText(field.versions, apiVersions);
  if (present) parts.push(`Versions ${present}`);
  if (field.nullable) {
    const nullable = rangeText(field.nullable, field.versions);
    if (nullable) parts.push(`null in ${nullable}`);
  }
  if (field.default !== undefined && field.default !== null && (present || field.default !== 0))
    parts.push(`default ${field.default === '' ? 'empty' : String(field.default)}`);
  return parts.length === 0 ? '' : `${parts.join('; ')}.`;
}

function rangeText(range: VersionRange, whole: VersionRange): string {
  if (range.min <= whole.min && range.max >= whole.max) return '';
  if (range.min === range.max) return String(range.min);
  return range.max >= whole.max ? `${range.min}+` : `${range.min} to ${range.max}`;
}
