// A store query asked of a process that runs no instance itself (a broker): one of the instances says who owns the key, the owner is
// asked. Protects: only registered addresses that somebody with our tokens vouched for are asked, whatever a redirect says; the owner
// forwards nothing, so a query makes two steps at most; a bounded number of instances, of bytes and of time. While the owner is dead
// or a task moves the answer is a clear 503. Leaves out: waiting for the new owner (the caller asks again).

import { restErrorCodes, storeEntryBody, type StoreEntryBody } from '@drave/contracts/rest';
import { RestError } from '../http/rest-error.js';
import type { RemoteInstance, RemoteInstances } from './remote-apps.js';
import { parse, readBounded, routedHeader, storePath, type StoreLookup } from './store-router.js';

export type RemoteEntry =
  | { readonly kind: 'answer'; readonly body: StoreEntryBody }
  | { readonly kind: 'redirect'; readonly url: string };

/** Of an instance that can be asked. */
interface Asked {
  readonly instance: string;
  readonly url: string;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly location: string;
}

type Headers = Readonly<Record<string, string | undefined>>;

/** Instances asked who owns a key. */
const guidesMax = 3;
const stepMsDefault = 2_000;
const codes = restErrorCodes;

export class RemoteStores {
  readonly #instances: RemoteInstances;
  readonly #stepMs: number;
  #turn = 0;

  /** `stepMs`: how long one instance may take to answer. */
  constructor(instances: RemoteInstances, stepMs = stepMsDefault) {
    this.#instances = instances;
    this.#stepMs = stepMs;
  }

  /** From the owner, or its address where the lookup asks for a redirect. Rejects with RestError. */
  async entry(lookup: StoreLookup, headers: Headers): Promise<RemoteEntry> {
    if (lookup.query.route === 'local') {
      const sentence = 'this process keeps no stores; ask with route=proxy or route=redirect';
      throw new RestError(codes.invalidRequest, sentence);
    }
    const all = this.#askable(lookup.applicationId, headers);
    const reasons: string[] = [];
    const silent = new Set<string>();
    let isMoving = false;
    for (const guide of this.#guides(all)) {
      if (silent.has(guide.url)) continue;
      const found = await this.#ask(guide, storePath(lookup, 'redirect'), headers);
      const owner = found.status === 307 ? ownerIn(all, found.location) : guide;
      if (!owner) {
        reasons.push(`${guide.instance}: the instance it names as the owner is not registered`);
        continue;
      }
      if (silent.has(owner.url)) break; // It keeps its tasks until its lease has lapsed.
      const wantsAddress = lookup.query.route === 'redirect' && [200, 307].includes(found.status);
      if (wantsAddress) return { kind: 'redirect', url: `${owner.url}${storePath(lookup)}` };
      const reply =
        found.status === 307
          ? await this.#ask(owner, storePath(lookup, 'proxy'), routed(headers))
          : found;
      const entry = entryOf(reply);
      if (entry) return { kind: 'answer', body: entry };
      if (reply.status === 0) silent.add(owner.url);
      else isMoving = true;
      reasons.push(`${owner.instance}: ${reasonOf(reply, owner)}`);
    }
    const isUnreachable = silent.size > 0 && !isMoving;
    const code = isUnreachable ? codes.ownerUnreachable : codes.notQueryable;
    const when = isUnreachable
      ? 'when it is dead its tasks move as soon as its lease has lapsed; ask again then'
      : 'ask again later';
    throw new RestError(
      code,
      `the owner of this key cannot be asked: ${reasons.join('; ')}; ${when}`,
    );
  }

  /** Throws 40408 and 50304. */
  #askable(applicationId: string, headers: Headers): Asked[] {
    // Who is asked by another instance asks nobody further.
    const known = headers[routedHeader] === undefined ? this.#instances() : [];
    const all = known.filter((one) => one.applicationId === applicationId);
    if (all.length === 0) {
      const sentence = `no instance of '${applicationId}' is registered`;
      throw new RestError(codes.unknownApplication, sentence);
    }
    const askable = all.flatMap(({ instance, url, isVouchedFor }) =>
      url !== undefined && isVouchedFor ? [{ instance, url }] : [],
    );
    if (askable.length === 0) throw new RestError(codes.ownerUnreachable, noneAskable(all));
    return askable;
  }

  /** In turn, so that not all ask the first. */
  #guides(all: readonly Asked[]): readonly Asked[] {
    const first = this.#turn++ % all.length;
    return [...all.slice(first), ...all.slice(0, first)].slice(0, guidesMax);
  }

  /** Status 0: no answer in time. Follows no redirect. */
  async #ask({ url }: Asked, path: string, given: Headers): Promise<Reply> {
    const { authorization, [routedHeader]: mark } = given;
    const headers = {
      ...(authorization ? { authorization } : {}),
      ...(mark ? { [routedHeader]: mark } : {}),
    };
    try {
      const signal = AbortSignal.timeout(this.#stepMs);
      const response = await fetch(`${url}${path}`, { headers, signal, redirect: 'manual' });
      const location = response.headers.get('location') ?? '';
      return { status: response.status, body: parse(await readBounded(response)), location };
    } catch {
      return { status: 0, body: {}, location: '' };
    }
  }
}

function routed(headers: Headers): Headers {
  return { ...headers, [routedHeader]: '1' };
}

/** Registered under the address a redirect names; its path is not looked at. */
function ownerIn(all: readonly Asked[], location: string): Asked | undefined {
  const origin = originOf(location);
  return origin === undefined ? undefined : all.find(({ url }) => originOf(url) === origin);
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** Throws RestError for what is the caller's mistake. */
function entryOf({ status, body }: Reply): StoreEntryBody | undefined {
  const entry = status === 200 ? storeEntryBody.safeParse(body) : undefined;
  if (entry?.success) return entry.data;
  const { error_code: code } = body as { error_code?: unknown };
  const isCallers =
    code === codes.invalidRequest || code === codes.unknownStore || code === codes.unknownKey;
  if (isCallers) throw new RestError(code, sentenceOf({ status, body }));
  return undefined;
}

function reasonOf(reply: Reply, { url }: Asked): string {
  if (reply.status === 0) return `it does not answer at ${originOf(url)}`;
  if (reply.status === 200) return 'it answers what is not understood';
  if (reply.status === 401 || reply.status === 403) {
    return 'it refuses the token; give brokers and processors the same';
  }
  return sentenceOf(reply);
}

function sentenceOf({ status, body }: Pick<Reply, 'status' | 'body'>): string {
  const { message } = body as { message?: unknown };
  return typeof message === 'string' ? message.slice(0, 1_000) : `status ${status}`;
}

function noneAskable(all: readonly RemoteInstance[]): string {
  return all.some(({ url }) => url !== undefined)
    ? 'the instances of this application do not have our tokens; give brokers and processors the same'
    : 'no instance of this application has an HTTP side; start them with one';
}
