// Regular expressions of subscriptions: RE2 syntax, matched against the whole topic name in time linear in its length, whatever
// the expression. Protects: a client cannot stall the broker with a pattern. Leaves out: caching (SubscriptionResolver).
// Source: KIP-848 (the broker resolves RE2J patterns); re2js, a port of the same engine.

import { RE2JS, RE2JSException } from 're2js';

/** Longest expression accepted: compiling takes time and memory in proportion, and repetition counts multiply it. */
const topicPatternLengthMax = 1024;

/** undefined: not a legal expression. */
export function topicPattern(regex: string): ((name: string) => boolean) | undefined {
  if (regex.length > topicPatternLengthMax) return undefined;
  try {
    const compiled = RE2JS.compile(regex);
    return (name) => compiled.matches(name);
  } catch (error) {
    if (error instanceof RE2JSException) return undefined;
    throw error;
  }
}
