// Bounds of the processor. Protects: every queue, cache and loop here has a named limit.

export const limits = Object.freeze({
  /** Decoded values a store keeps between two commits. */
  cachedEntriesMax: 20_000,
  /** Kafka refuses longer offset-commit metadata (offset.metadata.max.bytes). */
  commitMetadataCharactersMax: 4096,
  /** Records buffered per partition before its fetching is paused (Kafka Streams' buffered.records.per.partition). */
  bufferedRecordsPerPartitionMax: 1000,
  /** Outputs of a task that may wait for their acknowledgement before it stops taking input. */
  unsettledOutputsMax: 10_000,
  /** Messages in the mailbox of a task. */
  taskMailboxMessagesMax: 64,
  /** Changed entries of a task that make its application commit before the interval is over. */
  uncommittedEntriesMax: 50_000,
  /** Milliseconds between two looks at the ends of the inputs of a paused application. */
  pausedEndsEveryMs: 1_000,
  /** Milliseconds a task has for the acknowledgements of a commit. */
  flushTimeoutMs: 60_000,
  /** Records processed in one turn of a task actor. */
  recordsPerTurnMax: 500,
  /** Bytes in one frame of a heaplog snapshot. */
  heaplogFrameBytesMax: 1 << 20,
  /** A heaplog smaller than this is never compacted. */
  heaplogCompactBytesMin: 1 << 20,
  /** Changelog records applied before a restoring store commits locally. */
  restoreCommitRecords: 50_000,
});
