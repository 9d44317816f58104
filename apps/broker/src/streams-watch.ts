// Stream applications as events: instances that come and go, states of applications and tasks. Protects: one look a second, whatever
// the applications do. Leaves out: states of applications in other processes (the directory has their instances and running tasks);
// what begins and ends between two looks.

import type { EventBus } from '@drave/broker';
import type { Platform, Timer } from '@drave/platform';

/** One instance as it is now. */
export interface WatchedInstance {
  readonly application: string;
  readonly instance: string;
  /** Absent: not known here. */
  readonly state?: string;
  readonly tasks: readonly { readonly taskId: string; readonly state: string }[];
}

const lookMs = 1_000;

export class StreamsWatch {
  readonly #look: () => readonly WatchedInstance[];
  readonly #events: Pick<EventBus, 'publish'>;
  readonly #scheduler: Platform['scheduler'];
  #known: ReadonlyMap<string, WatchedInstance> | undefined;
  #timer: Timer | undefined;

  constructor(options: {
    readonly look: () => readonly WatchedInstance[];
    readonly events: Pick<EventBus, 'publish'>;
    readonly scheduler: Platform['scheduler'];
  }) {
    this.#look = options.look;
    this.#events = options.events;
    this.#scheduler = options.scheduler;
  }

  /** Looks from now on; what is there already is no event. */
  start(): void {
    this.look();
    this.#timer = this.#scheduler.setTimer(lookMs, () => this.start());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Tells what changed since the last look. */
  look(): void {
    const now = new Map<string, WatchedInstance>(
      this.#look().map((one) => [`${one.application}\n${one.instance}`, one] as const),
    );
    const before = this.#known;
    this.#known = now;
    if (!before) return;
    for (const [key, one] of now) this.#compare(before.get(key), one);
    for (const [key, { application, instance }] of before) {
      if (now.has(key)) continue;
      this.#events.publish({ type: 'streams.instance-left.v1', data: { application, instance } });
    }
  }

  #compare(before: WatchedInstance | undefined, now: WatchedInstance): void {
    const { application, instance, state } = now;
    const ids = { application, instance };
    if (!before) this.#events.publish({ type: 'streams.instance-joined.v1', data: ids });
    if (state !== undefined && state !== before?.state) {
      this.#events.publish({ type: 'streams.app-state.v1', data: { ...ids, state } });
    }
    const tasksBefore = new Map(before?.tasks.map((task) => [task.taskId, task.state]));
    for (const { taskId: task, state: taskState } of now.tasks) {
      if (tasksBefore.get(task) !== taskState) this.#tellTask({ ...ids, task, state: taskState });
      tasksBefore.delete(task);
    }
    for (const task of tasksBefore.keys()) this.#tellTask({ ...ids, task, state: null });
  }

  #tellTask(data: {
    readonly application: string;
    readonly instance: string;
    readonly task: string;
    readonly state: string | null;
  }): void {
    this.#events.publish({ type: 'streams.task-state.v1', data });
  }
}
