// The order and the sequence numbers of one partition's batches, against a strict broker that checks sequences.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RecordBatchView } from '@drave/protocol';

import {
  PartitionQueue,
  type DeliverySink,
  type ProducerBatch,
  type ProducerIdentity,
} from '../src/partition-queue.js';

const identity: ProducerIdentity = { producerId: 7, epoch: 0 };

function makeQueue(batchBytes = 200): PartitionQueue {
  return new PartitionQueue({ topic: 't', partition: 0, codec: 'none', batchBytes });
}

function append(queue: PartitionQueue, count: number, sink?: Partial<DeliverySink>): void {
  for (let i = 0; i < count; i++) {
    queue.append(
      { key: null, value: Buffer.from(`v${i}`), headers: [], timestamp: 1, sizeBytes: 60 },
      { delivered: () => undefined, failed: () => undefined, ...sink },
      i,
      0,
    );
  }
}

function sequenceOf(batch: ProducerBatch | undefined): [number, number] {
  const view = new RecordBatchView(batch?.bytes() ?? Buffer.alloc(0));
  expect(view.crcIsValid()).toBe(true);
  return [view.baseSequence, view.producerEpoch];
}

const retry = { kind: 'retry', isExpired: false, retryAtMs: 5 } as const;

describe('PartitionQueue', () => {
  it('seals a full batch and leaves the rest to linger', () => {
    const queue = makeQueue();
    append(queue, 4);
    expect(queue.readyAtMs(10)).toBe(0);
    expect(queue.take(identity)?.recordCount).toBe(3);
    expect(queue.readyAtMs(10)).toBe(10);
    queue.seal();
    expect(queue.readyAtMs(10)).toBe(0);
  });

  it('numbers batches in order and repeats a number on a retry', () => {
    const queue = makeQueue();
    append(queue, 9);
    const batches = [queue.take(identity), queue.take(identity), queue.take(identity)] as [
      ProducerBatch,
      ProducerBatch,
      ProducerBatch,
    ];
    expect(batches.map(sequenceOf)).toEqual([
      [0, 0],
      [3, 0],
      [6, 0],
    ]);
    queue.onFailed(batches[1], retry);
    queue.onFailed(batches[0], retry);
    expect(queue.readyAtMs(0)).toBe(Infinity); // batch 2 is still in flight
    queue.onFailed(batches[2], { ...retry, kind: 'sequence' });
    expect(queue.readyAtMs(0)).toBe(5);
    expect(queue.identityToReplace).toBeUndefined();
    expect([queue.take(identity), queue.take(identity)]).toEqual([batches[0], batches[1]]);
    expect(sequenceOf(batches[0])).toEqual([0, 0]);
  });

  it('closes the gap that a refused batch leaves', () => {
    const queue = makeQueue();
    append(queue, 6);
    const [first, second] = [queue.take(identity), queue.take(identity)];
    if (!first || !second) throw new Error('two batches expected');
    expect(queue.onFailed(first, { ...retry, kind: 'final' })).toBe(false);
    expect(queue.onFailed(second, { ...retry, kind: 'sequence' })).toBe(true);
    expect(queue.identityToReplace).toBeUndefined();
    expect(sequenceOf(queue.take(identity))).toEqual([0, 0]);
  });

  it('starts again at 0 under a new epoch when the oldest batch is out of order', () => {
    const queue = makeQueue();
    append(queue, 6);
    const first = queue.take(identity);
    if (!first) throw new Error('a batch expected');
    queue.onFailed(first, { ...retry, kind: 'sequence' });
    expect(queue.identityToReplace).toEqual(identity);
    const next = { producerId: 7, epoch: 1 };
    expect(sequenceOf(queue.take(next))).toEqual([0, 1]);
    expect(queue.identityToReplace).toBeUndefined();
    expect(sequenceOf(queue.take(next))).toEqual([3, 1]);
  });

  it('wants a new epoch after an expired batch whose fate is unknown', () => {
    const queue = makeQueue();
    append(queue, 3);
    const batch = queue.take(identity);
    if (!batch) throw new Error('a batch expected');
    expect(queue.onFailed(batch, { ...retry, isExpired: true })).toBe(false);
    expect(queue.identityToReplace).toEqual(identity);
  });

  it('keeps order without duplicates under any pattern of lost requests and answers', () => {
    const fates = fc.array(fc.constantFrom('ok', 'request-lost', 'answer-lost'), { maxLength: 60 });
    fc.assert(
      fc.property(fates, fc.integer({ min: 1, max: 5 }), (story, maxInFlight) => {
        const queue = makeQueue();
        append(queue, 40);
        queue.seal();
        const log: number[] = [];
        let nextSequence = 0;
        const fate = story[Symbol.iterator]();
        while (!queue.isEmpty) {
          const flying: ProducerBatch[] = [];
          while (flying.length < maxInFlight && queue.readyAtMs(0) < Infinity) {
            const batch = queue.take(identity);
            if (batch) flying.push(batch);
          }
          expect(flying.length).toBeGreaterThan(0);
          for (const batch of flying) {
            const happens = fate.next().value ?? 'ok';
            const [sequence] = sequenceOf(batch);
            let kind: 'retry' | 'sequence' | undefined;
            if (happens === 'request-lost') kind = 'retry';
            else if (sequence > nextSequence) kind = 'sequence';
            else if (sequence === nextSequence) {
              log.push(sequence);
              nextSequence += batch.recordCount;
            }
            if (happens === 'answer-lost') kind ??= 'retry';
            if (kind) queue.onFailed(batch, { kind, isExpired: false, retryAtMs: 0 });
            else queue.onDelivered(batch);
          }
        }
        expect(nextSequence).toBe(40);
        expect(log).toEqual([...log].sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });
});
