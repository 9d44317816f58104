// Whole frames: size, header and body of requests and responses, both directions, any API of the catalogue.
//
//   request:  size i32 | key i16 | version i16 | correlation i32 | clientId nullable string | [tags, flexible] | body
//   response: size i32 | correlation i32 | [tags, flexible] | body
//
// Protects: the header's form is a function of (key, version) alone; clientId keeps its 2-byte length even in flexible headers;
// the ApiVersions response header never has tags, so a client can read it before it knows the broker.
// Leaves out: cutting a stream into frames (frame-reader.ts). Trailing bytes are tolerated. Source: Kafka protocol guide, KIP-482.

import { limits } from '@drave/contracts';
import { type ApiCodec } from './api-codec.js';
import { ApiKey, apiCodecs } from './generated/catalogue.js';
import type {
  RequestInputMap,
  RequestMap,
  ResponseInputMap,
  ResponseMap,
} from './generated/message-maps.js';
import { ProtocolError } from './protocol-error.js';
import { Reader } from './reader.js';
import { Writer } from './writer.js';

/** A key the codecs know. */
export type KnownApiKey = keyof RequestMap;

export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

export interface SupportedVersions {
  readonly min: number;
  readonly max: number;
  /** First flexible version; Infinity when the API has none. */
  readonly flexibleFrom: number;
}

/** The versions the codec of `apiKey` knows; undefined for an unknown key. */
export function supportedVersions(apiKey: number): SupportedVersions | undefined {
  const codec = findCodec(apiKey);
  return (
    codec && { min: codec.minVersion, max: codec.maxVersion, flexibleFrom: codec.flexibleFrom }
  );
}

/** The camelCase name of an API, or "api <key>" for an unknown key. */
export function apiName(apiKey: number): string {
  return findCodec(apiKey)?.name ?? `api ${apiKey}`;
}

/** True for the keys that `decodeRequestBody` and the other functions accept. */
export function isKnownApiKey(apiKey: number): apiKey is KnownApiKey {
  return Object.hasOwn(apiCodecs, apiKey);
}

/**
 * Reads the header of `frame` (without its size bytes). Unknown keys and versions are fine: the caller decides what to do about
 * them; an unknown key is read as a header without tags. Throws ProtocolError when the header is truncated.
 */
export function decodeRequestHeader(frame: Buffer): {
  readonly header: RequestHeader;
  readonly bodyStart: number;
} {
  const reader = new Reader(frame);
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const clientId = reader.nullableString();
  if (apiVersion >= (findCodec(apiKey)?.flexibleFrom ?? Infinity)) reader.skipTags();
  return { header: { apiKey, apiVersion, correlationId, clientId }, bodyStart: reader.pos };
}

/**
 * Decodes the body that begins at `bodyStart`. Bytes and records are views of `frame`. Throws ProtocolError,
 * also beyond `limits.requestElementsMax` array elements.
 */
export function decodeRequestBody<K extends KnownApiKey>(
  apiKey: K,
  apiVersion: number,
  frame: Buffer,
  bodyStart: number,
): RequestMap[K] {
  const codec = codecFor(apiKey, apiVersion);
  const reader = new Reader(frame, bodyStart, frame.length, limits.requestElementsMax);
  return codec.request.decode(reader, apiVersion);
}

/**
 * Encodes a frame with its size bytes. Record bytes of 512 and more are chunks of their own, by reference: leave them alone until
 * they have been sent. Throws ProtocolError for an unknown version, RangeError for a value its field cannot carry.
 */
export function encodeRequest<K extends KnownApiKey>(
  header: RequestHeader & { readonly apiKey: K },
  body: RequestInputMap[K],
): Buffer[] {
  const { apiKey, apiVersion } = header;
  const codec = codecFor(apiKey, apiVersion);
  const writer = new Writer();
  writer.int32(0);
  writer.int16(apiKey);
  writer.int16(apiVersion);
  writer.int32(header.correlationId);
  writer.nullableString(header.clientId);
  if (apiVersion >= codec.flexibleFrom) writer.uvarint(0);
  codec.request.encode(writer, body, apiVersion);
  return writer.finishFrame();
}

/** Encodes a frame with its size bytes; record bytes and errors as in `encodeRequest`. */
export function encodeResponse<K extends KnownApiKey>(
  apiKey: K,
  apiVersion: number,
  correlationId: number,
  body: ResponseInputMap[K],
): Buffer[] {
  const codec = codecFor(apiKey, apiVersion);
  const writer = new Writer();
  writer.int32(0);
  writer.int32(correlationId);
  if (responseHeaderHasTags(apiKey, apiVersion, codec.flexibleFrom)) writer.uvarint(0);
  codec.response.encode(writer, body, apiVersion);
  return writer.finishFrame();
}

/** Decodes `frame` (without its size bytes) as the answer to a request of that key and version. Throws ProtocolError. */
export function decodeResponse<K extends KnownApiKey>(
  apiKey: K,
  apiVersion: number,
  frame: Buffer,
): { readonly correlationId: number; readonly body: ResponseMap[K] } {
  const codec = codecFor(apiKey, apiVersion);
  const reader = new Reader(frame);
  const correlationId = reader.int32();
  if (responseHeaderHasTags(apiKey, apiVersion, codec.flexibleFrom)) reader.skipTags();
  return { correlationId, body: codec.response.decode(reader, apiVersion) };
}

function responseHeaderHasTags(apiKey: number, apiVersion: number, flexibleFrom: number): boolean {
  return apiVersion >= flexibleFrom && apiKey !== ApiKey.apiVersions;
}

function findCodec(apiKey: number): ApiCodec<unknown, never, unknown, never> | undefined {
  return isKnownApiKey(apiKey) ? apiCodecs[apiKey] : undefined;
}

function codecFor<K extends KnownApiKey>(
  apiKey: K,
  apiVersion: number,
): ApiCodec<RequestMap[K], RequestInputMap[K], ResponseMap[K], ResponseInputMap[K]> {
  if (!isKnownApiKey(apiKey)) throw new ProtocolError(`unknown API key ${String(apiKey)}`);
  const codec = apiCodecs[apiKey];
  if (apiVersion < codec.minVersion || apiVersion > codec.maxVersion) {
    throw new ProtocolError(
      `${codec.name} version ${apiVersion} is outside ${codec.minVersion} to ${codec.maxVersion}`,
    );
  }
  return codec;
}
