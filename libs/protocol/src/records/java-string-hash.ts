// Java's String.hashCode, by which Kafka spreads groups and transactional ids over the partitions of its internal topics.
// Protects: our coordinators sit on the same partition as Kafka's would. Source: java.lang.String documentation.

/** s[0]·31^(n−1) + … + s[n−1] over UTF-16 code units, wrapped to a signed 32-bit number. */
export function javaStringHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/** The partition of `__consumer_offsets` or `__transaction_state` that coordinates `id` (Kafka's Utils.abs: minimum becomes 0). */
export function partitionForCoordinatorKey(id: string, partitionCount: number): number {
  const hash = javaStringHash(id);
  return (hash === -0x80000000 ? 0 : Math.abs(hash)) % partitionCount;
}
