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

describe('malformed bytes', () => {
  it.each(messageCases)('$title cut anywhere is a ProtocolError or a value', (messageCase) => {
    const { model, version, direction } = messageCase;
    fc.assert(
      fc.property(messageValue(model[direction], version, { maxElements: 2 }), (value) => {
        const frame = encode(messageCase, value);
        for (let end = 0; end < frame.length; end += end < 512 ? 1 : 97) {
          decodeOrRefuse(messageCase, frame.subarray(0, end));
        }
      }),
      { numRuns: 3 },
    );
  });

  it.each(messageCases)(
    '$title with altered bytes is a ProtocolError or a value',
    (messageCase) => {
      const { model, version, direction } = messageCase;
      const alterations = fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 127, 128, 255)), {
        minLength: 1,
        maxLength: 6,
      });
      const values = messageValue(model[direction], version, { maxElements: 2 });
      fc.assert(
        fc.property(values, alterations, (value, changes) => {
          const frame = encode(messageCase, value);
          for (const [at, byte] of changes) frame[at % frame.length] = byte;
          decodeOrRefuse(messageCase, frame);
        }),
        { numRuns: 50 },
      );
    },
  );

  it.each(messageCases)('$title of random bytes is a ProtocolError or a value', (messageCase) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeOrRefuse(messageCase, Buffer.from(bytes));
      }),
      { numRuns: 50 },
    );
  });

  it('refuses an array longer than the bytes left before allocating it', () => {
    const frame = encodeSize(2_147_483_647);
    expect(() => decodeRequestBody(ApiKey.metadata, 1, frame, 0)).toThrow(ProtocolError);
    expect(() => decodeRequestBody(ApiKey.offsetDelete, 0, frame, 0)).toThrow(ProtocolError);
  });

  it('refuses an int64 beyond the safe integers', () => {
    const value = { groupId: 'g', generationIdOrMemberEpoch: 1, memberId: 'm', topics: [] };
    const frame = Buffer.concat(
      encodeRequest({ apiKey: ApiKey.offsetCommit, apiVersion: 2, correlationId, clientId }, value),
    ).subarray(4);
    const { bodyStart } = decodeRequestHeader(frame);
    frame.fill(0x7f, frame.length - 12, frame.length - 4);
    expect(() => decodeRequestBody(ApiKey.offsetCommit, 2, frame, bodyStart)).toThrow(/2\^53/);
  });

  it('refuses null where the version has none', () => {
    const frame = Buffer.from('ffff', 'hex');
    expect(() => decodeRequestBody(ApiKey.heartbeat, 0, frame, 0)).toThrow(ProtocolError);
  });
});

describe('tolerance', () => {
  it.each(messageCases)('$title ignores trailing bytes', (messageCase) => {
    const { model, version, direction } = messageCase;
    const [value = {}] = fc.sample(messageValue(model[direction], version), 1);
    const frame = Buffer.concat([encode(messageCase, value), Buffer.from('trailing')]);
    expect(decode(messageCase, frame)).toEqual(value);
  });

  it('skips unknown tagged fields by their size, in headers, structures and at the end', () => {
    const unknownTags = '02' + '05' + '03' + 'aabbcc' + '63' + '00';
    const header = '0003' + '0009' + '00000007' + '0001' + '6d';
    const topics = '02' + '02' + '61' + unknownTags;
    const frame = Buffer.from(`${header}${unknownTags}${topics}010001${unknownTags}`, 'hex');
    const { header: read, bodyStart } = decodeRequestHeader(frame);
    expect(read).toEqual({ apiKey: 3, apiVersion: 9, correlationId: 7, clientId: 'm' });
    expect(decodeRequestBody(ApiKey.metadata, 9, frame, bodyStart)).toEqual({
      topics: [{ topicId: '00000000-0000-0000-0000-000000000000', name: 'a' }],
      allowAutoTopicCreation: true,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: true,
    });
  });

  it('reads the header of an unknown key, and of an ApiVersions version above its own', () => {
    const unknown = Buffer.from('03e7' + '0000' + '00000001' + 'ffff', 'hex');
    expect(decodeRequestHeader(unknown)).toEqual({
      header: { apiKey: 999, apiVersion: 0, correlationId: 1, clientId: null },
      bodyStart: 10,
    });
    const newer = Buffer.from('0012' + '0063' + '00000001' + '000161' + '00' + 'ff', 'hex');
    expect(decodeRequestHeader(newer).header).toMatchObject({ apiVersion: 99, clientId: 'a' });
  });

  it('refuses bodies of unknown keys and versions', () => {
    const unknownKey = 999 as KnownApiKey;
    expect(() => decodeRequestBody(unknownKey, 0, Buffer.alloc(4), 0)).toThrow(/unknown API key/);
    expect(() => decodeRequestBody(ApiKey.fetch, 3, Buffer.alloc(4), 0)).toThrow(/4 to 17/);
    expect(() => decodeResponse(ApiKey.fetch, 99, Buffer.alloc(4))).toThrow(ProtocolError);
  });
});

