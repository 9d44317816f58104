// One partition while this consumer owns it: lane, offsets, pauses. Protects: it is read from the broker only while there is room, nobody
// paused it and it does not stand still; after `end` nothing of it completes any more.

import type { TopicPartition } from '@drave/contracts';
import type { Scheduler } from '@drave/platform';
import type { Delivery } from './delivery.js';
import { setAside, work, type WorkerTools } from './delivery-worker.js';
import { OffsetTracker } from './offset-tracker.js';
import { PartitionLane } from './partition-lane.js';
import type { Route } from './route.js';

export interface PartitionOptions {
  readonly partition: TopicPartition;
  /** What its lane is run by; of a retry topic the strictest of its handlers. */
  readonly lane: {
    readonly ordering: 'partition' | 'key' | 'none';
    readonly concurrency: number;
    readonly batchSize: number;
    readonly lingerMs: number;
  };
  readonly routeOf: (delivery: Delivery) => Route | undefined;
  readonly tools: WorkerTools;
  /** Waiting and running records above which it is not read. */
  readonly bufferedMax: number;
  /** Whether to read it; called at changes only. */
  readonly onFlow: (isReading: boolean) => void;
  readonly commit: () => Promise<void>;
  readonly onHalt: () => void;
}

export class OwnedPartition {
  readonly topicPartition: TopicPartition;
  readonly tracker = new OffsetTracker();
  readonly #options: PartitionOptions;
  readonly #lane: PartitionLane;
  readonly #abort = new AbortController();
  #isReading = true;
  #isPaused = false;
  #halted: { readonly error: unknown; readonly release: () => void }[] = [];

  constructor(options: PartitionOptions) {
    const { platform } = options.tools;
    const scheduler: Scheduler = platform.scheduler;
    this.#options = options;
    this.topicPartition = options.partition;
    this.#lane = new PartitionLane({
      ...options.lane,
      scheduler,
      nowMs: () => platform.clock.nowMs(),
      work: (deliveries) => this.#work(deliveries),
      onRoom: () => this.#updateFlow(),
    });
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Why it stands still; undefined when it does not. */
  get haltedBy(): unknown {
    return this.#halted[0]?.error;
  }

  get depth(): number {
    return this.#lane.depth;
  }

  get active(): number {
    return this.#lane.active;
  }

  /** Wall clock; undefined when nothing runs, and while it stands still, which is known already. */
  get oldestStartMs(): number | undefined {
    return this.#halted.length > 0 ? undefined : this.#lane.oldestStartMs;
  }

  push(deliveries: readonly Delivery[]): void {
    for (const { record } of deliveries) this.tracker.add(record.offset);
    this.#lane.push(deliveries);
    this.#updateFlow();
  }

  pause(): void {
    this.#isPaused = true;
    this.#lane.pause();
    this.#updateFlow();
  }

  /** Also ends a standstill: the record that failed is tried again. */
  resume(): void {
    this.#isPaused = false;
    for (const { release } of this.#halted.splice(0)) release();
    this.#lane.resume();
    this.#updateFlow();
  }

  /** Nothing new starts, waits end; settles when what runs has ended. */
  async drain(): Promise<void> {
    this.#lane.stop();
    this.#abort.abort();
    for (const { release } of this.#halted.splice(0)) release();
    await this.#lane.whenIdle();
  }

  async #work(deliveries: readonly Delivery[]): Promise<void> {
    const [first] = deliveries;
    if (!first) return;
    // Neighbours of one route stay together, so that a retry lane keeps their order.
    const groups: { readonly route: Route; readonly deliveries: Delivery[] }[] = [];
    for (const delivery of deliveries) {
      const route = this.#options.routeOf(delivery);
      if (!route) {
        await setAside(this.#options.tools, this.#workerPartition(), delivery);
        continue;
      }
      const last = groups.at(-1);
      if (last?.route === route) last.deliveries.push(delivery);
      else groups.push({ route, deliveries: [delivery] });
    }
    for (const group of groups) await work(this.#options.tools, this.#workerPartition(), group);
  }

  #workerPartition(): Parameters<typeof work>[1] {
    return {
      signal: this.#abort.signal,
      control: {
        group: this.#options.tools.group,
        commit: () => this.#options.commit(),
        pause: () => this.pause(),
        resume: () => this.resume(),
      },
      done: ({ record }) => this.tracker.complete(record.offset),
      halt: (error) => this.#halt(error),
    };
  }

  #halt(error: unknown): Promise<void> {
    if (this.#abort.signal.aborted) return Promise.resolve();
    this.#lane.pause();
    this.#options.onHalt();
    return new Promise((resolve) => this.#halted.push({ error, release: resolve }));
  }

  #updateFlow(): void {
    const { depth } = this.#lane;
    const { bufferedMax } = this.#options;
    const hasRoom = this.#isReading ? depth < bufferedMax : depth <= bufferedMax / 2;
    const isReading = hasRoom && !this.#isPaused && !this.#abort.signal.aborted;
    if (isReading === this.#isReading) return;
    this.#isReading = isReading;
    this.#options.onFlow(isReading);
  }
}
