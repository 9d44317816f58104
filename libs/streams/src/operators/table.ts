// Tables: the latest value per key, and looking one up from a stream.
// Protects: a null value deletes; a stream record joins what the table holds at its turn (inputs are interleaved by
// timestamp, lowest first). A null key is skipped and counted. Leaves out: table-table and windowed joins, as-of reads.

import type { OperatorFactory } from '../plan.js';
import type { KeyValueStore } from '../state/store.js';

export function tableOperator(storeName: string): OperatorFactory {
  return (context, _forward, port) => {
    const store = context.store(storeName) as KeyValueStore<unknown, unknown>;
    const update = port('update');
    return (key, value, timestamp) => {
      if (key === null || key === undefined) {
        context.count('skipped');
        return;
      }
      if (value === null || value === undefined) store.delete(key);
      else store.put(key, value);
      update?.(key, value, timestamp);
    };
  };
}

export function joinTableOperator(options: {
  readonly store: string;
  readonly inner: boolean;
  readonly join: (value: unknown, tableValue: unknown, key: unknown) => unknown;
}): OperatorFactory {
  const { inner, join } = options;
  return (context, forward) => {
    const store = context.store(options.store) as KeyValueStore<unknown, unknown>;
    return (key, value, timestamp) => {
      if (key === null || key === undefined) {
        context.count('skipped');
        return;
      }
      const found = store.get(key);
      if (found === undefined && inner) return;
      forward(key, join(value, found, key), timestamp);
    };
  };
}
