// Stream applications as Prometheus metrics, read at the scrape from the tasks that run here. Leaves out: latencies per record.

import { streamsMetrics } from '@drave/contracts';
import type { StreamsApp, StreamsMetrics, TaskInfo } from '@drave/streams';
import type { Registry } from 'prom-client';
import type { StreamsApps } from '../streams/streams-module.js';
import { addMetric, type Sample } from './declared-metrics.js';

/** For `MetricsModule.forRoot({ sources: [streamsMetricsSource(apps)] })`. */
export function streamsMetricsSource(apps: StreamsApps): (registry: Registry) => void {
  return (registry) => {
    for (const [name, declared] of Object.entries(streamsMetrics)) {
      const read = readers[name as keyof typeof streamsMetrics];
      addMetric(registry, declared, () =>
        [...apps.byId()].flatMap(([application, instances]) => read(application, instances)),
      );
    }
  };
}

/** Samples of one application from its instances in this process. */
type Reader = (application: string, instances: readonly StreamsApp[]) => Sample[];

const readers: Readonly<Record<keyof typeof streamsMetrics, Reader>> = {
  appState: byState,
  paused: summed(({ isPaused }) => (isPaused ? 1 : 0)),
  commits: summed(({ commitCount }) => commitCount),
  commitSeconds: summed(({ commitMs }) => commitMs / 1_000),
  taskFailures: summed(({ taskFailureCount }) => taskFailureCount),
  tasks: (application, instances) =>
    byState(
      application,
      instances.flatMap((app) => app.tasks()),
    ),
  lag: perTask(({ inputs }, labels) =>
    inputs.flatMap(({ lag: value, topic }) =>
      value === undefined ? [] : [{ value, labels: { ...labels, topic } }],
    ),
  ),
  buffered: perTask(({ bufferedCount: value }, labels) => [{ value, labels }]),
  streamTime: perTask(({ streamTimeMs: value }, labels) => (value < 0 ? [] : [{ value, labels }])),
  records: total('records'),
  late: total('late'),
  partlyLate: total('partlyLate'),
  deadLetters: total('deadLetters'),
  skipped: total('skipped'),
  duplicates: total('duplicates'),
};

function summed(read: (metrics: StreamsMetrics) => number): Reader {
  return (application, instances) => {
    const value = instances.reduce((sum, app) => sum + read(app.metrics()), 0);
    return [{ value, labels: { application } }];
  };
}

function perTask(read: (task: TaskInfo, labels: Record<string, string>) => Sample[]): Reader {
  return (application, instances) =>
    instances
      .flatMap((app) => app.tasks())
      .flatMap((task) => read(task, { application, task: task.taskId }));
}

function total(name: keyof TaskInfo['totals']): Reader {
  return perTask(({ totals }, labels) => [{ value: totals[name], labels }]);
}

function byState(application: string, items: readonly { readonly state: string }[]): Sample[] {
  const counts = new Map<string, number>();
  for (const { state } of items) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, value]) => ({ value, labels: { application, state } }));
}
