// Bounds of the processor. Protects: every queue, cache and loop here has a named limit.

export const limits = Object.freeze({
  /** Decoded values a store keeps between two commits. */
  cachedEntriesMax: 20_000,
  /** Kafka refuses longer offset-commit metadata (offset.metadata.max.bytes). */
  commitMetadataCharactersMax: 4096,
  /** Records buffered per partition before its fetching is paused (Kafka Streams' buffered.records.per.partition). */
  bufferedRecordsPerPartitionMax: 1000,
  /** Records processed in one turn of a task actor. */
  recordsPerTurnMax: 500,
  /** Bytes in one frame of a heaplog snapshot. */
  heaplogFrameBytesMax: 1 << 20,
  /** A heaplog smaller than this is never compacted. */
  heaplogCompactBytesMin: 1 << 20,
  /** Changelog records applied before a restoring store commits locally. */
  restoreCommitRecords: 50_000,
});
