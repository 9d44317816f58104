// Descriptors resolved against one API's version range: structures with unique type names, fields with parsed ranges.
// Protects: a field outside the API's versions never reaches generated code; a tag or struct that cannot work fails here.
// Leaves out: text. The emitters read this model only.

import {
  type ApiDescriptor,
  type FieldDefault,
  type FieldDescriptor,
  type PrimitiveType,
  type VersionRange,
  intersect,
  parseVersions,
} from './descriptor.js';

export interface FieldModel {
  readonly name: string;
  readonly type: PrimitiveType | 'struct';
  readonly isArray: boolean;
  readonly versions: VersionRange;
  readonly nullable: VersionRange | undefined;
  readonly tag: number | undefined;
  readonly default: FieldDefault | undefined;
  readonly emptyForNull: boolean;
  /** May be left out when encoding. */
  readonly isOptional: boolean;
  readonly struct: StructModel | undefined;
}

export interface StructModel {
  readonly typeName: string;
  readonly versions: VersionRange;
  readonly fields: readonly FieldModel[];
}

/** One encoding style over neighbouring versions: classic lengths, or compact lengths with tag sections. */
export interface Band {
  readonly isFlexible: boolean;
  readonly versions: VersionRange;
}

export interface ApiModel {
  readonly key: number;
  readonly name: string;
  readonly typeName: string;
  readonly versions: VersionRange;
  readonly flexibleFrom: number | undefined;
  readonly bands: readonly Band[];
  readonly request: StructModel;
  readonly response: StructModel;
}

export function resolveApi(descriptor: ApiDescriptor): ApiModel {
  const versions = parseVersions(descriptor.versions);
  const typeName = pascal(descriptor.name);
  const flexibleFrom = descriptor.flexibleFrom ?? undefined;
  const bands: Band[] = [];
  const classic = intersect(versions, { min: 0, max: (flexibleFrom ?? Infinity) - 1 });
  if (classic) bands.push({ isFlexible: false, versions: classic });
  const flexible = intersect(versions, { min: flexibleFrom ?? Infinity, max: Infinity });
  if (flexible) bands.push({ isFlexible: true, versions: flexible });
  const resolve = (direction: string, fields: readonly FieldDescriptor[]) =>
    resolveStruct(`${typeName}${direction}`, fields, versions);
  return {
    key: descriptor.key,
    name: descriptor.name,
    typeName,
    versions,
    flexibleFrom,
    bands,
    request: resolve('Request', descriptor.request),
    response: resolve('Response', descriptor.response),
  };
}

/** Every structure of a message, innermost first, so that emitted code reads bottom-up. */
export function structsOf(root: StructModel): StructModel[] {
  const nested = root.fields.flatMap((f) => (f.struct ? structsOf(f.struct) : []));
  return [...nested, root];
}

function resolveStruct(
  typeName: string,
  fields: readonly FieldDescriptor[],
  versions: VersionRange,
): StructModel {
  const resolved: FieldModel[] = [];
  for (const descriptor of fields) {
    const present = intersect(parseVersions(descriptor.versions), versions);
    if (!present) continue;
    resolved.push(resolveField(typeName, descriptor, present, versions));
  }
  return { typeName, versions, fields: resolved };
}

function resolveField(
  parent: string,
  descriptor: FieldDescriptor,
  versions: VersionRange,
  structVersions: VersionRange,
): FieldModel {
  const { name, type, isArray, tag } = descriptor;
  const nullable = descriptor.nullable
    ? intersect(parseVersions(descriptor.nullable), versions)
    : undefined;
  const isPartial = versions.min > structVersions.min || versions.max < structVersions.max;
  const isOptional =
    descriptor.default !== undefined || tag !== undefined || isPartial || name === 'throttleTimeMs';
  const structName = parent + (descriptor.as ?? (isArray ? singular(pascal(name)) : pascal(name)));
  if (tag !== undefined && type === 'struct' && !isArray && nullable)
    throw new Error(`${parent}.${name}: a nullable tagged structure is not supported`);
  return {
    name,
    type,
    isArray,
    versions,
    nullable,
    tag,
    default: descriptor.default,
    emptyForNull: descriptor.emptyForNull ?? false,
    isOptional,
    struct: type === 'struct' ? resolveStruct(structName, descriptor.fields, versions) : undefined,
  };
}

export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function singular(name: string): string {
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`;
  return /[^s]s$/.test(name) ? name.slice(0, -1) : name;
}
