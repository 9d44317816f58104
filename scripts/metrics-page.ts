// docs/reference/metrics.md from the catalogue in libs/contracts. Leaves out: anything the catalogue does not say.

import {
  brokerMetrics,
  jobMetrics,
  type MetricDeclaration,
  processMetricNames,
  storeMetrics,
  streamsMetrics,
} from '@drave/contracts';

const parts: readonly (readonly [string, string, Readonly<Record<string, MetricDeclaration>>])[] = [
  ['Broker', 'Of a process with a broker.', brokerMetrics],
  ['Background jobs', 'Of a broker with HTTP; counted after the scrape before.', jobMetrics],
  ['Cluster', 'Of a broker or processor with `DRAVE_REDIS_URL`.', storeMetrics],
  [
    'Stream applications',
    'Of a processor, and of a broker that runs one. Of the tasks that run in this process; a task that moves away takes its totals with it.',
    streamsMetrics,
  ],
];

/** The page, before prettier. */
export function metricsPage(): string {
  const sections = parts.map(([title, sentence, table]) => {
    const rows = Object.values(table).map(({ name, kind, help, labels }) =>
      [`\`${name}\``, kind, unitOf(name, kind), labels.join(', '), help].join(' | '),
    );
    return `## ${title}\n\n${sentence}\n\n| name | kind | unit | labels | meaning |\n| --- | --- | --- | --- | --- |\n| ${rows.join(' |\n| ')} |\n`;
  });
  const names = processMetricNames.map((name) => `\`${name}\``).join(', ');
  return `# Metrics

Made by \`npm run gen\` from \`libs/contracts/src/metrics.ts\`; a test compares it with what running processes show. Every process with an
HTTP side serves \`GET /metrics\` in Prometheus' text format (with tokens: to who has one). Numbers are read at the scrape; between scrapes
they cost an addition. Values are since the start of the process unless the meaning says otherwise. A histogram \`x\` has \`x_bucket\`,
\`x_sum\` and \`x_count\`. Labels come from a bounded set; of groups the 1,000 furthest behind are shown.

Alert on: \`drave_broker_offline_partitions > 0\`, \`drave_broker_corrupt_ranges > 0\`, \`drave_broker_disk_short > 0\`,
\`drave_broker_group_lag_records\` that grows, \`drave_streams_app_instances{state="failed"} > 0\`, \`nodejs_eventloop_lag_p99_seconds > 0.1\`.

${sections.join('\n')}
## Process

What prom-client tells of every Node process: ${names}.
`;
}

function unitOf(name: string, kind: MetricDeclaration['kind']): string {
  const unit = /_(bytes|seconds|milliseconds|records)(?:_total)?$/.exec(name)?.[1];
  return unit ?? (kind === 'counter' ? 'count' : 'number');
}
