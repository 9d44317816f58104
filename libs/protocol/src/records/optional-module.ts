// Lazy loading of the optional native packages (CRC, snappy, lz4). Protects: importing the library never loads native code and
// never fails because a prebuilt binary is missing; the attempt is made once, at first use, and its outcome kept.

import { createRequire } from 'node:module';

export interface OptionalModule<T> {
  /** The module, or undefined when it cannot be loaded on this machine. */
  get(): T | undefined;
  /** Why loading failed; undefined before the first `get` and after a success. */
  readonly failure: unknown;
}

/** Describes an optional package; `load` runs at most once, at the first `get`. */
export function optionalModule<T>(load: (require: NodeJS.Require) => T): OptionalModule<T> {
  let attempted = false;
  let loaded: T | undefined;
  let failure: unknown;
  return {
    get(): T | undefined {
      if (!attempted) {
        attempted = true;
        try {
          loaded = load(createRequire(import.meta.url));
        } catch (cause) {
          failure = cause;
        }
      }
      return loaded;
    },
    get failure(): unknown {
      return failure;
    },
  };
}
