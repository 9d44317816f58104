// The port through which the embedded store becomes durable: an append-only sequence of changes that may be replaced by
// a snapshot. Protects: what `load` gives back is a prefix of what was appended, in order, whole transactions only.
// A broker may fill it with a compacted internal log; the default is `file-journal.ts`.

/** One change of one thing, as JSON-able data; the first element names the kind (change.ts). */
export type Change = readonly unknown[];

export interface JobJournal {
  /** Calls `apply` for every transaction that survived, oldest first. Called once, before anything is appended. */
  load(apply: (transaction: readonly Change[]) => void): Promise<void>;
  /** Adds one transaction. Never waits; never throws: a failure shows in `durable` and `failure`. */
  append(transaction: readonly Change[]): void;
  /** Settles when everything appended so far is durable; rejects when it never will be. */
  durable(): Promise<void>;
  /** Bytes appended and not yet given to the disk; writers slow down above a bound. */
  readonly backlogBytes: number;
  /** Set once writing has failed; from then on nothing is durable any more. */
  readonly failure: Error | undefined;
  close(): Promise<void>;
}

/** Keeps nothing: for tests, simulations and stores that need not outlive their process. */
export function volatileJournal(): JobJournal {
  return {
    load: async () => undefined,
    append: () => undefined,
    durable: async () => undefined,
    backlogBytes: 0,
    failure: undefined,
    close: async () => undefined,
  };
}
