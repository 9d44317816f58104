// A store query goes to the instance that owns the key: answered here, fetched from the owner, or the caller is sent there.
// Protects: a query is forwarded once at most; what the owner says is checked against its schema before it is passed on; while a
// task moves the answer is a clear 503, never another instance's stale value. Leaves out: standbys, stores that span tasks.

import {
  restErrorCodes,
  storeEntryBody,
  type StoreEntryBody,
  type StoreQuery,
} from '@drave/contracts/rest';
import { TopologyError, type StreamsApp } from '@drave/streams';
import { RestError } from '../http/rest-error.js';

/** Says where tasks run that do not run here. */
export interface StoreOwners {
  /** Address of the owner's HTTP side, a sentence that says why it cannot be asked, or undefined while nobody owns the task. */
  ownerOf(applicationId: string, taskId: string): { readonly url: string } | string | undefined;
}

/** For injection. */
export const STORE_OWNERS = Symbol('STORE_OWNERS');

/** Set on forwarded queries, so that two instances that disagree do not send one back and forth. */
export const routedHeader = 'x-drave-routed';

export interface RoutedQuery {
  readonly applicationId: string;
  readonly store: string;
  readonly key: unknown;
  /** Of `storePath`. */
  readonly path: string;
  readonly mode: 'proxy' | 'redirect' | 'local';
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export type Route =
  | { readonly kind: 'here' }
  | { readonly kind: 'answer'; readonly body: StoreEntryBody }
  | { readonly kind: 'redirect'; readonly url: string };

/** What a lookup asks for, as texts. */
export interface StoreLookup {
  readonly applicationId: string;
  readonly store: string;
  readonly key: string;
  readonly query: StoreQuery;
}

/** Path and query of a lookup, made of its parts: what a caller wrote as its target (it may be a whole URL) goes to nobody. */
export function storePath(
  { applicationId, store, key, query }: StoreLookup,
  route: StoreQuery['route'] = query.route,
): string {
  const parts = [applicationId, 'stores', store, key].map(encodeURIComponent);
  const { keyFormat, from, to } = query;
  const told = new URLSearchParams({ keyFormat, route });
  if (from !== undefined) told.set('from', String(from));
  if (to !== undefined) told.set('to', String(to));
  return `/api/v1/streams/apps/${parts.join('/')}?${told.toString()}`;
}

const ownerTimeoutMs = 5_000;
const answerBytesMax = 16 * 1024 * 1024;
const here: Route = Object.freeze({ kind: 'here' });

/** Decides, and asks the owner where that is to be done. Rejects with RestError. */
export async function routeQuery(
  instances: readonly StreamsApp[],
  owners: StoreOwners,
  asked: RoutedQuery,
): Promise<Route> {
  const { applicationId, mode, headers, path } = asked;
  if (mode === 'local') return here;
  const taskId = taskOf(instances, asked);
  if (taskId === undefined) return here;
  const own = instances.flatMap((app) => app.tasks()).find((task) => task.taskId === taskId);
  if (own?.state === 'running') return here;
  if (own) throw notNow(`task ${taskId}, which keeps this key, is ${own.state} here`);
  if (headers[routedHeader] !== undefined) {
    throw notNow(`task ${taskId}, which keeps this key, has just moved away from here`);
  }
  const owner = owners.ownerOf(applicationId, taskId);
  if (owner === undefined) {
    throw notNow(`task ${taskId}, which keeps this key, is being moved (rebalance)`);
  }
  if (typeof owner === 'string') throw new RestError(restErrorCodes.ownerUnreachable, owner);
  const url = `${owner.url}${path}`;
  if (mode === 'redirect') return { kind: 'redirect', url };
  return { kind: 'answer', body: await askOwner(url, headers['authorization']) };
}

/** undefined: the query is wrong in a way that the local answer says best. */
function taskOf(instances: readonly StreamsApp[], asked: RoutedQuery): string | undefined {
  try {
    return instances[0]?.taskOf(asked.store, asked.key);
  } catch (error) {
    const isExpected =
      error instanceof TopologyError || error instanceof TypeError || error instanceof RangeError;
    if (isExpected) return undefined;
    throw error;
  }
}

async function askOwner(url: string, authorization: string | undefined): Promise<StoreEntryBody> {
  const headers = { [routedHeader]: '1', ...(authorization ? { authorization } : {}) };
  const signal = AbortSignal.timeout(ownerTimeoutMs);
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, { headers, signal, redirect: 'error' });
    status = response.status;
    text = await readBounded(response);
  } catch (cause) {
    const sentence = `the instance that keeps this key does not answer at ${new URL(url).origin}; when it is dead its tasks move as soon as its lease has lapsed; ask again then`;
    throw new RestError(restErrorCodes.ownerUnreachable, sentence, { cause });
  }
  const body = parse(text);
  if (status === 200) {
    const entry = storeEntryBody.safeParse(body);
    if (entry.success) return entry.data;
  }
  throw passedOn(status, body);
}

/** What the owner refuses is the caller's to hear; what fails there is a 503 here. */
function passedOn(status: number, body: unknown): RestError {
  const { error_code: code, message } = body as { error_code?: unknown; message?: unknown };
  const sentence = typeof message === 'string' ? message.slice(0, 1_000) : `status ${status}`;
  const isCallers = status === 400 || status === 404;
  if (isCallers && typeof code === 'number' && Math.floor(code / 100) === status) {
    return new RestError(code, sentence);
  }
  if (status === 401 || status === 403) {
    const remedy = 'give all processors of an application the same tokens';
    return new RestError(
      restErrorCodes.ownerUnreachable,
      `the instance that keeps this key refuses the token; ${remedy}`,
    );
  }
  return new RestError(restErrorCodes.notQueryable, `the owner of this key says: ${sentence}`);
}

/** The text of an answer. Rejects with RangeError beyond 16 MiB. */
export async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw new RangeError('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function parse(text: string): unknown {
  try {
    return (JSON.parse(text) as unknown) ?? {};
  } catch {
    return {};
  }
}

function notNow(sentence: string): RestError {
  return new RestError(restErrorCodes.notQueryable, `${sentence}; ask again later`);
}
