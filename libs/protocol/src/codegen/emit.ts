// Pieces of emitted text that types, decoders and encoders share: literals, conditions on the version, method names.
// Protects: encoder and decoder agree because both ask here. Leaves out: layout of files (generate.ts).

import type { VersionRange } from './descriptor.js';
import type { Band, FieldModel, StructModel } from './model.js';

export const zeroUuid = '00000000-0000-0000-0000-000000000000';

/** When a range applies within a scope: 'always', 'never', or an expression over `apiVersion`. */
export function condition(range: VersionRange | undefined, scope: VersionRange): string {
  if (!range || range.min > scope.max || range.max < scope.min) return 'never';
  const parts: string[] = [];
  if (range.min > scope.min) parts.push(`apiVersion >= ${range.min}`);
  if (range.max < scope.max) parts.push(`apiVersion <= ${range.max}`);
  return parts.length === 0 ? 'always' : parts.join(' && ');
}

export function elementType(field: FieldModel, form: 'full' | 'input'): string {
  switch (field.type) {
    case 'bool':
      return 'boolean';
    case 'string':
    case 'uuid':
      return 'string';
    case 'bytes':
    case 'records':
      return form === 'full' ? 'Buffer' : 'Uint8Array';
    case 'struct':
      return structOf(field).typeName + (form === 'full' ? '' : 'Input');
    default:
      return 'number';
  }
}

export function fieldType(field: FieldModel, form: 'full' | 'input'): string {
  const element = elementType(field, form);
  const arrayOf = form === 'full' ? element : `readonly ${element}`;
  const type = field.isArray ? `${arrayOf}[]` : element;
  return field.nullable || field.default === null ? `${type} | null` : type;
}

/** The value of a field that is not on the wire, as an expression. */
export function defaultExpression(field: FieldModel, form: 'full' | 'input'): string {
  if (field.default === null) return 'null';
  if (field.isArray) return '[]';
  if (typeof field.default === 'string') return `'${field.default}'`;
  if (field.default !== undefined) return String(field.default);
  switch (field.type) {
    case 'bool':
      return 'false';
    case 'string':
      return "''";
    case 'uuid':
      return `'${zeroUuid}'`;
    case 'bytes':
    case 'records':
      return 'noBytes';
    case 'struct':
      return form === 'full' ? `default${structOf(field).typeName}` : '{}';
    default:
      return '0';
  }
}

/** Name of the Reader and Writer method of a scalar. */
export function methodName(field: FieldModel, options: MethodOptions): string {
  const { type } = field;
  if (type !== 'string' && type !== 'bytes' && type !== 'records') return type;
  const base = type === 'records' && options.side === 'decode' ? 'bytes' : type;
  const nullable = options.isNullable ? `nullable${upper(base)}` : base;
  return options.isFlexible ? `compact${upper(nullable)}` : nullable;
}

export interface MethodOptions {
  readonly side: 'encode' | 'decode';
  readonly isFlexible: boolean;
  readonly isNullable: boolean;
}

export function bandSuffix(band: Band): string {
  return band.isFlexible ? 'Flexible' : 'Classic';
}

export function structOf(field: FieldModel): StructModel {
  if (!field.struct) throw new Error(`${field.name} is no structure`);
  return field.struct;
}

/** The fewest bytes an element of an array takes on the wire. */
export function leastElementBytes(field: FieldModel, band: Band, scope: VersionRange): number {
  if (field.type === 'struct') return leastStructBytes(structOf(field), band, scope);
  return leastScalarBytes(field, band);
}

function leastStructBytes(struct: StructModel, band: Band, scope: VersionRange): number {
  let sum = band.isFlexible ? 1 : 0;
  for (const field of struct.fields) {
    if (field.tag !== undefined || condition(field.versions, scope) !== 'always') continue;
    if (field.isArray) sum += band.isFlexible ? 1 : 4;
    else if (field.type !== 'struct') sum += leastScalarBytes(field, band);
    else sum += field.nullable ? 1 : leastStructBytes(structOf(field), band, scope);
  }
  return Math.max(sum, 1);
}

function leastScalarBytes(field: FieldModel, band: Band): number {
  switch (field.type) {
    case 'int16':
      return 2;
    case 'int32':
      return 4;
    case 'int64':
    case 'float64':
      return 8;
    case 'uuid':
      return 16;
    case 'string':
      return band.isFlexible ? 1 : 2;
    case 'bytes':
    case 'records':
      return band.isFlexible ? 1 : 4;
    default:
      return 1;
  }
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
