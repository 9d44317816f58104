// Memory that is used again: what a request or an answer still needs is never overwritten. The test broker overwrites every buffer
// that becomes free, so a view kept too long shows as a wrong byte or a broken checksum.

import { describe, expect, it } from 'vitest';
import { ErrorCode, limits } from '@drave/contracts';
import { memoryPlatform, type Disk, type DiskFile, type Platform } from '@drave/platform';
import { ApiKey, forEachBatch, type FetchResponse } from '@drave/protocol';
import { RunningBroker } from '../src/running-broker.js';
import { startTestBroker } from '../src/testing/index.js';
import { batchOf, fetchRequest, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

const largeBatch = (letter: string, size = 200_000): Buffer => batchOf([letter.repeat(size)]);

/** A broker whose insides can be seen; topics are made by the first request. */
async function startBareBroker() {
  const running = await RunningBroker.start(
    {
      platform: memoryPlatform(),
      directory: '/bare',
      listen: { host: '127.0.0.1', port: 0 },
    },
    { poisonSlabs: true },
  );
  const { topics } = running.context;
  await topics.ensure('t').committed;
  const { context, address } = running;
  return { context, port: address.port, [Symbol.asyncDispose]: () => running.stop() };
}

/** The value of each batch as its letter; a wrong checksum or a mixed value shows. */
function lettersOf(response: FetchResponse): string[] {
  const letters: string[] = [];
  forEachBatch(response.responses[0]?.partitions[0]?.records ?? Buffer.alloc(0), (batch) => {
    const value = batch.records()[0]?.value?.toString() ?? '';
    const isWhole = batch.crcIsValid() && value === value.slice(0, 1).repeat(value.length);
    letters.push(isWhole ? value.slice(0, 1) : 'damaged');
  });
  return letters;
}

/** A platform whose writes to files of `pathPart` wait until `open`. */
function gatedPlatform(pathPart: string): {
  readonly platform: Platform;
  readonly open: () => void;
  readonly held: () => number;
} {
  const platform = memoryPlatform();
  const waiting: (() => void)[] = [];
  let isOpen = false;
  const gate = (file: DiskFile): DiskFile =>
    !file.path.includes(pathPart)
      ? file
      : new Proxy(file, {
          get(target, name) {
            if (name !== 'write') {
              const member: unknown = Reflect.get(target, name);
              return typeof member === 'function' ? member.bind(target) : member;
            }
            return async (chunks: readonly Uint8Array[], position: number) => {
              if (!isOpen) await new Promise<void>((resolve) => waiting.push(resolve));
              await target.write(chunks, position);
            };
          },
        });
  const disk: Disk = new Proxy<Disk>(platform.disk, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (name !== 'openSync') return member.bind(target);
      return (...args: Parameters<Disk['openSync']>) => gate(target.openSync(...args));
    },
  });
  return {
    platform: { ...platform, disk },
    held: () => waiting.length,
    open: () => {
      isOpen = true;
      for (const resume of waiting.splice(0)) resume();
    },
  };
}

