// Stream applications as Prometheus metrics, read at the scrape from the tasks that run here. Leaves out: latencies.

import { streamsMetrics } from '@drave/contracts';
import type { TaskInfo } from '@drave/streams';
import type { Registry } from 'prom-client';
import type { StreamsApps } from '../streams/streams-module.js';
import { addMetric, type Sample } from './declared-metrics.js';

/** For `MetricsModule.forRoot({ sources: [streamsMetricsSource(apps)] })`. */
export function streamsMetricsSource(apps: StreamsApps): (registry: Registry) => void {
  const perApp = (read: (id: string) => Sample[]) => (): Sample[] =>
    [...apps.byId().keys()].flatMap(read);
  const instances = (id: string) => apps.byId().get(id) ?? [];
  const perTask = (read: (task: TaskInfo, labels: Record<string, string>) => Sample[]) =>
    perApp((application) =>
      instances(application)
        .flatMap((app) => app.tasks())
        .flatMap((task) => read(task, { application, task: task.taskId })),
    );
  return (registry) => {
    const { appState, commits, tasks, lag, buffered, streamTime, ...totals } = streamsMetrics;
    addMetric(
      registry,
      appState,
      perApp((id) => byState(id, instances(id))),
    );
    addMetric(
      registry,
      commits,
      perApp((application) => {
        const value = instances(application).reduce(
          (sum, app) => sum + app.metrics().commitCount,
          0,
        );
        return [{ value, labels: { application } }];
      }),
    );
    addMetric(
      registry,
      tasks,
      perApp((id) =>
        byState(
          id,
          instances(id).flatMap((app) => app.tasks()),
        ),
      ),
    );
    addMetric(
      registry,
      lag,
      perTask(({ inputs }, labels) =>
        inputs.flatMap((input) =>
          input.lag === undefined
            ? []
            : [{ value: input.lag, labels: { ...labels, topic: input.topic } }],
        ),
      ),
    );
    addMetric(
      registry,
      buffered,
      perTask(({ bufferedCount }, labels) => [{ value: bufferedCount, labels }]),
    );
    addMetric(
      registry,
      streamTime,
      perTask(({ streamTimeMs }, labels) =>
        streamTimeMs < 0 ? [] : [{ value: streamTimeMs, labels }],
      ),
    );
    for (const [name, declared] of Object.entries(totals)) {
      addMetric(
        registry,
        declared,
        perTask((task, labels) => [{ value: task.totals[name as keyof typeof totals], labels }]),
      );
    }
  };
}

function byState(application: string, items: readonly { readonly state: string }[]): Sample[] {
  const counts = new Map<string, number>();
  for (const { state } of items) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, value]) => ({ value, labels: { application, state } }));
}
