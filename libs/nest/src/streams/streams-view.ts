// What REST says about an application: its instances in this process taken together. Applications in, bodies out; pausing them.
// Protects: what JSON cannot hold exactly (bigints) leaves as text. Leaves out: other processes' instances.

import {
  restErrorCodes,
  type PauseBody,
  type StoreEntryBody,
  type StoreQuery,
  type StreamsAppBody,
  type StreamsMetricsBody,
  type StreamsStoreBody,
  type TaskBody,
} from '@drave/contracts/rest';
import { TopologyError, type LocalStore, type StreamsApp, type TaskInfo } from '@drave/streams';
import { RestError } from '../http/rest-error.js';

/** Windows of one answer. */
const windowsMax = 1_000;
const appsPath = '/api/v1/streams/apps';

/** `instances`: at least one, all of one application. */
export function appBody(applicationId: string, instances: readonly StreamsApp[]): StreamsAppBody {
  const metrics = instances.map((app) => app.metrics());
  const tasks = metrics.flatMap((one) => one.tasks);
  const self = `${appsPath}/${encodeURIComponent(applicationId)}`;
  return {
    applicationId,
    state: stateOf(instances),
    isPaused: areAllPaused(instances),
    instances: instances.map((app) => ({
      state: app.state,
      isPaused: app.isPaused,
      failure: app.failure?.message ?? null,
      tasks: app.tasks().map(({ taskId }) => taskId),
      commitCount: app.metrics().commitCount,
    })),
    taskCount: tasks.length,
    runningTaskCount: tasks.filter(({ state }) => state === 'running').length,
    lag: sumOrNull(metrics.map(({ lag }) => lag)),
    totals: sumOf(tasks),
    stores: storesOf(instances),
    links: { self, topology: `${self}/topology`, tasks: `${self}/tasks` },
  };
}

export function taskBodies(instances: readonly StreamsApp[]): TaskBody[] {
  return instances
    .flatMap((app) => app.tasks())
    .toSorted((a, b) => a.subtopology - b.subtopology || a.partition - b.partition)
    .map(taskBodyOf);
}

function taskBodyOf(task: TaskInfo): TaskBody {
  const { taskId, subtopology, partition, state, streamTimeMs, bufferedCount, actor } = task;
  return {
    ...{ taskId, subtopology, partition, state, streamTimeMs, bufferedCount },
    totals: { ...task.totals },
    inputs: task.inputs.map(({ topic, lag }) => ({ topic, lag: lag ?? null })),
    ...(actor ? { actor } : {}),
  };
}

/** Figures by task. */
export function metricsBody(
  applicationId: string,
  instances: readonly StreamsApp[],
): StreamsMetricsBody {
  const tasks = instances
    .flatMap((app) => app.tasks())
    .toSorted((a, b) => a.subtopology - b.subtopology || a.partition - b.partition);
  return {
    applicationId,
    instances: instances.map((app) => {
      const { state, isPaused, commitCount, commitMs, taskFailureCount } = app.metrics();
      return { state, isPaused, commitCount, commitMs, taskFailures: taskFailureCount };
    }),
    tasks: tasks.map(taskFigures),
  };
}

function taskFigures(task: TaskInfo): StreamsMetricsBody['tasks'][number] {
  const { taskId, state, sentCount, bufferedCount, streamTimeMs, commitAgeMs } = task;
  const { records, late, partlyLate, deadLetters, skipped, duplicates } = task.totals;
  return {
    taskId,
    state,
    recordsIn: records,
    recordsOut: sentCount,
    lag: sumOrNull(task.inputs.map(({ lag }) => lag)),
    bufferedCount,
    streamTimeMs,
    commitAgeMs: commitAgeMs === undefined ? null : Math.round(commitAgeMs),
    ...{ late, partlyLate, deadLetters, skipped, duplicates },
    restarts: task.restartCount,
  };
}

const pausableStates: ReadonlySet<string> = new Set(['created', 'starting', 'running']);

/** Pauses or resumes those that run, and tells of each. Throws RestError 40903 when none does. */
export function setPaused(
  applicationId: string,
  instances: readonly StreamsApp[],
  isPaused: boolean,
): PauseBody {
  const verb = isPaused ? 'pause' : 'resume';
  const results = instances.map((app): PauseBody['instances'][number] => {
    const { instanceId } = app.identity();
    const instance = instanceId === undefined ? {} : { instance: instanceId };
    if (!pausableStates.has(app.state)) {
      const message = `it is ${app.state}: there is nothing to ${verb}; start it again`;
      const code = restErrorCodes.applicationNotRunning;
      return { ...instance, status: 409, isPaused: app.isPaused, error_code: code, message };
    }
    if (isPaused) app.pause();
    else app.resume();
    return { ...instance, status: 200, isPaused: app.isPaused };
  });
  if (results.some(({ status }) => status === 200)) {
    return { applicationId, isPaused, instances: results };
  }
  const reason = results[0]?.message ?? 'it does not run';
  throw new RestError(restErrorCodes.applicationNotRunning, `'${applicationId}': ${reason}`);
}