describe('golden bytes', () => {
  const apiVersion = (version: number) =>
    ({ apiKey: 18, apiVersion: version, correlationId, clientId }) as const;

  it('ApiVersions v0 request is header v1 and nothing else', () => {
    const frame = Buffer.concat(encodeRequest(apiVersion(0), {}));
    expect(frame.toString('hex')).toBe(
      '00000010' + '0012' + '0000' + '0000004d' + '0006746573746572',
    );
  });

  it('ApiVersions v3 request has header v2 with a classic client id and compact strings', () => {
    const body = { clientSoftwareName: 'drave', clientSoftwareVersion: '1.0' };
    const frame = Buffer.concat(encodeRequest(apiVersion(3), body));
    expect(frame.toString('hex')).toBe(
      '0000001c' +
        '0012' +
        '0003' +
        '0000004d' +
        '0006746573746572' +
        '00' +
        '066472617665' +
        '04312e30' +
        '00',
    );
  });

  it('ApiVersions v3 response keeps header v0 and omits tagged fields at their default', () => {
    const body = { errorCode: 0, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] };
    const frame = Buffer.concat(encodeResponse(ApiKey.apiVersions, 3, 1, body));
    expect(frame.toString('hex')).toBe(
      '00000013' + '00000001' + '0000' + '02' + '0012' + '0000' + '0004' + '00' + '00000000' + '00',
    );
  });

  it('ApiVersions v0 error response is readable by any client', () => {
    const body = { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] };
    const frame = Buffer.concat(encodeResponse(ApiKey.apiVersions, 0, 1, body));
    expect(frame.toString('hex')).toBe(
      '00000010' + '00000001' + '0023' + '00000001' + '001200000004',
    );
  });

  it('Heartbeat v4 response is header v1', () => {
    const frame = Buffer.concat(encodeResponse(ApiKey.heartbeat, 4, 2, { errorCode: 27 }));
    expect(frame.toString('hex')).toBe('0000000c' + '00000002' + '00' + '00000000' + '001b' + '00');
  });
});

describe('encoding', () => {
  const topic = (records: Uint8Array | null) => ({
    responses: [
      {
        topic: 't',
        partitions: [
          { partitionIndex: 0, errorCode: 0, highWatermark: 1, abortedTransactions: null, records },
        ],
      },
    ],
  });

  it('hands large record bytes on by reference, in their place', () => {
    const records = Buffer.alloc(4096, 7);
    const chunks = encodeResponse(ApiKey.fetch, 12, 9, topic(records));
    expect(chunks.some((chunk) => chunk === records)).toBe(true);
    const frame = Buffer.concat(chunks).subarray(4);
    expect(
      decodeResponse(ApiKey.fetch, 12, frame).body.responses[0]?.partitions[0]?.records,
    ).toEqual(records);
  });

  it('copies small record bytes into the message', () => {
    expect(encodeResponse(ApiKey.fetch, 4, 9, topic(Buffer.alloc(100)))).toHaveLength(1);
  });

  it('returns record bytes as a view of the frame', () => {
    const frame = Buffer.concat(
      encodeResponse(ApiKey.fetch, 4, 9, topic(Buffer.alloc(600, 1))),
    ).subarray(4);
    const view = decodeResponse(ApiKey.fetch, 4, frame).body.responses[0]?.partitions[0]?.records;
    frame.fill(2);
    expect(view?.every((byte) => byte === 2)).toBe(true);
  });

  it('refuses null in versions without null, except where empty means the same', () => {
    const body = { groupId: 'g', topics: null };
    expect(() =>
      encodeRequest({ apiKey: 9, apiVersion: 1, correlationId, clientId }, body),
    ).toThrow('OffsetFetchRequest.topics cannot be null in version 1');
    const all = encodeRequest(
      { apiKey: 3, apiVersion: 0, correlationId, clientId },
      { topics: null },
    );
    expect(Buffer.concat(all).subarray(-4).toString('hex')).toBe('00000000');
  });

  it('refuses values that their field cannot carry', () => {
    const topics = [{ topicId: 'no uuid', name: 'a' }];
    const header = { apiKey: 3, apiVersion: 12, correlationId, clientId } as const;
    expect(() => encodeRequest(header, { topics })).toThrow('not a UUID');
    const long = { ...header, apiVersion: 1, clientId: 'x'.repeat(40_000) };
    expect(() => encodeRequest(long, { topics: null })).toThrow('40000 bytes');
    const commit = { errorCode: 0, producerId: 2 ** 60, producerEpoch: 0 };
    expect(() => encodeResponse(ApiKey.initProducerId, 0, 1, commit)).toThrow('int64');
  });
});

describe('catalogue', () => {
  it('names APIs and their versions', () => {
    expect(apiName(ApiKey.describeCluster)).toBe('describeCluster');
    expect(apiName(999)).toBe('api 999');
    expect(isKnownApiKey(1)).toBe(true);
    expect(isKnownApiKey(4)).toBe(false);
    expect(supportedVersions(ApiKey.fetch)).toEqual({ min: 4, max: 17, flexibleFrom: 12 });
    expect(supportedVersions(ApiKey.offsetDelete)?.flexibleFrom).toBe(Infinity);
    expect(supportedVersions(4)).toBeUndefined();
  });
});

function encodeSize(count: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.writeInt16BE(0, 0);
  bytes.writeInt32BE(count, 0);
  return bytes;
}

function decodeOrRefuse(messageCase: MessageCase, frame: Buffer): void {
  try {
    if (messageCase.direction === 'response') {
      decodeResponse(messageCase.model.key as KnownApiKey, messageCase.version, frame);
    } else {
      const { bodyStart } = decodeRequestHeader(frame);
      decodeRequestBody(
        messageCase.model.key as KnownApiKey,
        messageCase.version,
        frame,
        bodyStart,
      );
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    expect(error.code).toBe('ERR_PROTOCOL');
  }
}
