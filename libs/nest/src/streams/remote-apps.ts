// Stream applications of other processes, asked over HTTP and put together. Protects: an instance that does not answer in time, or
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
  { readonly body: T } | { readonly reason: string; readonly refusal?: RestError }
);

const askMsDefault = 2_000;
/** Asked for one answer; further ones are listed as not asked. */
const instancesMax = 256;
const { unknownApplication, unknownStore, ownerUnreachable } = rest.restErrorCodes;

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
  ): Promise<Answer<T>[]> {
    const all = this.#instances().filter(({ applicationId }) => applicationId === id);
    if (all.length === 0) {
      throw new RestError(unknownApplication, `no instance of '${id}' is registered`);
    }
    const whole = `/api/v1/streams/apps/${encodeURIComponent(id)}${path}`;
    const headers = { [routedHeader]: '1', ...(token ? { authorization: token } : {}) };
    return Promise.all(
      all.map(async (from, index): Promise<Answer<T>> => {
        if (index >= instancesMax) return { from, reason: `only ${instancesMax} are asked` };
        if (from.url === undefined) {
          return { from, reason: 'it has no HTTP side; start it with one' };
        }
        if (!from.isVouchedFor) {
          const reason = 'it does not have our tokens; give brokers and processors the same';
          return { from, reason };
        }
        return { from, ...(await ask(`${from.url}${whole}`, headers, schema, this.#askMs)) };
      }),
    );
  }
}

async function ask<T>(
  url: string,
  headers: Record<string, string>,
  schema: z.ZodType<T>,
  askMs: number,
): Promise<{ body: T } | { reason: string; refusal?: RestError }> {
  let status: number;
  let answer: unknown;
  try {
    const signal = AbortSignal.timeout(askMs);
    const response = await fetch(url, { headers, signal, redirect: 'error' });
    status = response.status;
    answer = parse(await readBounded(response));
  } catch {
    return { reason: `it does not answer at ${new URL(url).origin} within ${askMs} ms` };
  }
  if (status === 200) {
    const body = schema.safeParse(answer);
    return body.success ? { body: body.data } : { reason: 'it answers what is not understood' };
  }
  if (status === 401 || status === 403) return { reason: 'it refuses the token' };
  const { error_code: code, message } = answer as { error_code?: unknown; message?: unknown };
  const reason = typeof message === 'string' ? message.slice(0, 1_000) : `status ${status}`;
  return code === unknownStore ? { reason, refusal: new RestError(code, reason) } : { reason };
}

function merged(id: string, answers: readonly Answer<rest.StreamsAppBody>[]): rest.StreamsAppBody {
  const bodies = bodiesOf(answers);
  const instances = answers.flatMap((one): rest.StreamsAppBody['instances'] => {
    const { instance } = one.from;
    if ('body' in one) return one.body.instances.map((body) => ({ ...body, instance }));
    return [{ instance, state: 'unreachable', failure: one.reason, tasks: [], commitCount: 0 }];
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
  for (const one of answers) if ('refusal' in one && one.refusal) throw one.refusal;
  const reasons = unreachableOf(answers).map(({ instance, reason }) => `${instance}: ${reason}`);
  throw new RestError(
    ownerUnreachable,
    `no instance answers (${reasons.slice(0, 5).join('; ')}); ask again later`,
  );
}

/** By sub-topology, then partition. */
function byTask(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