function areAllPaused(instances: readonly { readonly isPaused: boolean }[]): boolean {
  return instances.length > 0 && instances.every(({ isPaused }) => isPaused);
}

/** 200, or 207 when an instance could not be changed. */
export function statusOf({ instances }: PauseBody): number {
  return instances.every(({ status }) => status === 200) ? 200 : 207;
}

/** A store of the application as far as it is in this process. Throws RestError 40409. */
export function storeBody(instances: readonly StreamsApp[], name: string): StreamsStoreBody {
  const entries = instances.reduce((sum, app) => sum + openStore(app, name).count, 0);
  for (const { id, stores } of instances[0]?.describe().subtopologies ?? []) {
    const store = stores.find((one) => one.name === name);
    if (!store) continue;
    const { kind, changelog } = store;
    const tasks = instances
      .flatMap((app) => app.tasks())
      .filter(({ subtopology }) => subtopology === id)
      .toSorted((a, b) => a.partition - b.partition)
      .map(({ taskId, state }) => ({ taskId, state }));
    return { name, kind, subtopology: id, changelog, entries, tasks };
  }
  throw new RestError(restErrorCodes.unknownStore, `there is no store '${name}'`);
}

/** The sum; null when one is unknown. */
export function sumOrNull(numbers: readonly (number | undefined)[]): number | null {
  let sum = 0;
  for (const number of numbers) {
    if (number === undefined) return null;
    sum += number;
  }
  return sum;
}

/** Looks a key up in every instance. Throws RestError when store or key are not here. */
export function storeEntry(
  instances: readonly StreamsApp[],
  asked: { readonly store: string; readonly key: string; readonly query: StoreQuery },
): StoreEntryBody {
  const { store: name, key: keyText, query } = asked;
  const stores = instances.map((app) => openStore(app, name));
  if (stateOf(instances) !== 'running') {
    const sentence = 'the application does not run just now; ask again later';
    throw new RestError(restErrorCodes.notQueryable, sentence);
  }
  const key = keyOf(keyText, query);
  if (stores[0]?.kind === 'window') return windowsOf(stores, { name, key, query });
  for (const store of stores) {
    const value = lookUp(() => store.get(key));
    if (value !== undefined) return { store: name, kind: 'key-value', key, value: exact(value) };
  }
  throw unknownKey(name, keyText);
}

/** The key as the store has it. Throws RestError. */
export function keyOf(text: string, { keyFormat }: StoreQuery): unknown {
  return keyFormat === 'json' ? parseKey(text) : text;
}

function windowsOf(
  stores: readonly LocalStore<unknown, unknown>[],
  asked: { readonly name: string; readonly key: unknown; readonly query: StoreQuery },
): StoreEntryBody {
  const { name, key, query } = asked;
  const { from = 0, to = Number.MAX_SAFE_INTEGER } = query;
  const windows = stores.flatMap((store) => lookUp(() => store.fetch(key, from, to)));
  if (windows.length === 0) throw unknownKey(name, String(key));
  return {
    store: name,
    kind: 'window',
    key,
    windows: windows
      .slice(0, windowsMax)
      .map(([{ startMs, endMs }, value]) => ({ startMs, endMs, value: exact(value) })),
    isComplete: windows.length <= windowsMax,
  };
}

function stateOf(instances: readonly StreamsApp[]): StreamsAppBody['state'] {
  const states = instances.map(({ state }) => state);
  return states.includes('running') ? 'running' : (states[0] ?? 'closed');
}

function sumOf(tasks: readonly TaskInfo[]): StreamsAppBody['totals'] {
  const sum = { records: 0, late: 0, partlyLate: 0, deadLetters: 0, skipped: 0, duplicates: 0 };
  for (const { totals } of tasks) {
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += totals[name];
  }
  return sum;
}

function storesOf(instances: readonly StreamsApp[]): StreamsAppBody['stores'] {
  const described = instances[0]?.describe().subtopologies.flatMap(({ stores }) => stores) ?? [];
  return described.map(({ name, kind }) => ({
    name,
    kind,
    entries: instances.reduce((sum, app) => sum + app.store(name).count, 0),
  }));
}

function openStore(app: StreamsApp, name: string): LocalStore<unknown, unknown> {
  try {
    return app.store<unknown>(name);
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    throw new RestError(restErrorCodes.unknownStore, error.message, { cause: error });
  }
}

/** A key the store's serde cannot write is the caller's mistake. */
function lookUp<Found>(read: () => Found): Found {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    const sentence = `the keys of this store have another type (${error.message}); give a number or an object with keyFormat=json`;
    throw new RestError(restErrorCodes.invalidRequest, sentence, { cause: error });
  }
}

function parseKey(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RestError(restErrorCodes.invalidRequest, 'the key is no JSON', { cause });
  }
}

function unknownKey(store: string, key: string): RestError {
  return new RestError(
    restErrorCodes.unknownKey,
    `the store '${store}' has nothing for '${key}' in this process`,
  );
}

function exact(value: unknown): unknown {
  const encoded = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? part.toString() : part,
  ) as string | undefined;
  return encoded === undefined ? null : (JSON.parse(encoded) as unknown);
}
