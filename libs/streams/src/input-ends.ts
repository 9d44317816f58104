// Where the inputs of the tasks end, for their lags and for the choice between several inputs. Fetching tells it; while the
// application is paused nothing is fetched, so the brokers are asked. Protects: one question under way, at most one a second;
// what was asked counts until a fetch says something newer, so a lag does not fall back to a stale end after a resume.
// Leaves out: waiting for an end before resuming.

import type { Admin, Consumer } from '@drave/client';
import type { TopicPartition } from '@drave/contracts';
import type { Logger } from '@drave/platform';
import { limits } from './limits.js';
import type { TaskHandle } from './task-handle.js';

interface AskedEnd {
  readonly end: number;
  /** What fetching had said then; −1 nothing. */
  readonly heard: number;
}

export class InputEnds {
  readonly #logger: Logger;
  readonly #asked = new Map<string, AskedEnd>();
  #isAsking = false;
  #nextAskMs = -Infinity;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Tells the tasks where their partitions end; wakes those that wait for it. */
  hear(handles: Iterable<TaskHandle>, consumer: Consumer): void {
    for (const { task, ref, partition } of handles) {
      if (!task || !ref) continue;
      for (const topic of task.inputTopics()) {
        const end = this.#endOf({ topic, partition }, consumer);
        if (end >= 0) task.setEndOffset(topic, end);
      }
      if (ref.queuedCount === 0) ref.tell({ kind: 'wake' });
    }
  }

  /** Asks the brokers, when that is due; a failure is asked again when the next is due. `nowMs`: monotonic. */
  askWhenDue(
    handles: readonly TaskHandle[],
    { admin, consumer, nowMs }: { admin: Admin; consumer: Consumer; nowMs: number },
  ): void {
    if (this.#isAsking || nowMs < this.#nextAskMs) return;
    this.#nextAskMs = nowMs + limits.pausedEndsEveryMs;
    const partitions = handles.flatMap(({ task, partition }) =>
      (task?.inputTopics() ?? []).map((topic) => ({ topic, partition })),
    );
    if (partitions.length === 0) return;
    this.#isAsking = true;
    void this.#ask(partitions, admin, consumer)
      .catch((error: unknown) => this.#logger.debug('streams-ends-unknown', { error }))
      .finally(() => {
        this.#isAsking = false;
      });
  }

  /** The partition is not this instance's any more. */
  forget({ topic, partition }: TopicPartition): void {
    this.#asked.delete(`${topic}/${partition}`);
  }

  async #ask(
    partitions: readonly TopicPartition[],
    admin: Admin,
    consumer: Consumer,
  ): Promise<void> {
    const ends = await admin.listOffsets(partitions.map((one) => ({ ...one, at: 'latest' })));
    for (const { topic, partition, offset: end } of ends) {
      const heard = watermarksOf(consumer, { topic, partition })?.high;
      if (heard !== undefined) this.#asked.set(`${topic}/${partition}`, { end, heard });
    }
  }

  #endOf(partition: TopicPartition, consumer: Consumer): number {
    const high = watermarksOf(consumer, partition)?.high ?? -1;
    const key = `${partition.topic}/${partition.partition}`;
    const asked = this.#asked.get(key);
    if (!asked) return high;
    if (asked.heard === high) return Math.max(asked.end, high);
    this.#asked.delete(key);
    return high;
  }
}

/** undefined: revoked meanwhile. */
function watermarksOf(
  consumer: Consumer,
  partition: TopicPartition,
): { readonly high: number } | undefined {
  try {
    return consumer.watermarks(partition);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
