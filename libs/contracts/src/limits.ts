// Named bounds of queues, caches, retries and sizes that are no user's business. Relations between bounds are checked when this
// file loads. Protects: every queue has an end. Leaves out: what users may tune (see the settings tables).
// Sources: reliability design, "Security: limits" and "Load"; Kafka's defaults.

const kiB = 1024;
const miB = 1024 * 1024;

export const limits = Object.freeze({
  /** Largest request frame; Kafka's socket.request.max.bytes. */
  frameBytesMax: 100 * miB,
  /** Frame bytes that all connections together may hold unanswered before sockets pause; a larger frame goes alone. */
  inboundBytesMax: 64 * miB,
  /** The same of one connection: more would only wait in memory instead of in the sender. */
  inboundPerConnectionMax: 8 * miB,
  /** Large buffers used again and again, for frames and for reads of the log: size of each, of either kind how many at once, how many kept. */
  slabBytes: miB + 16 * kiB,
  slabsMax: 32,
  slabsFreeMax: 8,
  /** Requests of one connection that may be unanswered before its socket pauses. */
  inFlightRequestsMax: 256,
  /** Response bytes queued on one socket above which its requests are no longer read. */
  outboundBytesMax: 4 * miB,
  /** Bytes of large answers queued on all sockets above which fetches answer with one batch. */
  outboundTotalMax: 128 * miB,
  /** Default of max.connections. */
  connectionsMax: 10_000,
  /** Default of max.connections.per.ip; loopback addresses are exempt. */
  connectionsPerAddressMax: 1_000,
  /** A connection that has sent nothing is closed after this. */
  firstByteMs: 5_000,
  /** A connection that stops in the middle of a frame is closed after this. */
  partialFrameMs: 30_000,
  /** How often idle connections are looked for. */
  idleSweepMs: 1_000,
  /** Time a stopping broker gives requests in flight. */
  drainMs: 5_000,
  /** Delayed records that wait in one broker, 16 bytes of memory each; above it topics that delay refuse records. */
  delayedPendingMax: 10_000_000,
  /** Topics, and partitions of all topics together. */
  topicsMax: 100_000,
  partitionsMax: 200_000,
  /** Partitions of one CreateTopics request and of one topic. */
  partitionsPerTopicMax: 100_000,
  /** Largest fetch answer, whatever the client asks for; Kafka's fetch.max.bytes of the broker. */
  fetchBytesMax: 55 * miB,
  /** Longest long poll; longer ones are shortened. */
  fetchWaitMsMax: 5 * 60_000,
  /** Partitions of all fetch sessions together, about 65 bytes each. */
  fetchSessionPartitionsMax: 2_000_000,
  /** A fetch session idle for this long, or this old and smaller than a new one, makes room when there is none. */
  fetchSessionEvictionMs: 120_000,
  /** Parked fetches of the whole broker; above it a long poll is answered at once. */
  parkedFetchesMax: 50_000,
  /** Array elements of every kind in one request; more is refused while decoding, so small bytes cannot become many objects. */
  requestElementsMax: 1_000_000,
  /** Member ids of one group handed out and not yet joined with; each lapses with its session timeout. */
  groupPendingMembersMax: 10_000,
  /** Groups and topics whose lag `/metrics` shows, those furthest behind first. */
  groupLagsMax: 1_000,
  /** Entities with client quotas, and users with SCRAM credentials. */
  quotaEntitiesMax: 10_000,
  /** Byte rates measured at once; above it idle ones are forgotten. */
  quotaRatesMax: 10_000,
  /** Longest silence a quota asks of a client. */
  throttleMsMax: 60 * 60_000,
  scramUsersMax: 10_000,
  /** Cluster events kept for those who look later, and their characters; a longer text in one is cut. */
  eventsKeptMax: 2_000,
  eventCharsMax: 4 * miB,
  eventTextCharsMax: 1_024,
  /** Of a list in an event. */
  eventListMax: 100,
  /** Readers of the stream of events at a time. */
  eventStreamsMax: 100,
  /** Brokers one process can be. */
  virtualBrokersMax: 32,
  /** Producer ids handed out per record of the metadata log. */
  producerIdBlock: 1_000,
  /** One batch decompresses to at most max(4 × max.message.bytes, this). */
  decompressedBytesMin: 64 * miB,
  /** The same for a batch whose keys are looked at while a client waits; more would stall every other client. */
  validatedBytesMin: 16 * miB,
  /** Bytes of one record of the metadata log. */
  metadataRecordBytesMax: 256 * kiB,
});

function relation(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(`limits: ${sentence}`);
}

relation(
  limits.inboundPerConnectionMax < limits.inboundBytesMax,
  'one client leaves room for others',
);
relation(limits.slabsFreeMax <= limits.slabsMax, 'free slabs are slabs');
relation(limits.fetchBytesMax < limits.frameBytesMax, 'a fetch answer fits a frame');
relation(
  limits.connectionsPerAddressMax <= limits.connectionsMax,
  'one address may not have more connections than all',
);
relation(
  limits.partitionsPerTopicMax <= limits.requestElementsMax,
  'a request for a whole topic can be decoded',
);
relation(limits.firstByteMs > limits.idleSweepMs, 'sweeps are finer than the shortest limit');
relation(limits.partitionsPerTopicMax <= limits.partitionsMax, 'one topic fits the cluster');
