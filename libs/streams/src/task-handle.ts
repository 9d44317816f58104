// The application's side of one task: its actor, how much of its input is on the way, and which inputs are not fetched.
// Protects (R20): per source partition at most `bufferedRecordsPerPartitionMax` records wait, plus one poll's worth;
// a partition above it is neither fetched nor handed out until half of it is worked off;
// nothing is fetched while the application is paused. Leaves out: byte budgets.

import type { ActorRef, ReplyTo } from '@drave/actors';
import type { Consumer } from '@drave/client';
import type { Scheduler } from '@drave/platform';
import type { TaskState } from './app-events.js';
import { ControlAsks } from './control-ask.js';
import { limits } from './limits.js';
import type { InputRecord } from './record.js';
import type { StreamTask } from './stream-task.js';
import type { TaskMessage } from './task-actor.js';
import type { Subtopology } from './subtopology.js';

interface Input {
  /** Told to the actor, not yet taken from its mailbox. */
  underWay: number;
  paused: boolean;
  /** Refused by a full mailbox; offered again after the next turn. */
  refused: InputRecord[];
}

export class TaskHandle {
  readonly id: string;
  readonly subtopology: Subtopology;
  readonly partition: number;
  state: TaskState = 'restoring';
  /** Set while running. */
  task: StreamTask | undefined;
  instance = 0;
  /** Opened again after a failure. */
  restartCount = 0;
  /** Monotonic time of the last commit. */
  committedMs: number | undefined;
  readonly #consumer: Consumer;
  readonly #scheduler: Scheduler;
  readonly #isPaused: () => boolean;
  readonly #asks = new ControlAsks();
  readonly #inputs: ReadonlyMap<string, Input>;
  #ref: ActorRef<TaskMessage> | undefined;

  constructor(options: {
    readonly id: string;
    readonly subtopology: Subtopology;
    readonly partition: number;
    readonly topics: readonly string[];
    readonly consumer: Consumer;
    readonly scheduler: Scheduler;
    /** The application as a whole. */
    readonly isPaused: () => boolean;
  }) {
    this.id = options.id;
    this.subtopology = options.subtopology;
    this.partition = options.partition;
    this.#consumer = options.consumer;
    this.#scheduler = options.scheduler;
    this.#isPaused = options.isPaused;
    this.#inputs = new Map(
      options.topics.map((topic) => [topic, { underWay: 0, paused: true, refused: [] }]),
    );
  }

  get ref(): ActorRef<TaskMessage> | undefined {
    return this.#ref;
  }

  /** What is known of the actor. */
  get actor() {
    if (!this.#ref) return undefined;
    const { path, queuedCount: mailboxDepth, isStopped } = this.#ref;
    return { path, mailboxDepth, state: isStopped ? ('stopped' as const) : ('running' as const) };
  }

  attach(ref: ActorRef<TaskMessage>): void {
    this.#ref = ref;
  }

  /** Sends a control message and awaits its reply; rejects when the task goes down or does not answer in time. */
  ask<R>(make: (replyTo: ReplyTo<R>) => TaskMessage): Promise<R> {
    return this.#asks.ask<R>(
      this.#scheduler,
      limits.flushTimeoutMs,
      (replyTo) => this.#ref?.tellControl(make(replyTo)) ?? false,
    );
  }

  topics(): string[] {
    return [...this.#inputs.keys()];
  }

  /** The task is open: continue at these offsets. */
  run(task: StreamTask, instance: number, positions: ReadonlyMap<string, number>): void {
    this.task = task;
    this.instance = instance;
    this.state = 'running';
    for (const [topic, input] of this.#inputs) {
      const partition = { topic, partition: this.partition };
      input.refused = [];
      this.#consumer.seek(partition, positions.get(topic) ?? 0);
      this.#setPaused(topic, input, this.#isPaused());
    }
  }

  /** The application was paused. */
  pause(): void {
    for (const [topic, input] of this.#inputs) this.#setPaused(topic, input, true);
  }

  /** The application goes on. */
  resume(): void {
    if (this.state !== 'running') return;
    this.task?.forgetIdling();
    this.afterTurn();
    this.#ref?.tell({ kind: 'wake' });
  }

  /** The task is closed or about to be opened again: nothing more is fetched for it. */
  halt(state: TaskState): void {
    this.state = state;
    this.task = undefined;
    this.#asks.rejectAll(new Error(`task ${this.id} is ${state}`));
    for (const [topic, input] of this.#inputs) {
      input.refused = [];
      this.#setPaused(topic, input, true);
    }
  }

  /** Hands records to the actor, or keeps them until it has room. */
  deliver(topic: string, records: readonly InputRecord[]): void {
    const input = this.#inputs.get(topic);
    if (!input || this.state !== 'running') return; // fetched for an instance that is gone; read again after its restore
    if (input.refused.length > 0 || !this.#tell(topic, input, records)) {
      input.refused.push(...records);
    }
    this.#pauseWhenFull(topic, input);
  }

  received(topic: string, count: number): void {
    const input = this.#inputs.get(topic);
    if (input) input.underWay -= count;
  }

  /** After a turn of the actor. */
  afterTurn(): void {
    for (const [topic, input] of this.#inputs) {
      if (input.refused.length > 0 && this.#tell(topic, input, input.refused)) input.refused = [];
      if (!input.paused || this.#isPaused()) continue;
      if (this.#waiting(topic, input) > limits.bufferedRecordsPerPartitionMax / 2) continue;
      this.#setPaused(topic, input, false);
    }
  }

  #tell(topic: string, input: Input, records: readonly InputRecord[]): boolean {
    const { instance } = this;
    const accepted = this.#ref?.tell({ kind: 'records', instance, topic, records }) ?? false;
    if (accepted) input.underWay += records.length;
    return accepted;
  }

  #waiting(topic: string, { underWay, refused }: Input): number {
    return underWay + refused.length + (this.task?.buffered(topic) ?? 0);
  }

  #pauseWhenFull(topic: string, input: Input): void {
    const waiting = this.#waiting(topic, input);
    if (waiting < limits.bufferedRecordsPerPartitionMax && input.refused.length === 0) return;
    this.#setPaused(topic, input, true);
  }

  #setPaused(topic: string, input: Input, paused: boolean): void {
    input.paused = paused;
    const partition = { topic, partition: this.partition };
    try {
      if (paused) this.#consumer.pause([partition]);
      else this.#consumer.resume([partition]);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // not assigned any more: a revocation overtook us
    }
  }
}
