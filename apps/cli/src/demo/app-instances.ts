// The running instances of `flight-delays` in this process: each its own client, state directory and group member.
// Protects: names are reused after a kill, so a new instance finds the state its predecessor left.
// Leaves out: separate processes (apps/processor runs the same application).

import { join } from 'node:path';
import { flightDelaysId, flightDelaysTopology } from '@drave/processor-app';
import type { Platform } from '@drave/platform';
import { StreamsApp } from '@drave/streams';

export interface InstancesOptions {
  readonly platform: Platform;
  /** `host:port`. */
  readonly brokers: readonly string[];
  /** Parent of the instances' state directories. */
  readonly directory: string;
  readonly commitIntervalMs: number;
  /** Called once when an instance fails for good. */
  readonly onFailure: (error: Error) => void;
}

/** Most instances of the demo: one per partition of `flights`. */
const instancesMax = 3;
/** The shortest a broker allows by default: a killed instance's tasks move within seconds. */
const sessionTimeoutMs = 6_000;

interface Instance {
  readonly name: string;
  readonly app: StreamsApp;
}

export class AppInstances {
  readonly #options: InstancesOptions;
  #instances: Instance[] = [];

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  get apps(): readonly StreamsApp[] {
    return this.#instances.map(({ app }) => app);
  }

  /** Starts instances until `count` (1 … 3) run. */
  async scaleTo(count: number): Promise<void> {
    while (this.#instances.length < Math.min(count, instancesMax)) await this.#startOne();
  }

  /** Ends the newest instance without goodbye: no commit, no leaving the group. False when none would be left. */
  async killOne(): Promise<boolean> {
    if (this.#instances.length <= 1) return false;
    const victim = this.#instances.at(-1);
    this.#instances = this.#instances.slice(0, -1);
    await victim?.app.kill();
    return true;
  }

  view(): { readonly name: string; readonly tasks: readonly string[] }[] {
    return this.#instances.map(({ name, app }) => ({
      name,
      tasks: app
        .tasks()
        .map(({ taskId, state }) => (state === 'running' ? taskId : `${taskId} (${state})`)),
    }));
  }

  /** Running tasks of the airport branch: as many as `flights` has partitions when nothing is moving or restoring. */
  runningTasks(): number {
    const tasks = this.apps.flatMap((app) => app.tasks());
    return tasks.filter(({ subtopology, state }) => subtopology === 0 && state === 'running')
      .length;
  }

  /** Totals of the airport branch, over all instances. */
  totals(): { readonly records: number; readonly late: number; readonly deadLetters: number } {
    const sums = { records: 0, late: 0, deadLetters: 0 };
    for (const app of this.apps) {
      for (const { subtopology, totals } of app.tasks()) {
        if (subtopology !== 0) continue;
        sums.records += totals.records;
        sums.late += totals.late;
        sums.deadLetters += totals.deadLetters;
      }
    }
    return sums;
  }

  /** Commits and leaves, one after another, so the last one owns everything and commits it. */
  async close(): Promise<void> {
    for (const { app } of this.#instances.toReversed()) await app.close();
    this.#instances = [];
  }

  async #startOne(): Promise<void> {
    const taken = new Set(this.#instances.map(({ name }) => name));
    const names = Array.from({ length: instancesMax }, (_, index) => `instance-${index + 1}`);
    const name = names.find((candidate) => !taken.has(candidate)) ?? 'instance-1';
    const { platform, brokers, directory, commitIntervalMs, onFailure } = this.#options;
    const app = new StreamsApp({
      platform,
      brokers,
      applicationId: flightDelaysId,
      topology: flightDelaysTopology(),
      stateDirectory: join(directory, name),
      commitIntervalMs,
      sessionTimeoutMs,
    });
    app.events.subscribe((event) => {
      if (event.kind === 'app-state' && event.state === 'failed') {
        onFailure(event.error ?? new Error(`${name} failed`));
      }
    });
    await app.start();
    this.#instances.push({ name, app });
  }
}
