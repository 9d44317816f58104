// Which handlers of a group take which topic. Protects: a topic belongs to one route of a group; several event handlers of one topic in
// one group run together for each record (as in Nest), which they can only do with the same options; a named topic wins over a RegExp.

import type { MessageHandler } from '@nestjs/microservices';
import { retryTopic, type ResolvedOptions } from './handler-options.js';

export interface Registration {
  readonly pattern: string;
  readonly isEvent: boolean;
  readonly callback: MessageHandler;
  readonly options: ResolvedOptions;
}

/** Handlers that run together for each record. */
export interface Route {
  /** At least one; exactly one when it answers requests. */
  readonly registrations: readonly Registration[];
  readonly options: ResolvedOptions;
  readonly pattern: string;
  readonly isEvent: boolean;
}

export class RouteTable {
  readonly group: string;
  readonly #byTopic = new Map<string, Route>();
  readonly #byPattern: { readonly expression: RegExp; readonly route: Route }[] = [];
  /** Retry topic → its delay in milliseconds. */
  readonly retryDelays = new Map<string, number>();

  /** `registrations`: at least one, all of one group. Throws TypeError for two that cannot share a topic. */
  constructor(group: string, registrations: readonly Registration[]) {
    this.group = group;
    for (const registration of registrations) this.#add(registration);
    for (const route of this.routes()) this.#addRetryTopics(route.options);
  }

  routes(): readonly Route[] {
    return [...this.#byTopic.values(), ...this.#byPattern.map(({ route }) => route)];
  }

  get hasPatterns(): boolean {
    return this.#byPattern.length > 0;
  }

  /** Topics named one by one, without retry topics. */
  get namedTopics(): readonly string[] {
    return [...this.#byTopic.keys()];
  }

  route(topic: string): Route | undefined {
    const named = this.#byTopic.get(topic);
    if (named || isOwn(topic)) return named;
    return this.#byPattern.find(({ expression }) => expression.test(topic))?.route;
  }

  /** What to subscribe to, given the topics that exist; sorted. */
  topics(existing: readonly string[]): string[] {
    const matching = existing.filter(
      (topic) => this.#byPattern.some(({ expression }) => expression.test(topic)) && !isOwn(topic),
    );
    return [...new Set([...this.#byTopic.keys(), ...this.retryDelays.keys(), ...matching])].sort();
  }

  #add(registration: Registration): void {
    for (const topic of registration.options.topics) {
      if (topic instanceof RegExp) {
        this.#byPattern.push({ expression: topic, route: routeOf([registration]) });
        continue;
      }
      const known = this.#byTopic.get(topic);
      if (!known) {
        this.#byTopic.set(topic, routeOf([registration]));
        continue;
      }
      if (!canShare(known, registration)) {
        throw new TypeError(
          `two handlers of group '${this.group}' take topic '${topic}' with different options; give one of them a group of its own`,
        );
      }
      this.#byTopic.set(topic, routeOf([...known.registrations, registration]));
    }
  }

  #addRetryTopics({ retry }: ResolvedOptions): void {
    if (retry.through !== 'topics') return;
    const waits = Array.from({ length: retry.attempts - 1 }, (_, index) =>
      delayOf(retry, index + 1),
    );
    for (const delayMs of waits) this.retryDelays.set(retryTopic(this.group, delayMs), delayMs);
  }
}

/** Milliseconds to wait after `failed` attempts (≥ 1). */
export function delayOf({ delaysMs }: ResolvedOptions['retry'], failed: number): number {
  return delaysMs[Math.min(failed, delaysMs.length) - 1] ?? 0;
}

function routeOf(registrations: readonly Registration[]): Route {
  const [first] = registrations;
  if (!first) throw new TypeError('a route has at least one handler');
  const { options, pattern, isEvent } = first;
  return { registrations, options, pattern, isEvent };
}

function canShare(route: Route, { isEvent, options }: Registration): boolean {
  if (!route.isEvent || !isEvent) return false;
  const { topics: _, ...mine } = options;
  const { topics: __, ...theirs } = route.options;
  return JSON.stringify(mine) === JSON.stringify(theirs) && mine.codec === theirs.codec;
}

/** Dead letters and retries match many an expression; they are consumed on purpose only. */
function isOwn(topic: string): boolean {
  return topic.endsWith('.dlq') || /\.retry\.\d+ms$/.test(topic);
}
