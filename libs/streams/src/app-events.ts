// What an application tells about itself while it runs. Protects: a listener that throws does not harm the application.

import type { Logger } from '@drave/platform';

/**
 * created → starting → running → closing → closed; `failed` from starting or running, when it cannot go on.
 * `rebalancing` is no state: unaffected tasks go on. Nor is `paused`: see `StreamsApp.isPaused`.
 */
export type AppState = 'created' | 'starting' | 'running' | 'closing' | 'closed' | 'failed';

/** restoring → running → closed; a restart by supervision goes back to restoring. */
export type TaskState = 'restoring' | 'running' | 'failed' | 'closed';

export type StreamsEvent =
  | { readonly kind: 'app-state'; readonly state: AppState; readonly error?: Error }
  | { readonly kind: 'app-paused' }
  | { readonly kind: 'app-resumed' }
  | { readonly kind: 'task-assigned'; readonly taskId: string }
  | {
      readonly kind: 'task-restoring';
      readonly taskId: string;
      readonly restored: number;
      readonly total: number;
    }
  | { readonly kind: 'task-running'; readonly taskId: string; readonly restored: number }
  | { readonly kind: 'task-failed'; readonly taskId: string; readonly error: Error }
  | {
      readonly kind: 'task-closed';
      readonly taskId: string;
      readonly reason: 'revoked' | 'lost' | 'closing';
    }
  | { readonly kind: 'committed'; readonly taskCount: number; readonly durationMs: number }
  | { readonly kind: 'commit-failed'; readonly error: Error };

export class StreamsEvents {
  readonly #listeners = new Set<(event: StreamsEvent) => void>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Calls `listener` synchronously for each event; returns what ends it. */
  subscribe(listener: (event: StreamsEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** For the application itself. */
  emit(event: StreamsEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#log.warn('streams-listener-failed', { event: event.kind, error });
      }
    }
  }
}
