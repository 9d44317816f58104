// Java's String.hashCode and the partition of a group. Protects: every client and broker sends a group to the same
// `__consumer_offsets` partition. Source: Kafka Utils.abs and GroupMetadataManager.partitionFor.

/** Java's `String.hashCode`: over UTF-16 units, wrapped to int32. */
export function javaStringHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i += 1) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0;
  return hash;
}

/** Partition of `__consumer_offsets` that keeps the group; `partitionCount` ≥ 1. */
export function groupPartition(groupId: string, partitionCount: number): number {
  const hash = javaStringHash(groupId);
  // Kafka's abs: int32's minimum has no positive twin and counts as 0.
  return (hash === -0x80000000 ? 0 : Math.abs(hash)) % partitionCount;
}
