// A single task fed by hand: the choice of input (R1), stream time across a takeover (R2), what may be committed (R13).

import { describe, expect, it } from 'vitest';
import { StreamBuilder, StreamTask, type InputRecord, type OutputRecord } from '../src/index.js';
import {
  decodeTaskMetadata,
  encodeTaskMetadata,
  noTotals,
  type TaskMetadata,
} from '../src/task-metadata.js';

function record(offset: number, timestamp: number, value: string): InputRecord {
  return { offset, timestamp, key: Buffer.from('k'), value: Buffer.from(value), headers: [] };
}

interface Fixture {
  readonly task: StreamTask;
  readonly sent: OutputRecord[];
  readonly clock: { ms: number };
}

function merging(options: { maxIdleMs?: number; metadata?: TaskMetadata } = {}): Fixture {
  const builder = new StreamBuilder();
  const left = builder.from<string, number>('left');
  left.merge(builder.from<string, number>('right')).to('out');
  const [subtopology] = builder.build().subtopologies;
  if (!subtopology) throw new Error('no sub-topology');
  const sent: OutputRecord[] = [];
  const clock = { ms: 0 };
  const task = new StreamTask({
    applicationId: 'app',
    subtopology,
    partition: 0,
    collector: { send: (output) => sent.push(output) },
    engines: new Map(),
    metadata: options.metadata,
    positions: new Map(),
    epoch: 1,
    nowMs: () => clock.ms,
    maxIdleMs: options.maxIdleMs ?? 0,
  });
  return { task, sent, clock };
}

const values = (sent: readonly OutputRecord[]): string[] => sent.map(({ value }) => String(value));

describe('a task with two inputs', () => {
  it('takes the lowest timestamp first', () => {
    const { task, sent } = merging();
    task.addRecords('left', [record(0, 10, '1'), record(1, 30, '3')]);
    task.addRecords('right', [record(0, 20, '2'), record(1, 40, '4')]);
    task.setEndOffset('left', 2);
    task.setEndOffset('right', 2);
    expect(task.process(100)).toBe(4);
    expect(values(sent)).toEqual(['1', '2', '3', '4']);
  });

  it('waits for an empty input while its lag is unknown or above 0', () => {
    const { task, sent } = merging();
    task.addRecords('left', [record(0, 10, '1')]);
    expect(task.process(100)).toBe(0);
    task.setEndOffset('right', 5, 0);
    expect(task.process(100)).toBe(0);
    task.addRecords('right', [record(4, 5, '0')]);
    expect(task.process(100)).toBe(2);
    expect(values(sent)).toEqual(['0', '1']);
  });

  it('waits the idle time for a caught-up input, then goes on', () => {
    const { task, clock } = merging({ maxIdleMs: 100 });
    task.addRecords('left', [record(0, 10, '1')]);
    task.setEndOffset('right', 0, 0);
    expect(task.process(100)).toBe(0);
    clock.ms = 99;
    expect(task.process(100)).toBe(0);
    clock.ms = 100;
    expect(task.process(100)).toBe(1);
  });

  it('never lets a committable offset pass an unprocessed record', () => {
    const { task } = merging();
    task.addRecords('left', [record(7, 10, '1'), record(9, 30, '3')]);
    task.addRecords('right', [record(0, 20, '2')]);
    task.setEndOffset('left', 10);
    task.setEndOffset('right', 1);
    expect(task.process(1)).toBe(1);
    const offsets = Object.fromEntries(
      task.commitFacts().offsets.map(({ topic, offset }) => [topic, offset]),
    );
    expect(offsets).toEqual({ left: 9, right: 0 });
    task.process(100);
    const after = task.commitFacts().offsets.map(({ offset }) => offset);
    expect(after).toEqual([10, 1]);
  });

  it('drops records below its position and restores stream time', () => {
    const metadata: TaskMetadata = {
      sequence: 3,
      epoch: 1,
      streamTimeMs: 500,
      changelogOffsets: new Map(),
      origins: new Map(),
      totals: noTotals(),
    };
    const { task } = merging({ metadata });
    task.addRecords('left', [record(3, 10, '1')]);
    task.addRecords('left', [record(2, 10, '1'), record(4, 20, '2')]);
    task.setEndOffset('right', 0, 0);
    expect(task.process(100)).toBe(2);
    expect(task.streamTimeMs).toBe(500);
  });
});

describe('commit metadata', () => {
  const metadata: TaskMetadata = {
    sequence: 12,
    epoch: 4,
    streamTimeMs: 978_307_200_000,
    changelogOffsets: new Map([['store', 77]]),
    origins: new Map([['topic|flights-0', { offset: 5, index: 1 }]]),
    totals: { ...noTotals(), records: 9, late: 1 },
  };

  it('comes back as it was', () => {
    expect(decodeTaskMetadata(encodeTaskMetadata(metadata))).toEqual(metadata);
  });

  it('of somebody else is none', () => {
    for (const foreign of ['', null, undefined, 'x', '{', '{"v":9}', '{"v":1,"s":-1}']) {
      expect(decodeTaskMetadata(foreign)).toBeUndefined();
    }
  });

  it('leaves the origins out rather than growing beyond what a broker takes', () => {
    const origins = new Map(
      Array.from({ length: 500 }, (_, i) => [`topic|flights-${i}`, { offset: i, index: 0 }]),
    );
    const encoded = encodeTaskMetadata({ ...metadata, origins });
    expect(encoded.length).toBeLessThanOrEqual(4096);
    expect(decodeTaskMetadata(encoded)).toEqual({ ...metadata, origins: new Map() });
  });
});
