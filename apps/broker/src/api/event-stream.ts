// Cluster events as server-sent events: `ready` first, then `events` with up to a hundred at a time; `id:` is that of the last, so that
// Last-Event-ID resumes. Protects: at most five frames a second; a slow reader costs no memory, for it holds a place in the ring, and
// hears how many it missed (`dropped`); a silent stream sends a comment every 15 s. Leaves out: who may read (request-guard.ts).

import type { EventBus } from '@drave/broker';
import { matchesEventType } from '@drave/contracts/rest';
import type { Scheduler } from '@drave/platform';

const eventStreamLimits = Object.freeze({ heartbeatMs: 15_000, gapMs: 200, frameMax: 100 });

/** A place in the ring; `isGap`: what came before it in another run of the broker is lost. */
export interface EventsFrom {
  readonly position: number;
  readonly isGap: boolean;
}

/** Where `since` (an id, `earliest` or `latest`) is. */
export function placeOf(bus: EventBus, since: string): EventsFrom {
  if (since === 'latest') return { position: bus.end, isGap: false };
  if (since === 'earliest') return { position: bus.start, isGap: false };
  const position = bus.positionOf(since);
  return position === undefined ? { position: bus.start, isGap: true } : { position, isGap: false };
}

/** Whether an event of this name is asked for. */
export function wantedOf(types: readonly string[] | undefined): (type: string) => boolean {
  return types ? (type) => types.some((wanted) => matchesEventType(type, wanted)) : () => true;
}

export interface EventStreamOptions {
  readonly bus: EventBus;
  readonly from: EventsFrom;
  readonly isWanted: (type: string) => boolean;
  readonly scheduler: Scheduler;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

/** Frames as they are to be sent, until the signal. */
export async function* eventFrames(options: EventStreamOptions): AsyncGenerator<string> {
  const { bus, from, isWanted, scheduler, signal } = options;
  let { position } = from;
  const news = new News(options);
  try {
    // A gap without a number: how many events another run had is not known any more.
    const gap = from.isGap ? { dropped: null } : {};
    yield frame('ready', JSON.stringify({ ...gap }), bus.idAt(position));
    while (!signal.aborted) {
      if (position === bus.end && !(await news.wait(eventStreamLimits.heartbeatMs))) {
        if (signal.aborted) return;
        yield ': heartbeat\n\n';
        continue;
      }
      const read = bus.read(position, eventStreamLimits.frameMax, isWanted);
      position = read.position;
      if (read.events.length === 0 && read.dropped === 0) continue;
      const events = read.events.map(({ json }) => json).join(',');
      const dropped = read.dropped > 0 ? `,"dropped":${read.dropped}` : '';
      yield frame('events', `{"events":[${events}]${dropped}}`, bus.idAt(position));
      await scheduler.sleep(eventStreamLimits.gapMs);
    }
  } finally {
    news.close();
  }
}

/** Waits for the next event. */
class News {
  readonly #options: EventStreamOptions;
  readonly #unsubscribe: () => void;
  #wake: ((isNews: boolean) => void) | undefined;
  readonly #onAbort = (): void => this.#wake?.(false);

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#unsubscribe = options.bus.onPublished(() => this.#wake?.(true));
    options.signal.addEventListener('abort', this.#onAbort);
  }

  /** False: nothing came within `ms`. */
  async wait(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#wake = resolve;
    const timer = this.#options.scheduler.setTimer(ms, () => resolve(false));
    const isNews = await promise;
    this.#wake = undefined;
    timer.cancel();
    return isNews;
  }

  close(): void {
    this.#unsubscribe();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
  }
}

function frame(event: string, data: string, id: string): string {
  return `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
}
