// What happened in the cluster, kept for a while: a ring with ids. Protects: memory has a bound whoever reads how slowly, for readers
// hold a position instead of a queue; what fell out of the ring is counted, never passed over in silence; publishing never throws.
// Leaves out: which events there are (contracts), sending them (apps/broker), keeping them over a restart: ids name their run.

import { type ClusterEventBody, limits } from '@drave/contracts';
import type { Clock } from '@drave/platform';

export interface EventBusLimits {
  readonly keptMax: number;
  readonly charsMax: number;
}

export interface KeptEvent {
  readonly type: string;
  /** A ClusterEvent as JSON. */
  readonly json: string;
}

export interface EventsRead {
  readonly events: readonly KeptEvent[];
  /** Events after the given position that are no longer kept, whatever their names. */
  readonly dropped: number;
  /** Where to read on. */
  readonly position: number;
}

export class EventBus {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #limits: EventBusLimits;
  readonly #run: string;
  readonly #kept: KeptEvent[] = [];
  #chars = 0;
  /** Events published so far. */
  #end = 0;
  readonly #listeners = new Set<() => void>();

  constructor(clock: Pick<Clock, 'nowMs'>, bounds: Partial<EventBusLimits> = {}) {
    this.#clock = clock;
    this.#run = Math.floor(clock.nowMs()).toString(36);
    this.#limits = { keptMax: limits.eventsKeptMax, charsMax: limits.eventCharsMax, ...bounds };
  }

  /** Behind the newest event. */
  get end(): number {
    return this.#end;
  }

  /** Before the oldest one kept. */
  get start(): number {
    return this.#end - this.#kept.length;
  }

  /** Long texts in it are cut to `limits.eventTextCharsMax`. */
  publish({ type, data }: ClusterEventBody): void {
    this.#end++;
    const id = this.idAt(this.#end);
    const event = { id, atMs: this.#clock.nowMs(), type, data };
    const json = JSON.stringify(event, (_name, value: unknown) => clipped(value));
    this.#kept.push({ type, json });
    this.#chars += json.length;
    const { keptMax, charsMax } = this.#limits;
    while (this.#kept.length > keptMax || (this.#chars > charsMax && this.#kept.length > 1)) {
      this.#chars -= this.#kept.shift()?.json.length ?? 0;
    }
    for (const listener of this.#listeners) listener();
  }

  /** The id of the event that ends at `position`. */
  idAt(position: number): string {
    return `${this.#run}-${position}`;
  }

  /** The position behind the event with this id; undefined for one of another run, or of none. */
  positionOf(id: string): number | undefined {
    const [run, digits] = id.split('-');
    const position = Number(digits);
    return run === this.#run && position <= this.#end ? position : undefined;
  }

  /** Up to `max` events after `position` of which `isWanted` holds. */
  read(position: number, max: number, isWanted: (type: string) => boolean): EventsRead {
    const { start } = this;
    const events: KeptEvent[] = [];
    let at = Math.max(position, start);
    const dropped = at - position;
    while (at < this.#end && events.length < max) {
      const event = this.#kept[at - start];
      at++;
      if (event && isWanted(event.type)) events.push(event);
    }
    return { events, dropped, position: at };
  }

  /** Calls back after each event, which must not throw; returns what ends that. */
  onPublished(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

function clipped(value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= limits.eventTextCharsMax) return value;
  return `${value.slice(0, limits.eventTextCharsMax)}…`;
}
