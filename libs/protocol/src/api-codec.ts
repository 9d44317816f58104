// What generated code offers per API key. Protects: encode and decode of one message meet in one object, so neither can be missing.

import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

/** Both directions of one message; `apiVersion` must be one the API's codec knows. */
export interface MessageCodec<Value, Input> {
  readonly decode: (reader: Reader, apiVersion: number) => Value;
  readonly encode: (writer: Writer, value: Input, apiVersion: number) => void;
}

export interface ApiCodec<Request, RequestInput, Response, ResponseInput> {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** First flexible version; Infinity when there is none. */
  readonly flexibleFrom: number;
  readonly request: MessageCodec<Request, RequestInput>;
  readonly response: MessageCodec<Response, ResponseInput>;
}

/** For the generated catalogue; `versions` are the least, the greatest and the first flexible one. */
export function apiCodec<Request, RequestInput, Response, ResponseInput>(
  name: string,
  versions: readonly [number, number, number],
  request: MessageCodec<Request, RequestInput>,
  response: MessageCodec<Response, ResponseInput>,
): ApiCodec<Request, RequestInput, Response, ResponseInput> {
  const [minVersion, maxVersion, flexibleFrom] = versions;
  return { name, minVersion, maxVersion, flexibleFrom, request, response };
}
