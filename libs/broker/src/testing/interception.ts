// Requests answered, delayed or lost instead of served: what `TestBroker.intercept` puts between a broker's connections and its handlers.
// Protects: requests of a connection are decided in the order they came, as Kafka's one-at-a-time handling does; nothing held back
// outlives `releaseAll`; a broker started without the test kit has none of this, its handlers are called directly.
// Leaves out: requests whose version the broker does not serve (the dispatcher's), answers changed byte by byte.

import { KafkaError, type ErrorName } from '@drave/contracts';
import type { Scheduler, Timer } from '@drave/platform';
import {
  ApiKey,
  decodeRequestBody,
  decodeResponse,
  encodeResponse,
  type RequestHeader,
  type RequestMap,
  type ResponseInputMap,
  type ResponseMap,
} from '@drave/protocol';
import { CloseConnection, type Answer, type Handler } from '../define-handler.js';
import type { ClientInfo } from '../client-info.js';
import type { RequestContext } from '../request-context.js';
import { durationMs, type Duration } from './duration.js';

type ApiKeys = typeof ApiKey;

/** `'Produce'`, `'Fetch'`, `'JoinGroup'` …: as the Kafka protocol guide calls them. */
export type ApiName = Capitalize<keyof ApiKeys>;

/** The API key of a name. */
export type KeyOf<Name extends ApiName> = ApiKeys[Uncapitalize<Name> & keyof ApiKeys];

/** What an interceptor answers besides a body or an error; made by `delay`, `drop`, `dropAnswer` and `silence`. */
export class Instruction {
  readonly kind: 'delay' | 'drop' | 'drop-answer' | 'silence';
  /** Of a delay. */
  readonly ms: number;

  constructor(kind: Instruction['kind'], ms = 0) {
    this.kind = kind;
    this.ms = ms;
  }
}

/** The broker serves the request, but only after this time on its clock; later requests of the connection wait with it. */
export function delay(duration: Duration): Instruction {
  return new Instruction('delay', durationMs(duration));
}

/** The request is lost: the broker never sees it, the connection is closed. */
export function drop(): Instruction {
  return new Instruction('drop');
}

/** The answer is lost: the broker does what was asked, then the connection is closed. */
export function dropAnswer(): Instruction {
  return new Instruction('drop-answer');
}

/** Nothing happens: the broker never sees the request and nobody answers; the connection stays open but gets no further. */
export function silence(): Instruction {
  return new Instruction('silence');
}

/** An error as the whole answer, in the form of the API that was asked; the same as throwing it. */
export function failure(error: ErrorName, message?: string): KafkaError {
  return new KafkaError(error, message);
}

/** What an interceptor decides; undefined leaves the request to the next interceptor and in the end to the broker. */
export type Decision<Key extends keyof RequestMap> =
  ResponseInputMap[Key] | KafkaError | Instruction | undefined;

export interface InterceptedRequest<Key extends keyof RequestMap> {
  readonly apiVersion: number;
  readonly clientId: string;
  /** The broker that was asked. */
  readonly nodeId: number;
  /** Lets the broker act now and returns what it would answer; undefined when it answers nothing (acks=0). Call it once. */
  answer(): Promise<ResponseMap[Key] | undefined>;
}

/** Decides about one request; may take its time, later requests of the same connection wait. Throws KafkaError to answer it. */
export type Interceptor<Key extends keyof RequestMap> = (
  request: RequestMap[Key],
  about: InterceptedRequest<Key>,
) => Decision<Key> | Promise<Decision<Key>>;

/** An interceptor at work. `using` ends it at the end of the block. */
export interface Interception extends Disposable {
  /** Requests it decided about: those it left alone do not count. */
  readonly hits: number;
  /** Ends it; what it holds back is served or, when silenced, closed. Idempotent. */
  dispose(): void;
}

/** One request, for `dump`. */
export interface RequestTrace {
  readonly nodeId: number;
  readonly api: string;
  readonly version: number;
  readonly clientId: string;
  /** What an interceptor made of it. */
  outcome?: string;
}

const tracesMax = 100;

/** An interceptor once its key is only known as a number. */
export type AnyInterceptor = (request: unknown, about: unknown) => unknown;

class Rule implements Interception {
  hits = 0;
  readonly #interceptor: AnyInterceptor;
  readonly #onDispose: (rule: Rule) => void;
  readonly #held = new Set<() => void>();

  constructor(interceptor: AnyInterceptor, onDispose: (rule: Rule) => void) {
    this.#interceptor = interceptor;
    this.#onDispose = onDispose;
  }

  ask(request: unknown, about: unknown): unknown {
    return this.#interceptor(request, about);
  }

