// One thing a broken or hostile client sends, and the bytes it is made of.

import { encodeRequest, type RequestInputMap } from '@drave/protocol';

export interface HostileCase {
  readonly family: string;
  readonly name: string;
  /** Sent at once on a connection of its own. */
  readonly bytes: Buffer;
  /** Ends the sending side after `bytes`. */
  readonly half?: true;
  /** The only outcome allowed; without it, an answer and a closed connection are both right. */
  readonly expect?: 'answered' | 'closed';
  /** What is wrong with the answer (a frame without its size); undefined when nothing is. */
  readonly check?: (answer: Buffer) => string | undefined;
}

/** A size prefix and the bytes it counts. */
export function framed(...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeInt32BE(body.length, 0);
  frame.set(body, 4);
  return frame;
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** The head of a request without client id: key, version, correlation id 1, null. */
export function head(apiKey: number, apiVersion: number): Buffer {
  return Buffer.concat([int16(apiKey), int16(apiVersion), int32(1), int16(-1)]);
}

/** A whole request frame as a client encodes it. */
export function request<Key extends keyof RequestInputMap>(
  apiKey: Key,
  apiVersion: number,
  body: RequestInputMap[Key],
): Buffer {
  return Buffer.concat(
    encodeRequest({ apiKey, apiVersion, correlationId: 1, clientId: 'hostile' }, body),
  );
}
