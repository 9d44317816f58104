// The kinds of changes the journal keeps, and how they are read back. Every change of durable state is one of these.
// Protects: applying the journal gives the state that wrote it; an unknown kind stops the load (a newer version wrote it).
//
//   ['+', queue, id, fields, counter]      a whole row           ['=', queue, id, fields]      some fields of it
//   ['~', queue, id, names]                fields taken away     ['-', queue, id]              the row is gone
//   ['c', queue, id, key, class, value]    a child's standing; class null: no child any more
//   ['l', queue, id, line, keep]           a log line            ['L', queue, id, keep]        logs cut to the newest
//   ['m', queue, field, value]             meta; null: gone      ['s', queue, id, fields, next] scheduler; null: gone
//   ['d', queue, id, jobId, untilMs]       deduplication; null: gone
//   ['n', queue, id, job]                  the job to follow a deduplicated one; null: gone
//   ['M', queue, type, metrics]            counters over time    ['X', queue]                  the queue is gone
//   ['i', queue, counter]                  ids given so far

import type { Change } from './journal.js';
import { newRow, type ChildClass, type RowPatch } from './job-row.js';
import type { NextJob, QueueMetrics, QueueState } from './queue-state.js';

export function applyChange(change: Change, queueOf: (name: string) => QueueState): void {
  const [kind, queueName, id, a, b] = change as readonly [string, string, string, unknown, unknown];
  const queue = queueOf(queueName);
  switch (kind) {
    case '+':
      queue.loadRow(newRow(id, a as RowPatch), b as number);
      return;
    case '=':
      queue.loadPatch(id, a as RowPatch);
      return;
    case '~':
      queue.loadUnset(id, a as readonly (keyof RowPatch)[]);
      return;
    case '-':
      queue.loadDrop(id);
      return;
    case 'c':
      queue.loadChild(id, a as string, b as ChildClass | null, change[5] as string);
      return;
    case 'l':
      queue.loadLog(id, a as string, b as number);
      return;
    case 'L':
      queue.loadLogCut(id, a as number);
      return;
    case 'm':
      queue.loadMeta(id, a as string | null);
      return;
    case 's':
      queue.loadScheduler(id, a as Record<string, string> | null, b as number);
      return;
    case 'd':
      queue.loadDeduplication(id, a as string | null, b as number | null);
      return;
    case 'n':
      queue.loadNext(id, a as NextJob | null);
      return;
    case 'M':
      queue.loadMetrics(id as 'completed' | 'failed', a as QueueMetrics);
      return;
    case 'i':
      queue.loadCounter(Number(id));
      return;
    case 'X':
      queue.loadNothing();
      return;
    default:
      throw new Error(
        `the journal of jobs holds a change of kind "${kind}", which this version does not know: ` +
          'start the version that wrote it',
      );
  }
}
