// What an application tells about itself in numbers. Leaves out: what other instances know.

import type { AppState, TaskState } from './app-events.js';
import type { TaskHandle } from './task-handle.js';
import { noTotals, type TaskTotals } from './task-metadata.js';

export interface TaskInfo {
  readonly taskId: string;
  readonly subtopology: number;
  readonly partition: number;
  readonly state: TaskState;
  /** −1 before the first record. */
  readonly streamTimeMs: number;
  readonly bufferedCount: number;
  readonly inputs: readonly { readonly topic: string; readonly lag: number | undefined }[];
  readonly totals: Readonly<TaskTotals>;
  /** Records for output and repartition topics since this instance opened the task; its dead letters are in `totals`. */
  readonly sentCount: number;
  /** Milliseconds since its last commit in this instance; undefined before one. */
  readonly commitAgeMs: number | undefined;
  /** How often it was opened again in this instance because it had failed. */
  readonly restartCount: number;
  /** The actor that runs it; absent before it has one. `mailboxDepth`: messages that wait. */
  readonly actor?: {
    readonly path: string;
    readonly mailboxDepth: number;
    readonly state: 'running' | 'stopped';
  };
}

export interface StreamsMetrics {
  readonly state: AppState;
  /** See `StreamsApp.pause`. */
  readonly isPaused: boolean;
  readonly tasks: readonly TaskInfo[];
  /** Sums over the tasks of this instance; totals of a task move with it. */
  readonly totals: TaskTotals;
  /** Records behind the ends of the inputs; undefined while one is unknown. */
  readonly lag: number | undefined;
  readonly commitCount: number;
  /** All commits together, flushing included. */
  readonly commitMs: number;
  /** Tasks that failed in this instance, restarted ones included. */
  readonly taskFailureCount: number;
}

/** `nowMs`: monotonic. */
export function taskInfoOf(handle: TaskHandle, nowMs: number): TaskInfo {
  const { id, subtopology, partition, state, task, actor, committedMs, restartCount } = handle;
  return {
    taskId: id,
    subtopology: subtopology.id,
    partition,
    state,
    streamTimeMs: task?.streamTimeMs ?? -1,
    bufferedCount: task?.bufferedCount ?? 0,
    inputs: task?.lags() ?? [],
    totals: { ...(task?.totals ?? noTotals()) },
    sentCount: task?.sentCount ?? 0,
    commitAgeMs: committedMs === undefined ? undefined : Math.max(0, nowMs - committedMs),
    restartCount,
    ...(actor ? { actor } : {}),
  };
}

/** Sums over tasks; the lag is undefined when one of theirs is. */
export function sumOf(tasks: readonly TaskInfo[]): {
  readonly totals: TaskTotals;
  readonly lag: number | undefined;
} {
  const totals = noTotals();
  let lag: number | undefined = 0;
  for (const task of tasks) {
    for (const name of Object.keys(totals) as (keyof TaskTotals)[]) {
      totals[name] += task.totals[name];
    }
    for (const input of task.inputs) {
      lag = lag === undefined || input.lag === undefined ? undefined : lag + input.lag;
    }
  }
  return { totals, lag };
}
