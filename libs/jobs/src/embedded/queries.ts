// Reading a queue: counts, pages, children, metrics. Nothing here changes anything.
// Ranges are inclusive on both ends; negative ones count from the end, as in Redis.

import type { DependenciesOpts, JobJson } from 'bullmq';
import { toJobJson, type ChildClass, type JobRow, type RowState } from './job-row.js';
import type { QueueState } from './queue-state.js';

/** BullMQ's names of states: `waiting` is `wait`; `paused` is gone and always empty. */
export function stateOf(type: string): RowState | undefined {
  switch (type) {
    case 'waiting':
    case 'wait':
      return 'wait';
    case 'active':
    case 'delayed':
    case 'prioritized':
    case 'waiting-children':
    case 'completed':
    case 'failed':
      return type;
    default:
      return undefined;
  }
}

export function count(queue: QueueState, type: string, delayedBeforeMs?: number): number {
  const state = stateOf(type);
  if (state === undefined) return 0;
  if (state !== 'delayed' || delayedBeforeMs === undefined) return queue.sets[state].size;
  return queue.sets.delayed.sorted().filter((row) => row.order < delayedBeforeMs).length;
}

export function countPriority(queue: QueueState, priority: number): number {
  if (priority === 0) return queue.sets.wait.size;
  let found = 0;
  for (const row of queue.sets.prioritized.values()) {
    if (Math.floor(row.order / 0x1_0000_0000) === priority) found += 1;
  }
  return found;
}

/** Ids of a state, oldest first or newest first. */
export function range(
  queue: QueueState,
  type: string,
  page: { readonly start: number; readonly end: number; readonly asc: boolean },
): string[] {
  const state = stateOf(type);
  if (state === undefined) return [];
  const rows = queue.sets[state].sorted();
  const ordered = page.asc ? rows : rows.toReversed();
  const ids = slice(ordered, page.start, page.end).map((row) => row.id);
  // BullMQ turns ascending lists around, because Redis keeps them newest first.
  const isList = state === 'wait' || state === 'active';
  return page.asc && isList ? ids.toReversed() : ids;
}

/** Inclusive, negative from the end. */
export function slice<T>(items: readonly T[], start: number, end: number): readonly T[] {
  const from = start < 0 ? Math.max(0, items.length + start) : start;
  const to = end < 0 ? items.length + end : end;
  return items.slice(from, to + 1);
}

export function children(row: JobRow | undefined, standing: ChildClass): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, child] of row?.children ?? []) {
    if (child.class === standing) found[key] = child.value;
  }
  return found;
}

const classNames: Readonly<Record<string, ChildClass>> = {
  processed: 'processed',
  unprocessed: 'pending',
  ignored: 'ignored',
  failed: 'unsuccessful',
};

export function countChildren(row: JobRow | undefined, type: string): number {
  return Object.keys(children(row, classNames[type] ?? 'unsuccessful')).length;
}

export interface Dependencies {
  nextFailedCursor?: number;
  failed?: string[];
  nextIgnoredCursor?: number;
  ignored?: Record<string, unknown>;
  nextProcessedCursor?: number;
  processed?: Record<string, unknown>;
  nextUnprocessedCursor?: number;
  unprocessed?: string[];
}

export function dependencies(row: JobRow | undefined, opts: DependenciesOpts): Dependencies {
  const wantsAll = !opts.processed && !opts.unprocessed && !opts.ignored && !opts.failed;
  const found: Dependencies = {};
  const page = (
    standing: ChildClass,
    wanted: { cursor?: number; count?: number } | undefined,
  ): { entries: [string, string][]; next: number } => {
    const entries = Object.entries(children(row, standing));
    if (wantsAll) return { entries, next: 0 };
    const start = wanted?.cursor ?? 0;
    const end = start + (wanted?.count ?? 20);
    return { entries: entries.slice(start, end), next: end < entries.length ? end : 0 };
  };
  if (wantsAll || opts.processed) {
    const { entries, next } = page('processed', opts.processed);
    found.processed = Object.fromEntries(
      entries.map(([key, value]) => [key, JSON.parse(value) as unknown]),
    );
    if (!wantsAll) found.nextProcessedCursor = next;
  }
  if (wantsAll || opts.unprocessed) {
    const { entries, next } = page('pending', opts.unprocessed);
    found.unprocessed = entries.map(([key]) => key);
    if (!wantsAll) found.nextUnprocessedCursor = next;
  }
  if (wantsAll || opts.ignored) {
    const { entries, next } = page('ignored', opts.ignored);
    found.ignored = Object.fromEntries(entries);
    if (!wantsAll) found.nextIgnoredCursor = next;
  }
  if (wantsAll || opts.failed) {
    const { entries, next } = page('unsuccessful', opts.failed);
    found.failed = entries.map(([key]) => key);
    if (!wantsAll) found.nextFailedCursor = next;
  }
  return found;
}

export interface ChildPage {
  cursor: string;
  items: { id: string; v?: unknown; err?: string }[];
  total: number;
  jobs: JobJson[];
}

/** A page of the children behind a key `<prefix>:<queue>:<id>:processed` or `…:dependencies`. */
export function childPage(
  queue: QueueState,
  key: string,
  page: { readonly start: number; readonly end: number; readonly fetchJobs: boolean },
): ChildPage {
  const colon = key.lastIndexOf(':');
  const parent = queue.host.find(key.slice(0, colon));
  const isProcessed = key.slice(colon + 1) === 'processed';
  const entries = Object.entries(children(parent?.row, isProcessed ? 'processed' : 'pending'));
  const shown = slice(entries, page.start, page.end);
  const items = shown.map(([id, value]) =>
    isProcessed ? { id, v: JSON.parse(value) as unknown } : { id },
  );
  const jobs = page.fetchJobs ? shown.map(([id]) => queue.host.find(id)) : [];
  return {
    cursor: '0',
    items,
    total: entries.length,
    jobs: jobs.filter((found) => found !== undefined).map(({ row }) => toJobJson(row)),
  };
}
