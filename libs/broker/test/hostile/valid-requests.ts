// Valid requests of every API and version the broker advertises, derived from the descriptors, and the same cut at every byte.
// Protects: a message added to the protocol is attacked without being named here. Values are fixed, so cases keep their meaning.

import {
  apiModels,
  type ApiModel,
  type FieldModel,
  type StructModel,
} from '@drave/protocol/codegen';
import { buildBatch, encodeRequest, type RequestInputMap } from '@drave/protocol';
import { framed, type HostileCase } from './hostile-case.ts';

export interface AdvertisedRange {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

export interface ValidRequest {
  readonly name: string;
  readonly model: ApiModel;
  readonly apiVersion: number;
  /** With its size bytes. */
  readonly frame: Buffer;
}

/** How many elements an array has, how long a text is, and whether what may be null is. */
interface Shape {
  readonly elements: number;
  readonly text: string;
  readonly isNull: boolean;
}

const shapes: Readonly<Record<string, Shape>> = {
  small: { elements: 1, text: 'a', isNull: false },
  nulls: { elements: 1, text: 'topic', isNull: true },
  empty: { elements: 0, text: '', isNull: false },
  pairs: { elements: 2, text: 'orders', isNull: false },
  large: { elements: 3, text: 'a-topic-of-a-group', isNull: false },
};

/** Every request of `advertised` in four shapes; versions that the codec refuses to carry are left out. */
export function validRequests(advertised: readonly AdvertisedRange[]): ValidRequest[] {
  const models = new Map(apiModels().map((model) => [model.key, model]));
  const found: ValidRequest[] = [];
  for (const { apiKey, minVersion, maxVersion } of advertised) {
    const model = models.get(apiKey);
    if (!model) throw new Error(`API ${apiKey} is advertised without a descriptor`);
    for (let apiVersion = minVersion; apiVersion <= maxVersion; apiVersion++) {
      if (apiVersion < model.versions.min) continue;
      for (const [shape, values] of Object.entries(shapes)) {
        const name = `${model.name} v${apiVersion} ${shape}`;
        found.push({ name, model, apiVersion, frame: encoded(model, apiVersion, values) });
      }
    }
  }
  return found;
}

/** `valid` cut before each byte behind its first eight; the size tells of what is left, so that the decoder meets the end. */
export function* cuts(valid: ValidRequest): Generator<HostileCase> {
  const body = valid.frame.subarray(4);
  for (let length = 8; length < body.length; length++) {
    yield {
      family: 'cut',
      name: `${valid.name} cut at ${length} of ${body.length}`,
      bytes: framed(body.subarray(0, length)),
    };
  }
}

function encoded(model: ApiModel, apiVersion: number, shape: Shape): Buffer {
  const apiKey = model.key as keyof RequestInputMap;
  const header = { apiKey, apiVersion, correlationId: 1, clientId: shape.text };
  return Buffer.concat(
    encodeRequest(header, structValue(model.request, apiVersion, shape) as never),
  );
}

function structValue(struct: StructModel, version: number, shape: Shape): Record<string, unknown> {
  return Object.fromEntries(
    struct.fields
      .filter(({ versions }) => version >= versions.min && version <= versions.max)
      .map((field) => [field.name, fieldValue(field, version, shape)]),
  );
}

function fieldValue(field: FieldModel, version: number, shape: Shape): unknown {
  const { nullable } = field;
  const mayBeNull = nullable !== undefined && version >= nullable.min && version <= nullable.max;
  if (mayBeNull && shape.isNull) return null;
  if (field.name === 'acks') return -1;
  if (!field.isArray) return elementValue(field, version, shape, 0);
  return Array.from({ length: shape.elements }, (_, index) =>
    elementValue(field, version, shape, index),
  );
}

function elementValue(field: FieldModel, version: number, shape: Shape, index: number): unknown {
  switch (field.type) {
    case 'bool':
      return index === 0;
    case 'string':
      return index === 0 ? shape.text : `${shape.text}${index}`;
    case 'uuid':
      return '00000000-0000-0000-0000-000000000000';
    case 'bytes':
      return Buffer.from(shape.text);
    case 'records':
      return buildBatch([{ key: null, value: Buffer.from(shape.text), timestamp: 1_000 }], {});
    case 'struct':
      return field.struct ? structValue(field.struct, version, shape) : {};
    default:
      return index;
  }
}
