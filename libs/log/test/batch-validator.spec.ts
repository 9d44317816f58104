// What the log refuses, with the error the wire protocol names, and that a refusal leaves nothing behind.

import { RecordBatchView } from '@drave/protocol';
import { describe, expect, it } from 'vitest';
import { logSettings } from '../src/index.js';
import {
  batchOf,
  type BatchSpec,
  client,
  createLog,
  memory,
  nowMs,
  openManager,
} from './log-fixture.js';

/** A batch with some header fields overwritten and the checksum made right again. */
function forged(change: (bytes: Buffer) => void, spec: BatchSpec = {}): Buffer {
  const bytes = batchOf(spec);
  change(bytes);
  const view = new RecordBatchView(bytes);
  view.setMaxTimestamp(view.maxTimestamp); // reseals
  return bytes;
}

const refusals: ReadonlyArray<readonly [string, Buffer, string]> = [
  ['no bytes', Buffer.alloc(0), 'INVALID_RECORD'],
  ['magic 1', forged((bytes) => bytes.writeInt8(1, 16)), 'INVALID_RECORD'],
  ['a header cut off', batchOf().subarray(0, 40), 'CORRUPT_MESSAGE'],
  ['a body cut off', batchOf().subarray(0, 65), 'CORRUPT_MESSAGE'],
  ['a negative length', Buffer.from(batchOf()).fill(0xff, 8, 12), 'CORRUPT_MESSAGE'],
  ['two batches', Buffer.concat([batchOf(), batchOf()]), 'INVALID_RECORD'],
  ['a wrong checksum', Buffer.from(batchOf()).fill(1, 69, 70), 'CORRUPT_MESSAGE'],
  ['more than the largest batch', batchOf({ values: ['x'.repeat(1000)] }), 'MESSAGE_TOO_LARGE'],
  ['a base offset', forged((bytes) => bytes.writeInt32BE(1, 4)), 'INVALID_RECORD'],
  ['no records', forged((bytes) => bytes.writeInt32BE(0, 57)), 'INVALID_RECORD'],
  [
    'a count that is not the offset delta',
    forged((bytes) => bytes.writeInt32BE(5, 23)),
    'INVALID_RECORD',
  ],
  ['a control batch', batchOf({ isControl: true }), 'INVALID_RECORD'],
  [
    'a producer without sequence',
    batchOf({ producerId: 1, producerEpoch: 0, baseSequence: -1 }),
    'INVALID_RECORD',
  ],
  [
    'a transaction without producer',
    forged((bytes) => bytes.writeInt16BE(0x10, 21)),
    'INVALID_RECORD',
  ],
  [
    'an unknown codec',
    forged((bytes) => bytes.writeInt16BE(7, 21)),
    'UNSUPPORTED_COMPRESSION_TYPE',
  ],
  [
    'an append time of its own',
    forged((bytes) => bytes.writeInt16BE(0x08, 21)),
    'INVALID_TIMESTAMP',
  ],
  [
    'a time more than an hour ahead',
    batchOf({ timestamp: nowMs + 3_600_001 }),
    'INVALID_TIMESTAMP',
  ],
];

describe('an append is refused', () => {
  it.each(refusals)('with %s', async (_name, bytes, error) => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager, { maxMessageBytes: 500 });
    expect(() => log.appendAsLeader(bytes, client)).toThrow(new RegExp(error));
    expect(log.logEndOffset).toBe(0);
    await manager.close();
  });

  it('when it is too old, but never for a missing timestamp', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager, { messageTimestampBeforeMaxMs: 1000 });
    expect(() => log.appendAsLeader(batchOf({ timestamp: nowMs - 1001 }), client)).toThrow(
      /INVALID_TIMESTAMP/,
    );
    await log.appendAsLeader(batchOf({ timestamp: nowMs - 1000 }), client).written;
    await log.appendAsLeader(batchOf({ timestamp: -1 }), client).written;
    await manager.close();
  });

  it('without a key in a compacted topic, from a client', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager, { cleanupPolicy: ['compact'] });
    const keyless = { keyed: false };
    expect(() => log.appendAsLeader(batchOf(keyless), client)).toThrow(/INVALID_RECORD/);
    await log.appendAsLeader(batchOf(keyless), { ...client, origin: 'coordinator' }).written;
    await log.appendAsLeader(batchOf(), client).written;
    log.updateSettings(logSettings());
    await log.appendAsLeader(batchOf(keyless), client).written;
    expect(log.logEndOffset).toBe(3);
    await manager.close();
  });
});
