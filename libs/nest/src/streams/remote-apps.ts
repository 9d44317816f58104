// Stream applications of other processes, asked and paused over HTTP and put together. Protects: an instance that does not answer in time, or
// not as one of ours, is listed as unreachable and never fails the whole; answers are bounded and checked against their schemas; an
// address nobody vouched for is not asked at all, so it gets no token. Leaves out: values of stores (remote-store.ts).

import * as rest from '@drave/contracts/rest';
import type { z } from 'zod';
import { RestError } from '../http/rest-error.js';
import { parse, readBounded, routedHeader } from './store-router.js';

export interface RemoteInstance {
  readonly applicationId: string;
  readonly instance: string;
  /** `http://host:port`; undefined: it has no HTTP side. */
  readonly url: string | undefined;
  /** It has one of our tokens, so that it may be sent the caller's. */
  readonly isVouchedFor: boolean;
}

/** All instances that are known now. */
export type RemoteInstances = () => readonly RemoteInstance[];

type Answer<T> = { readonly from: RemoteInstance } & (
  | { readonly body: T }
  | {
      readonly reason: string;
      /** The code it answered, or 50304. */
      readonly code: number;
    }
);

const askMsDefault = 2_000;
/** Asked for one answer; further ones are listed as not asked. */
const instancesMax = 256;
const { unknownApplication, unknownStore, ownerUnreachable, readOnlyMode, applicationNotRunning } =
  rest.restErrorCodes;

export class RemoteApps {
  readonly #instances: RemoteInstances;
  readonly #askMs: number;

  constructor(instances: RemoteInstances, askMs = askMsDefault) {
    this.#instances = instances;
    this.#askMs = askMs;
  }

