// Random values for any message at any version, derived from the descriptors. Protects: tests cover each field and version
// without naming them. A field absent from the version carries Kafka's default, as a decoder returns it.

import fc from 'fast-check';
import { type VersionRange } from '../src/codegen/descriptor.js';
import { zeroUuid } from '../src/codegen/emit.js';
import {
  type ApiModel,
  type FieldModel,
  type StructModel,
  resolveApi,
} from '../src/codegen/model.js';
import { apiDescriptors } from '../src/messages/catalogue.js';

export type Value = Record<string, unknown>;

export const apiModels: readonly ApiModel[] = apiDescriptors.map(resolveApi);

export interface MessageCase {
  readonly title: string;
  readonly model: ApiModel;
  readonly version: number;
  readonly direction: 'request' | 'response';
}

/** Every (API, version, direction) the codecs know. */
export const messageCases: readonly MessageCase[] = apiModels.flatMap((model) =>
  versionsOf(model).flatMap((version) =>
    (['request', 'response'] as const).map((direction) => ({
      title: `${model.name} v${version} ${direction}`,
      model,
      version,
      direction,
    })),
  ),
);

export function versionsOf(model: ApiModel): number[] {
  const { min, max } = model.versions;
  return Array.from({ length: max - min + 1 }, (_, i) => min + i);
}

export interface ValueOptions {
  /** Largest number of elements in an array. */
  readonly maxElements?: number;
  /** Chooses a field's arbitrary instead of the default choice; undefined leaves it. */
  readonly override?: (field: FieldModel) => fc.Arbitrary<unknown> | undefined;
}

export function messageValue(
  struct: StructModel,
  version: number,
  options: ValueOptions = {},
): fc.Arbitrary<Value> {
  const fields = struct.fields.map((field): [string, fc.Arbitrary<unknown>] => [
    field.name,
    includes(field.versions, version)
      ? fieldValue(field, version, options)
      : fc.constant(absentValue(field)),
  ]);
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
}

/** What a decoder returns for a field that is not on the wire. */
export function absentValue(field: FieldModel): unknown {
  if (field.default === null) return null;
  if (field.isArray) return [];
  if (field.default !== undefined) return field.default;
  switch (field.type) {
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'uuid':
      return zeroUuid;
    case 'bytes':
    case 'records':
      return Buffer.alloc(0);
    case 'struct':
      return Object.fromEntries((field.struct?.fields ?? []).map((f) => [f.name, absentValue(f)]));
    default:
      return 0;
  }
}

function fieldValue(field: FieldModel, version: number, options: ValueOptions) {
  const element = options.override?.(field) ?? elementValue(field, version, options);
  const value = field.isArray
    ? fc.array(element, { maxLength: options.maxElements ?? 3 })
    : element;
  const mayBeNull = field.nullable !== undefined && includes(field.nullable, version);
  return mayBeNull && !options.override?.(field) ? fc.option(value, { nil: null, freq: 4 }) : value;
}

function elementValue(field: FieldModel, version: number, options: ValueOptions) {
  switch (field.type) {
    case 'bool':
      return fc.boolean();
    case 'int8':
      return fc.integer({ min: -128, max: 127 });
    case 'int16':
      return fc.integer({ min: -32_768, max: 32_767 });
    case 'int32':
      return fc.integer({ min: -2_147_483_648, max: 2_147_483_647 });
    case 'int64':
      return fc.maxSafeInteger();
    case 'float64':
      return fc.double({ noNaN: true });
    case 'string':
      return fc.oneof(
        { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
        { weight: 1, arbitrary: fc.string({ minLength: 100, maxLength: 300 }) },
      );
    case 'uuid':
      return fc.uuid();
    case 'bytes':
    case 'records':
      return fc.uint8Array({ maxLength: 700, size: 'max' }).map((bytes) => Buffer.from(bytes));
    case 'struct':
      return messageValue(field.struct as StructModel, version, options);
  }
}

function includes(range: VersionRange, version: number): boolean {
  return version >= range.min && version <= range.max;
}
