// Up while every application of the process runs and all of its tasks do: none restores or has failed; a paused one is up, so that
// nobody restarts it. Facts: states and lag.

import type { HealthIndicator } from './health-indicator.js';
import type { StreamsApps } from '../streams/streams-module.js';
import { sumOrNull } from '../streams/streams-view.js';

/** An instance without tasks is up: there may be more instances than partitions. */
export function streamsIndicator(apps: StreamsApps): HealthIndicator {
  return {
    name: 'streams',
    async check() {
      const reasons: string[] = [];
      const applications: Record<string, unknown> = {};
      for (const [id, instances] of apps.byId()) {
        const tasks = instances.flatMap((app) => app.tasks());
        for (const { state, failure } of instances) {
          if (state === 'running') continue;
          reasons.push(`${id} is ${state}${failure ? ` (${failure.message})` : ''}`);
        }
        for (const { taskId, state } of tasks) {
          if (state !== 'running') reasons.push(`task ${taskId} of ${id} is ${state}`);
        }
        const lag = sumOrNull(instances.map((app) => app.metrics().lag));
        const isPaused = instances.every((app) => app.isPaused);
        applications[id] = { instances: instances.length, tasks: tasks.length, lag, isPaused };
      }
      if (reasons.length === 0) return { status: 'up', applications };
      return { status: 'down', reason: reasons.slice(0, 5).join('; '), applications };
    },
  };
}