  async list(token?: string): Promise<rest.StreamsAppBody[]> {
    const ids = [...new Set(this.#instances().map((one) => one.applicationId))].toSorted();
    return Promise.all(ids.map((id) => this.app(id, token)));
  }

  /** Rejects with 40408. */
  async app(id: string, token?: string): Promise<rest.StreamsAppBody> {
    const answers = await this.#ask(id, '', rest.streamsAppBody, token);
    return merged(id, answers);
  }

  /** Of the first instance that answers. Rejects with 40408, 50304. */
  async topology(id: string, token?: string): Promise<z.infer<typeof rest.topologyBody>> {
    const answers = await this.#ask(id, '/topology', rest.topologyBody, token);
    return bodiesOf(answers)[0] ?? noAnswer(answers);
  }

  /** Rejects with 40408. */
  async tasks(id: string, token?: string): Promise<z.infer<typeof rest.taskList>> {
    const answers = await this.#ask(id, '/tasks', rest.taskList, token);
    const data = answers.flatMap((one) =>
      'body' in one ? one.body.data.map((task) => ({ ...task, instance: one.from.instance })) : [],
    );
    data.sort((a, b) => a.subtopology - b.subtopology || a.partition - b.partition);
    return { data, unreachable: unreachableOf(answers) };
  }

  /** Rejects with 40408. */
  async metrics(id: string, token?: string): Promise<rest.StreamsMetricsBody> {
    const answers = await this.#ask(id, '/metrics', rest.streamsMetricsBody, token);
    const named = answers.flatMap((one) =>
      'body' in one ? [{ ...one.body, instance: one.from.instance }] : [],
    );
    return {
      applicationId: id,
      instances: named.flatMap(({ instances, instance }) =>
        instances.map((one) => ({ ...one, instance })),
      ),
      tasks: named
        .flatMap(({ tasks, instance }) => tasks.map((task) => ({ ...task, instance })))
        .toSorted((a, b) => byTask(a.taskId, b.taskId)),
      unreachable: unreachableOf(answers),
    };
  }

  /**
   * Asks every instance; what each answered is in the body. Who did not answer in time may have done it all the same. Rejects with
   * 40408 and, when none did it, with 40304 or 40903 if that is what all say, else 50304.
   */
  async setPaused(id: string, isPaused: boolean, token?: string): Promise<rest.PauseBody> {
    const path = isPaused ? '/pause' : '/resume';
    const answers = await this.#ask(id, path, rest.pauseBody, token, 'POST');
    const bodies = bodiesOf(answers);
    if (bodies.length === 0) noChange(answers);
    const instances = answers.flatMap((one): rest.PauseBody['instances'] => {
      const { instance } = one.from;
      if ('body' in one) return one.body.instances.map((body) => ({ ...body, instance }));
      const { code, reason: message } = one;
      const status = Math.floor(code / 100);
      return [{ instance, status, isPaused: null, error_code: code, message }];
    });
    return { applicationId: id, isPaused: bodies.every((body) => body.isPaused), instances };
  }

  /** Rejects with 40408, 40409, 50304. */
  async store(id: string, name: string, token?: string): Promise<rest.StreamsStoreBody> {
    const path = `/stores/${encodeURIComponent(name)}`;
    const answers = await this.#ask(id, path, rest.streamsStoreBody, token);
    const bodies = bodiesOf(answers);
    const first = bodies[0] ?? noAnswer(answers);
    return {
      ...first,
      entries: bodies.reduce((sum, { entries }) => sum + entries, 0),
      tasks: bodies.flatMap(({ tasks }) => tasks).toSorted((a, b) => byTask(a.taskId, b.taskId)),
      unreachable: unreachableOf(answers),
    };
  }

  async #ask<T>(
    id: string,
    path: string,
    schema: z.ZodType<T>,
    token: string | undefined,
    method: 'GET' | 'POST' = 'GET',
  ): Promise<Answer<T>[]> {
    const all = this.#instances().filter(({ applicationId }) => applicationId === id);
    if (all.length === 0) {
      throw new RestError(unknownApplication, `no instance of '${id}' is registered`);
    }
    const whole = `/api/v1/streams/apps/${encodeURIComponent(id)}${path}`;
    const headers = { [routedHeader]: '1', ...(token ? { authorization: token } : {}) };
    return Promise.all(
      all.map(async (from, index): Promise<Answer<T>> => {
        const code = ownerUnreachable;
        if (index >= instancesMax) {
          return { from, reason: `only ${instancesMax} are asked`, code };
        }
        if (from.url === undefined) {
          return { from, reason: 'it has no HTTP side; start it with one', code };
        }
        if (!from.isVouchedFor) {
          const reason = 'it does not have our tokens; give brokers and processors the same';
          return { from, reason, code };
        }
        const asked = { url: `${from.url}${whole}`, method, headers, askMs: this.#askMs };
        return { from, ...(await ask(asked, schema)) };
      }),
    );
  }
}

async function ask<T>(
  asked: {
    readonly url: string;
    readonly method: 'GET' | 'POST';
    readonly headers: Record<string, string>;
    readonly askMs: number;
  },
  schema: z.ZodType<T>,
): Promise<{ body: T } | { reason: string; code: number }> {
  const { url, method, headers, askMs } = asked;
  const unreachable = ownerUnreachable;
  let status: number;
  let answer: unknown;
  try {
    const signal = AbortSignal.timeout(askMs);
    const response = await fetch(url, { method, headers, signal, redirect: 'error' });
    status = response.status;
    answer = parse(await readBounded(response));
  } catch {
    const reason = `it does not answer at ${new URL(url).origin} within ${askMs} ms`;
    return { reason, code: unreachable };
  }
  if (status === 200 || status === 207) {
    const body = schema.safeParse(answer);
    if (body.success) return { body: body.data };
    return { reason: 'it answers what is not understood', code: unreachable };
  }
  const { error_code: given, message } = answer as { error_code?: unknown; message?: unknown };
  const code =
    typeof given === 'number' && Math.floor(given / 100) === status ? given : unreachable;
  const isRefused = status === 401 || status === 403;
  if (isRefused && code !== readOnlyMode) return { reason: 'it refuses the token', code };
  const reason = typeof message === 'string' ? message.slice(0, 1_000) : `status ${status}`;
  return { reason, code };
}

function merged(id: string, answers: readonly Answer<rest.StreamsAppBody>[]): rest.StreamsAppBody {
  const bodies = bodiesOf(answers);
  const instances = answers.flatMap((one): rest.StreamsAppBody['instances'] => {
    const { instance } = one.from;
    if ('body' in one) return one.body.instances.map((body) => ({ ...body, instance }));
    const failure = one.reason;
    return [
      { instance, state: 'unreachable', isPaused: false, failure, tasks: [], commitCount: 0 },
    ];
  });
  const states = bodies.map(({ state }) => state);
  const totals = { records: 0, late: 0, partlyLate: 0, deadLetters: 0, skipped: 0, duplicates: 0 };
  const stores = new Map<string, rest.StreamsAppBody['stores'][number]>();
  for (const body of bodies) {
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) {
      totals[name] += body.totals[name];
    }
    for (const store of body.stores) {
      const entries = (stores.get(store.name)?.entries ?? 0) + store.entries;
      stores.set(store.name, { ...store, entries });
    }
  }
  const self = `/api/v1/streams/apps/${encodeURIComponent(id)}`;
  const isWhole = bodies.length === answers.length;
  return {
    applicationId: id,
    state: states.includes('running') ? 'running' : (states[0] ?? 'unreachable'),
    isPaused: bodies.length > 0 && bodies.every(({ isPaused: one }) => one),
    instances,
    taskCount: bodies.reduce((sum, one) => sum + one.taskCount, 0),
    runningTaskCount: bodies.reduce((sum, one) => sum + one.runningTaskCount, 0),
    lag: isWhole ? bodies.reduce<number | null>((sum, { lag }) => add(sum, lag), 0) : null,
    totals,
    stores: [...stores.values()],
    links: { self, topology: `${self}/topology`, tasks: `${self}/tasks` },
  };
}

function add(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

function bodiesOf<T>(answers: readonly Answer<T>[]): T[] {
  return answers.flatMap((one) => ('body' in one ? [one.body] : []));
}

function unreachableOf(answers: readonly Answer<unknown>[]) {
  return answers.flatMap((one) =>
    'body' in one ? [] : [{ instance: one.from.instance, reason: one.reason }],
  );
}

function noAnswer(answers: readonly Answer<unknown>[]): never {
  for (const one of answers) {
    if ('code' in one && one.code === unknownStore) throw new RestError(one.code, one.reason);
  }
  const reasons = unreachableOf(answers).map(({ instance, reason }) => `${instance}: ${reason}`);
  throw new RestError(
    ownerUnreachable,
    `no instance answers (${reasons.slice(0, 5).join('; ')}); ask again later`,
  );
}

function noChange(answers: readonly Answer<unknown>[]): never {
  const codes = new Set(answers.map((one) => ('code' in one ? one.code : undefined)));
  const [only] = codes;
  const isSaid = only === readOnlyMode || only === applicationNotRunning;
  if (codes.size !== 1 || !isSaid) noAnswer(answers);
  const reasons = unreachableOf(answers).map(({ instance, reason }) => `${instance}: ${reason}`);
  throw new RestError(only, `no instance did it (${reasons.slice(0, 5).join('; ')})`);
}

/** By sub-topology, then partition. */
function byTask(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