  /** Calls back at the end of the rule; returns what forgets it. */
  whileHeld(onEnd: () => void): () => void {
    this.#held.add(onEnd);
    return () => this.#held.delete(onEnd);
  }

  dispose(): void {
    this.#onDispose(this);
    for (const onEnd of [...this.#held]) onEnd();
    this.#held.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** One request on its way through the rules. */
interface Passage {
  readonly handler: Handler;
  readonly frame: Buffer;
  readonly bodyStart: number;
  readonly header: RequestHeader;
  readonly context: RequestContext;
  readonly trace: RequestTrace;
}

export class Interceptions {
  readonly #scheduler: Scheduler;
  readonly #rules = new Map<number, Rule[]>();
  /** Per connection the decision its next request waits for. */
  readonly #undecided = new WeakMap<ClientInfo, Promise<unknown>>();
  readonly #traces: RequestTrace[] = [];
  readonly #faults: unknown[] = [];

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** The last requests, oldest first. */
  get traces(): readonly RequestTrace[] {
    return this.#traces;
  }

  /** What interceptors threw by mistake. */
  get faults(): readonly unknown[] {
    return this.#faults;
  }

  get count(): number {
    let count = 0;
    for (const rules of this.#rules.values()) count += rules.length;
    return count;
  }

  /** The youngest interceptor of an API is asked first. */
  add(apiKey: keyof RequestMap, interceptor: AnyInterceptor): Interception {
    const rule = new Rule(interceptor, (ended) => {
      const left = (this.#rules.get(apiKey) ?? []).filter((other) => other !== ended);
      if (left.length === 0) this.#rules.delete(apiKey);
      else this.#rules.set(apiKey, left);
    });
    this.#rules.set(apiKey, [rule, ...(this.#rules.get(apiKey) ?? [])]);
    return rule;
  }

  /** Ends every interceptor. */
  clear(): void {
    for (const rules of [...this.#rules.values()]) for (const rule of rules) rule.dispose();
    this.#traces.length = 0;
    this.#faults.length = 0;
  }

  /** The handler with this in front of it. */
  wrap(handler: Handler): Handler {
    return {
      ...handler,
      answer: (frame, bodyStart, header, context) =>
        this.#answer({
          handler,
          frame,
          bodyStart,
          header,
          context,
          trace: this.#traced(handler, context),
        }),
    };
  }

  #traced({ name: api }: Handler, { broker, apiVersion, clientId }: RequestContext): RequestTrace {
    const trace = { nodeId: broker.nodeId, api, version: apiVersion, clientId };
    this.#traces.push(trace);
    if (this.#traces.length > tracesMax) this.#traces.shift();
    return trace;
  }

  #answer(passage: Passage): Answer | Promise<Answer> {
    const { client } = passage.context;
    const before = this.#undecided.get(client);
    if (before) return this.#decideAfter(before, passage);
    const rules = this.#rules.get(passage.handler.apiKey);
    return rules ? this.#decideAfter(undefined, passage) : serve(passage);
  }

  /** Starts the decision now or after the one before it, and keeps the next request waiting until it is made. */
  async #decideAfter(before: Promise<unknown> | undefined, passage: Passage): Promise<Answer> {
    const { client } = passage.context;
    // Served within the decision's own turn, so that the next request starts after this one.
    const decision = (async () => {
      await before;
      return { answer: await this.#decide(passage) };
    })();
    const settled = decision.catch(() => undefined);
    this.#undecided.set(client, settled);
    void settled.then(() => {
      if (this.#undecided.get(client) === settled) this.#undecided.delete(client);
    });
    const { answer } = await decision;
    return answer();
  }

  /** Settles once the request was answered or has been started. */
  async #decide(passage: Passage): Promise<() => Answer | Promise<Answer>> {
    const { handler, trace, context } = passage;
    for (const rule of this.#rules.get(handler.apiKey) ?? []) {
      const asked = new AskedRequest(passage);
      const made = await this.#ask(rule, asked, passage);
      if (made === undefined) {
        if (asked.started) return () => asked.raw();
        continue;
      }
      rule.hits++;
      if (made instanceof KafkaError) {
        trace.outcome = made.errorName;
        const { frame, bodyStart, header } = passage;
        const { correlationId } = header;
        const refused = handler.refuse(frame, bodyStart, context, { correlationId, error: made });
        return () => refused;
      }
      if (!(made instanceof Instruction)) {
        trace.outcome = 'answered by the test';
        return () => encodeAs(passage, made);
      }
      trace.outcome = made.kind;
      switch (made.kind) {
        case 'delay':
          await this.#wait(rule, made.ms);
          continue;
        case 'drop':
          throw new CloseConnection('dropped by an interceptor');
        case 'drop-answer':
          await asked.raw();
          throw new CloseConnection('answer dropped by an interceptor');
        case 'silence':
          await silenced(rule, context.client);
          throw new CloseConnection('silenced by an interceptor');
      }
    }
    const answer = serve(passage);
    if (answer instanceof Promise) answer.catch(() => undefined); // Told where it is awaited.
    return () => answer;
  }

  async #ask(rule: Rule, asked: AskedRequest, passage: Passage): Promise<object | undefined> {
    const { handler, bodyStart, context } = passage;
    // A copy: interceptors keep what they like.
    const frame = Buffer.from(passage.frame);
    const key = handler.apiKey as keyof RequestMap;
    const request = decodeRequestBody(key, context.apiVersion, frame, bodyStart);
    try {
      return (await rule.ask(request, asked)) as object | undefined;
    } catch (error) {
      if (error instanceof KafkaError || error instanceof CloseConnection) {
        if (error instanceof KafkaError) return error;
        throw error;
      }
      if (this.#faults.length < tracesMax) this.#faults.push(error);
      passage.trace.outcome = `interceptor failed: ${String(error)}`;
      throw new CloseConnection(`an interceptor of ${handler.name} failed: ${String(error)}`, {
        cause: error,
      });
    }
  }

  #wait(rule: Rule, ms: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const forget = rule.whileHeld(() => {
        timer?.cancel();
        resolve();
      });
      timer = this.#scheduler.setTimer(ms, () => {
        forget();
        resolve();
      });
    });
  }
}

