// Catalogue of what `/metrics` shows: name, kind, help, labels. Protects: one name means one thing, counters end in `_total`, the
// unit is in the name; docs/reference/metrics.md is made from here and a test compares it with what running processes show.
// Leaves out: buckets of histograms (their owners'); metrics of the Node process, which prom-client defines (listed by name).

export interface MetricDeclaration {
  readonly name: string;
  /** `counter`: only grows while the process lives; `gauge`: current value; `histogram`: `_bucket`, `_sum` and `_count`. */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

const metric = (
  kind: MetricDeclaration['kind'],
  name: string,
  help: string,
  labels: readonly string[] = [],
): MetricDeclaration => Object.freeze({ name, kind, help, labels: Object.freeze(labels) });

export const brokerMetrics = Object.freeze({
  info: metric('gauge', 'drave_broker_info', 'Always 1; the labels say which broker this is.', [
    'cluster_id',
    'node_id',
  ]),
  requests: metric('counter', 'drave_broker_requests_total', 'Requests received, by Kafka API.', [
    'api',
  ]),
  requestDuration: metric(
    'histogram',
    'drave_broker_request_duration_seconds',
    'From the arrival of a request to its answer, waiting included (long polls, joins), by Kafka API.',
    ['api'],
  ),
  requestsInFlight: metric(
    'gauge',
    'drave_broker_requests_in_flight',
    'Requests without an answer yet; of Produce: waiting for the disk, of Fetch: for records.',
    ['api'],
  ),
  requestErrors: metric(
    'counter',
    'drave_broker_request_errors_total',
    'Errors in answers, also of single topics or partitions in them, by Kafka API and error.',
    ['api', 'error'],
  ),
  bytesIn: metric('counter', 'drave_broker_received_bytes_total', 'Bytes read from clients.'),
  bytesOut: metric('counter', 'drave_broker_sent_bytes_total', 'Bytes written to clients.'),
  recordsIn: metric('counter', 'drave_broker_records_appended_total', 'Records clients produced.'),
  recordBytesIn: metric(
    'counter',
    'drave_broker_appended_bytes_total',
    'Bytes of record batches clients produced.',
  ),
  recordBytesOut: metric(
    'counter',
    'drave_broker_fetched_bytes_total',
    'Bytes of record batches returned to fetches.',
  ),
  connections: metric('gauge', 'drave_broker_connections', 'Open client connections.'),
  connectionsTotal: metric(
    'counter',
    'drave_broker_connections_accepted_total',
    'Client connections accepted.',
  ),
  connectionsRefused: metric(
    'counter',
    'drave_broker_connections_refused_total',
    'Connections closed for a limit or for malformed bytes.',
  ),
  topics: metric('gauge', 'drave_broker_topics', 'Topics, internal ones included.'),
  partitions: metric('gauge', 'drave_broker_partitions', 'Partitions this broker keeps.'),
  parkedFetches: metric(
    'gauge',
    'drave_broker_parked_fetches',
    'Long polls that wait for records.',
  ),
  offlinePartitions: metric(
    'gauge',
    'drave_broker_offline_partitions',
    'Partitions that take no records because their storage failed; above 0: act now.',
  ),
  underReplicatedPartitions: metric(
    'gauge',
    'drave_broker_under_replicated_partitions',
    'Partitions with fewer in-sync replicas than replicas; 0 as long as one process keeps all replicas.',
  ),
  diskFree: metric(
    'gauge',
    'drave_broker_disk_free_bytes',
    'Free on the disk of the logs, as last asked; absent while unknown.',
  ),
  diskReserve: metric(
    'gauge',
    'drave_broker_disk_reserve_bytes',
    'Kept free of clients’ records; produce is refused below it.',
  ),
  diskShort: metric(
    'gauge',
    'drave_broker_disk_short',
    '1 while produce is refused because the disk is nearly full.',
  ),
  groups: metric('gauge', 'drave_broker_groups', 'Consumer groups, by state.', ['state']),
  rebalances: metric(
    'counter',
    'drave_broker_group_rebalances_total',
    'Assignments made in groups of both protocols.',
  ),
  groupLag: metric(
    'gauge',
    'drave_broker_group_lag_records',
    'Records between committed offsets and the end, all partitions together; the 1,000 furthest behind.',
    ['group', 'topic'],
  ),
  groupLagHidden: metric(
    'gauge',
    'drave_broker_group_lag_hidden',
    'Groups and topics left out of drave_broker_group_lag_records.',
  ),
  logBytes: metric('gauge', 'drave_broker_log_bytes', 'Bytes of all partition logs on disk.'),
  corruptRanges: metric(
    'gauge',
    'drave_broker_corrupt_ranges',
    'Ranges of offsets that are damaged on disk and not served; above 0: look for log-damaged in the log.',
  ),
});

/** Of a process with `DRAVE_REDIS_URL`. */
export const storeMetrics = Object.freeze({
  connected: metric(
    'gauge',
    'drave_cluster_store_connected',
    '1 while Redis answers, 0 while it does not; records and offsets do not depend on it.',
  ),
});

export const jobMetrics = Object.freeze({
  jobs: metric('gauge', 'drave_jobs', 'Background jobs that are kept, by state.', ['state']),
});

const task = ['application', 'task'];

/** Of the tasks that run in this process; a task that moves away takes its totals with it. */
export const streamsMetrics = Object.freeze({
  appState: metric(
    'gauge',
    'drave_streams_app_instances',
    'Instances of the application in this process, by state.',
    ['application', 'state'],
  ),
  paused: metric(
    'gauge',
    'drave_streams_paused_instances',
    'Instances of the application in this process that are paused.',
    ['application'],
  ),
  commits: metric('counter', 'drave_streams_commits_total', 'Commits made by this process.', [
    'application',
  ]),
  commitSeconds: metric(
    'counter',
    'drave_streams_commit_seconds_total',
    'Time taken by all commits; divided by their number: how long one takes.',
    ['application'],
  ),
  taskFailures: metric(
    'counter',
    'drave_streams_task_failures_total',
    'Tasks that failed, also when they were restarted.',
    ['application'],
  ),
  tasks: metric('gauge', 'drave_streams_tasks', 'Tasks of this process, by state.', [
    'application',
    'state',
  ]),
  lag: metric(
    'gauge',
    'drave_streams_lag_records',
    'Records between the position of a task and the end of its input; absent while unknown.',
    [...task, 'topic'],
  ),
  buffered: metric(
    'gauge',
    'drave_streams_buffered_records',
    'Records fetched and not processed yet.',
    task,
  ),
  streamTime: metric(
    'gauge',
    'drave_streams_stream_time_milliseconds',
    'Event time a task has reached, since 1970; absent before its first record.',
    task,
  ),
  records: metric(
    'counter',
    'drave_streams_records_total',
    'Records processed since the application first started.',
    task,
  ),
  late: metric(
    'counter',
    'drave_streams_late_records_total',
    'Records too late for each of their windows.',
    task,
  ),
  partlyLate: metric(
    'counter',
    'drave_streams_partly_late_records_total',
    'Records too late for some of their windows.',
    task,
  ),
  deadLetters: metric(
    'counter',
    'drave_streams_dead_letters_total',
    'Records sent to the dead letter topic.',
    task,
  ),
  skipped: metric('counter', 'drave_streams_skipped_records_total', 'Records skipped.', task),
  duplicates: metric(
    'counter',
    'drave_streams_duplicate_records_total',
    'Repartition records that had been taken before.',
    task,
  ),
});

/** What prom-client adds for the Node process, on Linux; the event loop's lag is `nodejs_eventloop_lag_p99_seconds` above all. */
export const processMetricNames: readonly string[] = Object.freeze([
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_cpu_seconds_total',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'process_virtual_memory_bytes',
  'process_heap_bytes',
  'process_open_fds',
  'process_max_fds',
  'nodejs_eventloop_lag_seconds',
  'nodejs_eventloop_lag_min_seconds',
  'nodejs_eventloop_lag_max_seconds',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_stddev_seconds',
  'nodejs_eventloop_lag_p50_seconds',
  'nodejs_eventloop_lag_p90_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_heap_size_total_bytes',
  'nodejs_heap_size_used_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_heap_space_size_total_bytes',
  'nodejs_heap_space_size_used_bytes',
  'nodejs_heap_space_size_available_bytes',
  'nodejs_version_info',
  'nodejs_gc_duration_seconds',
]);