describe('buffers that are used again', () => {
  it('carry many large batches at once without mixing them', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    const clients = await Promise.all([1, 2, 3].map(async () => RawClient.connect(broker.port)));
    const letters = 'abcdefghijklmnopqrstuvwx'.split('');
    for (const [index, letter] of letters.entries()) {
      const client = clients[index % clients.length];
      client?.send(ApiKey.produce, 9, produceRequest('t', largeBatch(letter)));
    }
    for (const index of letters.keys()) {
      await clients[index % clients.length]?.response(ApiKey.produce, 9);
    }
    const found: string[] = [];
    for (const offset of letters.keys()) {
      const read = fetchRequest('t', offset, { maxBytes: 300_000 });
      const answer = await clients[0]?.request(ApiKey.fetch, 11, read);
      if (answer) found.push(...lettersOf(answer));
    }
    expect(found.toSorted()).toEqual(letters);
    await Promise.all(clients.map((client) => client.close()));
  });

  it('are not used again while the batch of a timed-out request waits for the disk', async () => {
    const { platform, open, held } = gatedPlatform('held-0');
    await using broker = await startTestBroker({ platform, topics: { held: 1, free: 1 } });
    await using client = await RawClient.connect(broker.port);
    const request = { ...produceRequest('held', largeBatch('h')), timeoutMs: 1 };
    const { responses } = await client.request(ApiKey.produce, 9, request);
    expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(ErrorCode.REQUEST_TIMED_OUT);
    expect(held()).toBe(1);
    for (const letter of 'abcdef') {
      await client.request(ApiKey.produce, 9, produceRequest('free', largeBatch(letter)));
    }
    open();
    await broker.waitFor('held', 1);
    expect(lettersOf(await client.request(ApiKey.fetch, 11, fetchRequest('held', 0)))).toEqual([
      'h',
    ]);
  });

  it('are not used again while the batch of a closed connection waits for the disk', async () => {
    const { platform, open, held } = gatedPlatform('held-0');
    await using broker = await startTestBroker({ platform, topics: { held: 1, free: 1 } });
    const gone = await RawClient.connect(broker.port);
    gone.send(ApiKey.produce, 9, produceRequest('held', largeBatch('h'), { acks: 1 }));
    while (held() === 0) await new Promise((resolve) => setImmediate(resolve));
    await gone.close();
    await using client = await RawClient.connect(broker.port);
    for (const letter of 'abcdef') {
      await client.request(ApiKey.produce, 9, produceRequest('free', largeBatch(letter)));
    }
    open();
    await broker.waitFor('held', 1);
    expect(lettersOf(await client.request(ApiKey.fetch, 11, fetchRequest('held', 0)))).toEqual([
      'h',
    ]);
  });

  it.each([
    ['read from the log', 200_000, 10],
    ['copied from the tail cache', 20_000, 50],
  ])('keep an answer %s for a client that takes it late', async (_, size, count) => {
    await using broker = await startTestBroker({ topics: { t: 1, other: 1 } });
    await using writer = await RawClient.connect(broker.port);
    const letters = Array.from({ length: count }, (__, index) =>
      String.fromCharCode(97 + (index % 26)),
    );
    for (const letter of letters) {
      await writer.request(ApiKey.produce, 9, produceRequest('t', largeBatch(letter, size)));
    }
    await using slow = await RawClient.connect(broker.port);
    slow.pause();
    const reads = 30;
    const read = fetchRequest('t', 0, { maxBytes: 1 << 20 });
    for (let index = 0; index < reads; index++) slow.send(ApiKey.fetch, 11, read);
    // Meanwhile everything turns: frames, reads and the tail cache.
    for (let index = 0; index < 200; index++) {
      await writer.request(ApiKey.produce, 9, produceRequest('other', largeBatch('z', size)));
      if (index % 10 === 0) await writer.request(ApiKey.fetch, 11, fetchRequest('other', index));
    }
    slow.resume();
    for (let index = 0; index < reads; index++) {
      const found = lettersOf((await slow.response(ApiKey.fetch, 11)).body);
      expect(found.length).toBeGreaterThan(3);
      expect(found).toEqual(letters.slice(0, found.length));
    }
  });

  it('all go back once their requests are answered and sent', async () => {
    await using broker = await startBareBroker();
    await using client = await RawClient.connect(broker.port);
    for (const letter of 'abcdef') {
      await client.request(ApiKey.produce, 9, produceRequest('t', largeBatch(letter)));
      await client.request(ApiKey.fetch, 11, fetchRequest('t', 0));
    }
    const { frameSlabs, readSlabs, outbound } = broker.context;
    while (readSlabs.takenCount > 0) await new Promise((resolve) => setImmediate(resolve));
    expect([frameSlabs.takenCount, outbound.queuedBytes]).toEqual([0, 0]);
    expect([frameSlabs.freeCount, readSlabs.freeCount]).toEqual([1, 1]);
  });
});

describe('clients that never read', () => {
  it('hold a bounded number of bytes together', async () => {
    await using broker = await startBareBroker();
    await using writer = await RawClient.connect(broker.port);
    for (let count = 0; count < 160; count++) {
      await writer.request(ApiKey.produce, 9, produceRequest('t', largeBatch('a', 50_000)));
    }
    const { outbound } = broker.context;
    const clients: RawClient[] = [];
    const read = fetchRequest('t', 0, { maxBytes: 8_000_000, partitionMaxBytes: 8_000_000 });
    while (!outbound.isFull && clients.length < 200) {
      const client = await RawClient.connect(broker.port);
      client.pause();
      for (let count = 0; count < 4; count++) client.send(ApiKey.fetch, 11, read);
      clients.push(client);
      await writer.request(ApiKey.produce, 9, produceRequest('t', batchOf(['turn'])));
    }
    expect(outbound.isFull).toBe(true);
    const fullBytes = outbound.queuedBytes;
    const late = await RawClient.connect(broker.port);
    const answer = await late.request(ApiKey.fetch, 11, read);
    expect(lettersOf(answer)).toEqual(['a']); // one batch keeps it going
    expect(fullBytes).toBeLessThan(limits.outboundTotalMax + 17_000_000);
    await Promise.all([...clients, late].map((client) => client.close()));
    while (outbound.queuedBytes > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