class AskedRequest implements InterceptedRequest<keyof RequestMap> {
  readonly apiVersion: number;
  readonly clientId: string;
  readonly nodeId: number;
  readonly #passage: Passage;
  #answer: Promise<Answer> | undefined;

  constructor(passage: Passage) {
    const { apiVersion, clientId, broker } = passage.context;
    this.apiVersion = apiVersion;
    this.clientId = clientId;
    this.nodeId = broker.nodeId;
    this.#passage = passage;
  }

  /** Whether the broker was let act. */
  get started(): boolean {
    return this.#answer !== undefined;
  }

  /** The broker's answer as it is. */
  raw(): Promise<Answer> {
    this.#answer ??= Promise.resolve(serve(this.#passage));
    return this.#answer;
  }

  async answer(): Promise<ResponseMap[keyof RequestMap] | undefined> {
    const chunks = await this.raw();
    if (!chunks) return undefined;
    const frame = Buffer.concat(chunks).subarray(sizeBytes);
    const key = this.#passage.handler.apiKey as keyof RequestMap;
    return decodeResponse(key, this.apiVersion, frame).body;
  }
}

const sizeBytes = 4;

function serve({ handler, frame, bodyStart, header, context }: Passage): Answer | Promise<Answer> {
  return handler.answer(frame, bodyStart, header, context);
}

function encodeAs({ handler, header }: Passage, body: object): Answer {
  const key = handler.apiKey as keyof RequestMap;
  return encodeResponse(key, header.apiVersion, header.correlationId, body as never);
}

/** Settles when the rule ends or the client has gone. */
function silenced(rule: Rule, client: ClientInfo): Promise<void> {
  return new Promise((resolve) => {
    const forget = rule.whileHeld(() => {
      unsubscribe();
      resolve();
    });
    const unsubscribe = client.onClosed(() => {
      forget();
      resolve();
    });
  });
}

/** The API key of `api`; throws RangeError for a name the protocol does not have. */
export function keyOfApi(api: ApiName | number): keyof RequestMap {
  const known: Readonly<Record<string, number>> = ApiKey;
  const key =
    typeof api === 'number' ? api : known[`${api.slice(0, 1).toLowerCase()}${api.slice(1)}`];
  if (key !== undefined && Object.values(known).includes(key)) return key as keyof RequestMap;
  throw new RangeError(`'${api}' is no API of the Kafka protocol; write for example 'Produce'`);
}

/** Handlers served up to `maxVersions` alone; an API below its lowest version is not served at all. */
export function limitVersions(
  handlers: readonly Handler[],
  maxVersions: Readonly<Partial<Record<ApiName, number>>>,
): readonly Handler[] {
  const maxByKey = new Map<number, number>();
  for (const [name, max] of Object.entries(maxVersions)) {
    if (max !== undefined) maxByKey.set(keyOfApi(name as ApiName), max);
  }
  return handlers.flatMap((handler) => {
    const max = Math.min(handler.versions.max, maxByKey.get(handler.apiKey) ?? Infinity);
    if (max < handler.versions.min) return [];
    return [{ ...handler, versions: { min: handler.versions.min, max } }];
  });
}
