// How a message of the Kafka protocol is written down: fields with type, version range, nullability, tag and default.
// Protects: every fact about the wire is data in one place; encoders, decoders, types and random test values derive from it.
// Leaves out: everything about meaning (the handlers' business) and how code is emitted (generate.ts).
// Source of the facts: Kafka protocol guide and its message definitions; version texts read "3+", "3-8" or "3".

export type PrimitiveType =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'string'
  | 'bytes'
  | 'records'
  | 'uuid';

export type FieldDefault = number | string | boolean | null;

export interface FieldOptions {
  /** Versions in which null is legal. */
  readonly nullable?: string;
  /** Present as a tagged field under this number (flexible versions only). */
  readonly tag?: number;
  /** Kafka's default: decoded when absent, optional when encoding, omitted from the tag section when equal. */
  readonly default?: FieldDefault;
  /** Last part of the generated interface's name; otherwise the singular of the field name. */
  readonly as?: string;
  /** Encoding null in a version without null writes an empty value instead of failing. */
  readonly emptyForNull?: true;
}

export interface FieldDescriptor extends FieldOptions {
  readonly name: string;
  readonly type: PrimitiveType | 'struct';
  readonly isArray: boolean;
  readonly versions: string;
  /** Only for type 'struct'. */
  readonly fields: readonly FieldDescriptor[];
}

export interface ApiDescriptor {
  readonly key: number;
  /** camelCase, as in `ApiKey`. */
  readonly name: string;
  /** Versions the codec knows. */
  readonly versions: string;
  /** First version with compact lengths and tagged fields; null when the API never got one. */
  readonly flexibleFrom: number | null;
  readonly request: readonly FieldDescriptor[];
  readonly response: readonly FieldDescriptor[];
}

export function api(descriptor: ApiDescriptor): ApiDescriptor {
  return descriptor;
}

/** A value, or with type `[]x` an array of values. */
export function field(
  name: string,
  type: PrimitiveType | `[]${PrimitiveType}`,
  versions: string,
  options: FieldOptions = {},
): FieldDescriptor {
  const isArray = type.startsWith('[]');
  const element = (isArray ? type.slice(2) : type) as PrimitiveType;
  return { ...options, name, type: element, isArray, versions, fields: [] };
}

/** An array of structures. */
export function list(
  name: string,
  versions: string,
  fields: readonly FieldDescriptor[],
  options: FieldOptions = {},
): FieldDescriptor {
  return { ...options, name, type: 'struct', isArray: true, versions, fields };
}

/** One nested structure. */
export function struct(
  name: string,
  versions: string,
  fields: readonly FieldDescriptor[],
  options: FieldOptions = {},
): FieldDescriptor {
  return { ...options, name, type: 'struct', isArray: false, versions, fields };
}

/** Inclusive range of versions. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** Parses "3+", "3-8" or "3". Throws on anything else: a descriptor is wrong. */
export function parseVersions(text: string): VersionRange {
  const match = /^(\d+)(\+|-(\d+))?$/.exec(text);
  if (!match) throw new Error(`bad version range "${text}" in a descriptor`);
  const min = Number(match[1]);
  const max = match[2] === '+' ? Infinity : Number(match[3] ?? match[1]);
  return { min, max };
}

/** The versions in both ranges; undefined when there is none. */
export function intersect(a: VersionRange, b: VersionRange): VersionRange | undefined {
  const min = Math.max(a.min, b.min);
  const max = Math.min(a.max, b.max);
  return min <= max ? { min, max } : undefined;
}
