// A browse as its query describes it, opened so far that what is wrong with it is known. Protects: few run at a time; whatever ends
// it (the answer is there, the caller is gone, the server stops), its filter's thread and connections go with it.

import {
  parseBrowsePlace,
  type BrowseEvent,
  type BrowseProgress,
  type BrowseRequest,
  type KafkaClient,
} from '@drave/client';
import {
  restErrorCodes,
  type BrowseProgressBody,
  type MessagesQuery,
  type MessageStreamQuery,
} from '@drave/contracts/rest';
import { RestError } from '@drave/nest/http';
import type { RecordFilter, RecordFilters } from '../filter/record-filter.js';
import { toRestError } from './invalid-request.js';

/** Searches and streams open at a time. */
export const browsesMax = 64;

export interface OpenBrowse {
  readonly events: AsyncGenerator<BrowseEvent, void, undefined>;
  progressOf(progress: BrowseProgress): BrowseProgressBody;
  /** Idempotent; aborts what is under way. */
  close(): Promise<void>;
}

export interface BrowseOptions {
  readonly topic: string;
  readonly query: MessagesQuery & Partial<Pick<MessageStreamQuery, 'follow'>>;
  readonly cursor?: string | undefined;
}

/** The cluster, and filters of the process. */
export interface BrowseAccess {
  readonly client: KafkaClient;
  readonly filters: RecordFilters;
}

export class Browses {
  readonly #access: BrowseAccess;
  readonly #open = new Set<() => Promise<void>>();
  #count = 0;

  constructor(access: BrowseAccess) {
    this.#access = access;
  }

  /** Rejects with 40001, 40004, 40403, 42901. */
  async open({ topic, query, cursor = query.cursor }: BrowseOptions): Promise<OpenBrowse> {
    if (this.#count >= browsesMax) {
      throw new RestError(
        restErrorCodes.tooManyRequests,
        `${browsesMax} searches are open already; close one, or try again later`,
      );
    }
    this.#count += 1;
    const abort = new AbortController();
    let filter: RecordFilter | undefined;
    let events: AsyncGenerator<BrowseEvent, void, undefined> | undefined;
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      this.#count -= 1;
      this.#open.delete(closeOnce);
      abort.abort(new RestError(restErrorCodes.notReady, 'the search was closed'));
      await filter?.close();
    };
    const closeOnce = (): Promise<void> => (closing ??= close());
    this.#open.add(closeOnce);
    try {
      const { isolation, limit, maxBytes, follow = false } = query;
      const request: BrowseRequest = {
        ...requestOf(topic, query),
        ...{ isolation, limit, follow, bytesMax: maxBytes, signal: abort.signal },
        ...(cursor === undefined ? {} : { cursor }),
      };
      if (query.filter !== undefined) {
        filter = await this.#access.filters.open(query.filter);
      }
      const opened = filter;
      events = this.#access.client.browse({
        ...request,
        ...(opened ? { predicate: (records) => opened.matches(records) } : {}),
      });
      const first = await events.next();
      const all = afterFirst(first.done ? undefined : first.value, events);
      return {
        events: all,
        progressOf: (progress) => progressBody(progress, opened),
        close: closeOnce,
      };
    } catch (error) {
      await closeOnce();
      throw toRestError(error);
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open].map((close) => close()));
  }
}

async function* afterFirst(
  first: BrowseEvent | undefined,
  rest: AsyncGenerator<BrowseEvent, void, undefined>,
): AsyncGenerator<BrowseEvent, void, undefined> {
  if (first) yield first;
  yield* rest;
}

function requestOf(topic: string, query: MessagesQuery): BrowseRequest {
  const { from, until, partitions, key, keyFormat, contains, header } = query;
  const at = header?.indexOf('=') ?? -1;
  return {
    topic,
    from: parseBrowsePlace(from),
    ...(until === undefined ? {} : { until: parseBrowsePlace(until) }),
    ...(partitions === undefined ? {} : { partitions }),
    ...(key === undefined ? {} : { key: keyBytes(key, keyFormat) }),
    ...(contains === undefined ? {} : { contains }),
    ...(header === undefined
      ? {}
      : {
          header:
            at < 0 ? { name: header } : { name: header.slice(0, at), value: header.slice(at + 1) },
        }),
  };
}

function keyBytes(text: string, format: MessagesQuery['keyFormat']): Buffer {
  if (format !== 'base64' && format !== 'hex') return Buffer.from(text);
  const bytes = Buffer.from(text, format);
  const isExact = bytes.toString(format) === (format === 'hex' ? text.toLowerCase() : text);
  if (isExact) return bytes;
  throw new RangeError(`query.key: no ${format}`);
}

function progressBody(
  { scannedRecords, scannedBytes, matched, elapsedMs }: BrowseProgress,
  filter: RecordFilter | undefined,
): BrowseProgressBody {
  const { count = 0, first } = filter?.failures ?? {};
  return {
    ...{ scannedRecords, scannedBytes, matched, elapsedMs },
    filterFailures: count,
    filterFailure: first ?? null,
  };
}
