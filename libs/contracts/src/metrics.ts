// Catalogue of what `/metrics` shows: name, kind, help, labels. Protects: one name means one thing, counters end in `_total`, the
// unit is in the name. Leaves out: metrics of the Node process (prom-client's default names), histograms.

export interface MetricDeclaration {
  readonly name: string;
  /** `counter`: only grows while the process lives; `gauge`: current value. */
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
}

function metric(
  kind: MetricDeclaration['kind'],
  name: string,
  help: string,
  labels: readonly string[] = [],
): MetricDeclaration {
  return Object.freeze({ name, kind, help, labels: Object.freeze(labels) });
}

export const brokerMetrics = Object.freeze({
  info: metric('gauge', 'drave_broker_info', 'Always 1; the labels say which broker this is.', [
    'cluster_id',
    'node_id',
  ]),
  requests: metric('counter', 'drave_broker_requests_total', 'Requests received, by Kafka API.', [
    'api',
  ]),
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
  logBytes: metric('gauge', 'drave_broker_log_bytes', 'Bytes of all partition logs on disk.'),
  corruptRanges: metric(
    'gauge',
    'drave_broker_corrupt_ranges',
    'Ranges of offsets that are damaged on disk and not served; above 0: look for log-damaged in the log.',
  ),
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
  commits: metric('counter', 'drave_streams_commits_total', 'Commits made by this process.', [
    'application',
  ]),
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
