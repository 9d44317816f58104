// docker/grafana/dashboards/drave.json: what an operator looks at first. Each panel is a title, a unit and PromQL; a test checks that
// every metric asked for is in the catalogue.

interface Panel {
  readonly title: string;
  readonly unit: string;
  /** PromQL by the legend of its lines. */
  readonly queries: Readonly<Record<string, string>>;
}

const rate = (name: string): string => `rate(${name}[1m])`;
const duration = 'drave_broker_request_duration_seconds_bucket';
const quantile = (q: number, apis: string): string =>
  `histogram_quantile(${q}, sum by (le, api) (rate(${duration}{api=~"${apis}"}[1m])))`;

const panels: readonly Panel[] = [
  {
    title: 'Records in',
    unit: 'ops',
    queries: { '{{instance}}': rate('drave_broker_records_appended_total') },
  },
  {
    title: 'Record bytes in and out',
    unit: 'Bps',
    queries: {
      in: rate('drave_broker_appended_bytes_total'),
      out: rate('drave_broker_fetched_bytes_total'),
    },
  },
  {
    title: 'Requests',
    unit: 'ops',
    queries: { '{{api}}': `${rate('drave_broker_requests_total')} > 0` },
  },
  {
    title: 'Produce latency',
    unit: 's',
    queries: { 'p50 {{api}}': quantile(0.5, 'Produce'), 'p99 {{api}}': quantile(0.99, 'Produce') },
  },
  {
    title: 'Errors in answers',
    unit: 'ops',
    queries: { '{{api}} {{error}}': rate('drave_broker_request_errors_total') },
  },
  {
    title: 'Group lag',
    unit: 'short',
    queries: { '{{group}} {{topic}}': 'topk(10, drave_broker_group_lag_records)' },
  },
  {
    title: 'Trouble: offline, under-replicated, damaged, disk short',
    unit: 'short',
    queries: {
      offline: 'drave_broker_offline_partitions',
      'under-replicated': 'drave_broker_under_replicated_partitions',
      damaged: 'drave_broker_corrupt_ranges',
      'disk short': 'drave_broker_disk_short',
    },
  },
  {
    title: 'Rebalances',
    unit: 'short',
    queries: { '{{instance}}': 'increase(drave_broker_group_rebalances_total[5m])' },
  },
  {
    title: 'Logs and disk',
    unit: 'bytes',
    queries: {
      logs: 'drave_broker_log_bytes',
      free: 'drave_broker_disk_free_bytes',
      reserve: 'drave_broker_disk_reserve_bytes',
    },
  },
  {
    title: 'Connections and waiting requests',
    unit: 'short',
    queries: {
      connections: 'drave_broker_connections',
      'parked fetches': 'drave_broker_parked_fetches',
      'produce in flight': 'drave_broker_requests_in_flight{api="Produce"}',
    },
  },
  {
    title: 'Streams: records and lag',
    unit: 'short',
    queries: {
      'records/s {{instance}}': `sum by (instance) (${rate('drave_streams_records_total')})`,
      'lag {{instance}}': 'sum by (instance) (drave_streams_lag_records)',
    },
  },
  {
    title: 'Streams: late, dead letters, task failures',
    unit: 'short',
    queries: {
      late: 'sum(increase(drave_streams_late_records_total[5m]))',
      'dead letters': 'sum(increase(drave_streams_dead_letters_total[5m]))',
      'task failures': 'sum(increase(drave_streams_task_failures_total[5m]))',
    },
  },
  {
    title: 'Streams: time of a commit',
    unit: 's',
    queries: {
      '{{instance}}': `${rate('drave_streams_commit_seconds_total')} / ${rate('drave_streams_commits_total')}`,
    },
  },
  {
    title: 'Event loop lag p99, Redis, jobs',
    unit: 'short',
    queries: {
      'loop lag s {{instance}}': 'nodejs_eventloop_lag_p99_seconds',
      'Redis answers {{instance}}': 'drave_cluster_store_connected',
      'jobs {{state}}': 'drave_jobs > 0',
    },
  },
  { title: 'Memory', unit: 'bytes', queries: { '{{instance}}': 'process_resident_memory_bytes' } },
];

const columns = 3;
const width = 24 / columns;
const height = 7;

/** The file, before prettier. */
export function grafanaDashboard(): string {
  const datasource = { type: 'prometheus', uid: 'prometheus' };
  return JSON.stringify({
    uid: 'drave',
    title: 'Drave',
    schemaVersion: 41,
    refresh: '10s',
    time: { from: 'now-15m', to: 'now' },
    panels: panels.map(({ title, unit, queries }, index) => ({
      id: index + 1,
      type: 'timeseries',
      title,
      datasource,
      gridPos: {
        x: (index % columns) * width,
        y: Math.floor(index / columns) * height,
        w: width,
        h: height,
      },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      targets: Object.entries(queries).map(([legendFormat, expr], number) => ({
        refId: String.fromCodePoint(65 + number),
        datasource,
        expr,
        legendFormat,
      })),
    })),
  });
}
