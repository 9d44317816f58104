// Idempotence: duplicates, gaps, epochs, and that all of it survives restarts.

import { manualClock, memoryDisk } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import type { PartitionLog } from '../src/index.js';
import {
  append,
  batchOf,
  client,
  createLog,
  memory,
  openManager,
  platformOn,
  valuesOf,
} from './log-fixture.js';

const send = (log: PartitionLog, baseSequence: number, more = {}) =>
  log.appendAsLeader(batchOf({ producerId: 1, producerEpoch: 0, baseSequence, ...more }), client);

describe('an idempotent producer', () => {
  it('gets the first offset for each of its last five batches, appended once', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager);
    for (let sequence = 0; sequence < 6; sequence++) await send(log, sequence).written;
    for (let sequence = 1; sequence < 6; sequence++) {
      expect(send(log, sequence)).toMatchObject({ baseOffset: sequence, duplicate: true });
    }
    expect(() => send(log, 0)).toThrow(/OUT_OF_ORDER_SEQUENCE_NUMBER/);
    expect(log.logEndOffset).toBe(6);
    await manager.close();
  });

  it('hears of a duplicate no earlier than of the first', async () => {
    const { platform, disk } = memory();
    const manager = await openManager(platform);
    const log = createLog(manager);
    send(log, 0);
    disk.fail({ operation: 'sync', code: 'EIO' });
    const duplicate = send(log, 0);
    expect(duplicate.duplicate).toBe(true);
    await expect(duplicate.written).rejects.toThrow(/KAFKA_STORAGE_ERROR/);
    await manager.close().catch(() => undefined);
  });

  it('is refused with a gap or an old epoch, and starts anew with a higher one', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager);
    await send(log, 0, { values: ['a', 'b'] }).written;
    expect(() => send(log, 1)).toThrow(/OUT_OF_ORDER_SEQUENCE_NUMBER/);
    await send(log, 2, {}).written;
    expect(() => send(log, 3, { producerEpoch: 1 })).toThrow(/OUT_OF_ORDER_SEQUENCE_NUMBER/);
    await send(log, 0, { producerEpoch: 1 }).written;
    expect(() => send(log, 3)).toThrow(/INVALID_PRODUCER_EPOCH/);
    await manager.close();
  });

  it('wraps its sequence after 2147483647', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager);
    await send(log, 0x7fff_fffe, { values: ['a', 'b', 'c'] }).written;
    await send(log, 1, {}).written;
    expect(log.logEndOffset).toBe(4);
    await manager.close();
  });

  it.each(['clean', 'crash', 'clean then crash', 'clean without snapshot'])(
    'is known after a restart: %s',
    async (how) => {
      const { platform, disk } = memory();
      const manager = await openManager(platform);
      const log = createLog(manager, { segmentBytes: 256 });
      for (let sequence = 0; sequence < 7; sequence++) await send(log, sequence).written;
      if (how === 'crash') disk.crash();
      else await manager.close();
      if (how === 'clean without snapshot')
        await disk.remove(`/data/flights-0/${'7'.padStart(20, '0')}.snapshot`);
      if (how === 'clean then crash') {
        await openManager(platform);
        disk.crash();
      }
      const again = await openManager(platform);
      const reopened = createLog(again);
      for (let sequence = 2; sequence < 7; sequence++) {
        expect(send(reopened, sequence)).toMatchObject({ baseOffset: sequence, duplicate: true });
      }
      expect(() => send(reopened, 8)).toThrow(/OUT_OF_ORDER_SEQUENCE_NUMBER/);
      await send(reopened, 7).written;
      expect(await valuesOf(reopened)).toHaveLength(8);
      await again.close();
    },
  );

  it('is forgotten after its idle time, counted from its appends, when a segment rolls', async () => {
    const manager = await openManager(memory().platform, { producerIdExpirationMs: 1000 });
    const log = createLog(manager, { segmentBytes: 256, messageTimestampAfterMaxMs: 1e15 });
    const old = { producerId: 1, producerEpoch: 0, timestamp: 5 };
    await log.appendAsLeader(batchOf({ ...old, baseSequence: 0 }), client).written;
    for (let at = 0; at < 4; at++) await append(log);
    expect(() => send(log, 5)).toThrow(/OUT_OF_ORDER/);
    for (let at = 0; at < 4; at++) {
      await log.appendAsLeader(batchOf(), { ...client, nowMs: client.nowMs + 1001 }).written;
    }
    await send(log, 5).written;
    await manager.close();
  });
});

describe('idle producers', () => {
  it('go every ten minutes too', async () => {
    const disk = memoryDisk();
    const clock = manualClock({ startMs: client.nowMs });
    const platform = { ...platformOn(disk), clock, scheduler: clock };
    const manager = await openManager(platform, { flush: 'os', producerIdExpirationMs: 500_000 });
    const log = createLog(manager);
    send(log, 0);
    expect(() => send(log, 5)).toThrow(/OUT_OF_ORDER/);
    await clock.advance(600_000);
    const { written } = send(log, 5);
    await clock.advance(0);
    await written;
    await manager.close();
  });
});
