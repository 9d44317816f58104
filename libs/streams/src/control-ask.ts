// Asking a task actor ahead of its mailbox. Protects: an ask always settles: by reply, by its timeout, or when the task
// goes down; a late reply is refused, and the actor sees that. Leaves out: several replies.

import type { ReplyTo } from '@drave/actors';
import type { Scheduler } from '@drave/platform';

export class ControlAsks {
  readonly #open = new Set<(error: Error) => void>();

  /** `tell` sends the message around the reply address; false: nobody is there. */
  ask<R>(
    scheduler: Scheduler,
    timeoutMs: number,
    tell: (replyTo: ReplyTo<R>) => boolean,
  ): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      let settled = false;
      const settle = (finish: () => void): boolean => {
        if (settled) return false;
        settled = true;
        timer.cancel();
        this.#open.delete(fail);
        finish();
        return true;
      };
      const fail = (error: Error): boolean => settle(() => reject(error));
      const timer = scheduler.setTimer(timeoutMs, () => {
        fail(new Error(`the task did not answer within ${timeoutMs} ms`));
      });
      this.#open.add(fail);
      const told = tell({ tell: (reply) => settle(() => resolve(reply)), fail });
      if (!told) fail(new Error('the task has stopped'));
    });
  }

  /** The task is down: every open ask rejects. */
  rejectAll(error: Error): void {
    for (const fail of this.#open) fail(error);
  }
}
