// Operators without state: plain functions from a push to a push. Protects: nothing here awaits or allocates per record
// beyond what the user's function returns. Leaves out: asynchronous calls out.

import type { OperatorFactory, Push } from '../plan.js';

export function filterOperator(keep: (value: unknown, key: unknown) => boolean): OperatorFactory {
  return (_context, forward) => (key, value, timestamp) => {
    if (keep(value, key)) forward(key, value, timestamp);
  };
}

export function mapValuesOperator(map: (value: unknown, key: unknown) => unknown): OperatorFactory {
  return (_context, forward) => (key, value, timestamp) => {
    forward(key, map(value, key), timestamp);
  };
}

export function mapOperator(
  map: (value: unknown, key: unknown) => readonly [unknown, unknown],
): OperatorFactory {
  return (_context, forward) => (key, value, timestamp) => {
    const [newKey, newValue] = map(value, key);
    forward(newKey, newValue, timestamp);
  };
}

export function flatMapOperator(
  map: (value: unknown, key: unknown) => Iterable<readonly [unknown, unknown]>,
): OperatorFactory {
  return (_context, forward) => (key, value, timestamp) => {
    for (const [newKey, newValue] of map(value, key)) forward(newKey, newValue, timestamp);
  };
}

export function flatMapValuesOperator(
  map: (value: unknown, key: unknown) => Iterable<unknown>,
): OperatorFactory {
  return (_context, forward) => (key, value, timestamp) => {
    for (const newValue of map(value, key)) forward(key, newValue, timestamp);
  };
}

export function peekOperator(look: (value: unknown, key: unknown) => void): OperatorFactory {
  return (_context, forward) => (key, value, timestamp) => {
    look(value, key);
    forward(key, value, timestamp);
  };
}

/** Hands everything on: merge points and named stations. */
export const passOperator: OperatorFactory = (_context, forward) => forward;

/** Each record goes to the first branch whose predicate holds, else to the port 'rest'. */
export function splitOperator(
  branches: readonly { name: string; takes: (value: unknown, key: unknown) => boolean }[],
): OperatorFactory {
  return (_context, _forward, port) => {
    const ways = branches.map(({ name, takes }) => ({
      takes,
      push: port(`branch:${name}`) ?? ignore,
    }));
    const rest = port('rest') ?? ignore;
    return (key, value, timestamp) => {
      for (const { takes, push } of ways) {
        if (takes(value, key)) {
          push(key, value, timestamp);
          return;
        }
      }
      rest(key, value, timestamp);
    };
  };
}

const ignore: Push = () => {};
