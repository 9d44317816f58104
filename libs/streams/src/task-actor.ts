// The actor around one StreamTask: restore, then turns of input, commits between turns.
// Protects: a task does nothing before it is restored (R12) and nothing between the flush and the end of a commit; a turn
// is bounded, control messages go first (R18, R19); a paused task processes and punctuates nothing, yet commits; a restart by supervision opens the task again from what is committed
// and drops records that were fetched for the instance before. Leaves out: side threads, standbys.

import type { ActorContext, Behavior, ReplyTo, StopReason } from '@drave/actors';
import { limits } from './limits.js';
import type { OpenedTask, RestoreProgress } from './open-task.js';
import type { InputRecord } from './record.js';
import type { StreamTask, TaskOffset } from './stream-task.js';
import { encodeTaskMetadata } from './task-metadata.js';
import { changelogTopic } from './subtopology.js';

export type TaskMessage =
  | {
      readonly kind: 'records';
      /** Of the task instance they were fetched for; others are dropped. */
      readonly instance: number;
      readonly topic: string;
      readonly records: readonly InputRecord[];
    }
  /** Look for work: more records in the queues, an input that became idle, a wall-clock punctuator. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'flush'; readonly replyTo: ReplyTo<TaskCommit | undefined> }
  | { readonly kind: 'committed'; readonly done: boolean; readonly replyTo: ReplyTo<boolean> };

/** What one offset commit says of one task. */
export interface TaskCommit {
  readonly offsets: readonly (TaskOffset & { readonly metadata: string })[];
}

/** What the actor needs of its application. */
export interface TaskHost {
  readonly applicationId: string;
  open(signal: AbortSignal, onProgress: RestoreProgress): Promise<OpenedTask>;
  onProgress: RestoreProgress;
  /** The task may be fed; `instance` goes into record messages. */
  onRunning(opened: OpenedTask, instance: number): void;
  onReceived(topic: string, count: number): void;
  /** After a turn: room may have been made. */
  onTurn(task: StreamTask): void;
  onCommitWanted(): void;
  /** Nothing is processed and no punctuator fires while it says so. */
  isPaused(): boolean;
  onDown(reason: StopReason): void;
  nowMs(): number;
}

export class TaskActor implements Behavior<TaskMessage> {
  readonly #host: TaskHost;
  readonly #instance: number;
  #opened: OpenedTask | undefined;
  #committing = false;
  #wakeSent = false;

  /** `instance` must differ between restarts. */
  constructor(host: TaskHost, instance: number) {
    this.#host = host;
    this.#instance = instance;
  }

  async preStart(context: ActorContext<TaskMessage>): Promise<void> {
    const { onProgress } = this.#host;
    this.#opened = await this.#host.open(context.stopping, onProgress);
    this.#host.onRunning(this.#opened, this.#instance);
  }

  async receive(context: ActorContext<TaskMessage>, message: TaskMessage): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    switch (message.kind) {
      case 'records':
        this.#host.onReceived(message.topic, message.records.length);
        if (message.instance === this.#instance) {
          opened.task.addRecords(message.topic, message.records);
        }
        break;
      case 'wake':
        this.#wakeSent = false;
        if (!this.#host.isPaused()) opened.task.advanceWallClock(this.#host.nowMs());
        break;
      case 'flush':
        await this.#flush(opened, message.replyTo);
        return;
      case 'committed':
        if (message.done && this.#committing) await opened.task.commitState();
        this.#committing = false;
        message.replyTo.tell(message.done);
    }
    await this.#turn(context, opened);
  }

  async postStop(_context: ActorContext<TaskMessage>, reason: StopReason): Promise<void> {
    this.#host.onDown(reason);
    const engines = this.#opened?.engines ?? [];
    this.#opened = undefined;
    await Promise.allSettled(engines.map((engine) => engine.close()));
  }

  async #turn(context: ActorContext<TaskMessage>, { task, outbox }: OpenedTask): Promise<void> {
    if (this.#committing) return;
    await outbox.room();
    if (this.#host.isPaused()) return;
    const count = task.process(limits.recordsPerTurnMax);
    outbox.ship();
    this.#host.onTurn(task);
    if (task.uncommittedCount > limits.uncommittedEntriesMax) this.#host.onCommitWanted();
    if (count < limits.recordsPerTurnMax || this.#wakeSent) return;
    this.#wakeSent = context.self.tell({ kind: 'wake' });
  }

  async #flush(
    { task, outbox }: OpenedTask,
    replyTo: ReplyTo<TaskCommit | undefined>,
  ): Promise<void> {
    if (!task.needsCommit) {
      replyTo.tell(undefined);
      return;
    }
    this.#committing = true;
    try {
      task.flushState();
      await outbox.settled();
      const appended = outbox.takeChangelogOffsets();
      for (const { name } of task.subtopology.stores) {
        const offset = appended.get(changelogTopic(name, this.#host.applicationId));
        if (offset !== undefined) task.setChangelogOffset(name, offset);
      }
      const { offsets, metadata } = task.commitFacts();
      const encoded = encodeTaskMetadata(metadata);
      const heard = replyTo.tell({
        offsets: offsets.map((offset) => ({ ...offset, metadata: encoded })),
      });
      if (!heard) this.#committing = false; // the asker gave up, so no `committed` will follow
    } catch (error) {
      replyTo.fail(error as Error);
      throw error;
    }
  }
}
