// What a store is made of: a name, serdes and, for a window store, its windows. Leaves out: its contents (store.ts).

import type { Serde } from '../serde.js';
import type { TimeWindows } from '../window.js';

export interface StoreSpec {
  readonly name: string;
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
  /** Present: a window store. */
  readonly windows: TimeWindows | undefined;
}
