// Every message, direction and version of the catalogue: round trips, truncation, tolerance, golden bytes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ApiKey,
  type KnownApiKey,
  ProtocolError,
  apiName,
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  isKnownApiKey,
  supportedVersions,
} from '../src/index.js';
import { type MessageCase, type Value, messageCases, messageValue } from './message-values.js';

const correlationId = 77;
const clientId = 'tester';

/** The frame without its size bytes, which are checked on the way. */
function encode({ model, version, direction }: MessageCase, value: Value): Buffer {
  const apiKey = model.key as KnownApiKey;
  const chunks =
    direction === 'request'
      ? encodeRequest({ apiKey, apiVersion: version, correlationId, clientId }, value as never)
      : encodeResponse(apiKey, version, correlationId, value as never);
  const whole = Buffer.concat(chunks);
  expect(whole.readInt32BE(0)).toBe(whole.length - 4);
  return whole.subarray(4);
}

function decode({ model, version, direction }: MessageCase, frame: Buffer): unknown {
  const apiKey = model.key as KnownApiKey;
  if (direction === 'response') {
    return decodeResponse(apiKey, version, frame).body;
  }
  const { header, bodyStart } = decodeRequestHeader(frame);
  expect(header).toEqual({ apiKey, apiVersion: version, correlationId, clientId });
  return decodeRequestBody(apiKey, version, frame, bodyStart);
}

describe('round trip', () => {
  it.each(messageCases)('$title keeps every value', (messageCase) => {
    const { model, version, direction } = messageCase;
    fc.assert(
      fc.property(messageValue(model[direction], version), (value) => {
        expect(decode(messageCase, encode(messageCase, value))).toEqual(value);
      }),
      { numRuns: 25 },
    );
  });
});
