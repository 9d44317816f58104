// The results as any client sees them: follows `airport-delays-1d` and keeps the last value per key of the newest days.
// Protects: bounded: older days are forgotten. Leaves out: whole-topic comparison (check.ts).

import type { Consumer, KafkaClient } from '@drave/client';
import type { AirportDay } from '@drave/processor-app';
import type { AirportDayView } from './status-view.js';

/** Newest days kept; the one before the newest still changes while its last flights come in. */
const daysKept = 3;

export class AirportBoard {
  readonly #consumer: Consumer;
  readonly #days = new Map<string, Map<string, AirportDay>>();
  #stopped = false;
  #done: Promise<void> | undefined;

  constructor(client: KafkaClient) {
    this.#consumer = client.consumer({ autoOffsetReset: 'latest' });
  }

  /** Follows the topic from its present end until `stop`. */
  start(topic: string, partitionCount: number): void {
    this.#done = this.#follow(topic, partitionCount);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
    await this.#consumer.close();
  }

  /** Airports of the newest day with at least `flightsMin` flights, the worst mean delay first. */
  worst(count: number, flightsMin = 3): AirportDayView[] {
    for (const day of [...this.#days.keys()].toSorted().toReversed()) {
      const rows = [...(this.#days.get(day)?.values() ?? [])].filter(
        ({ flights }) => flights >= flightsMin,
      );
      if (rows.length >= count) return rows.map(view).toSorted(byMean).slice(0, count);
    }
    return [];
  }

  async #follow(topic: string, partitionCount: number): Promise<void> {
    this.#consumer.assign(
      Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition })),
    );
    while (!this.#stopped) {
      for (const { value } of await this.#consumer.poll({ timeoutMs: 200 })) {
        if (value !== null) this.#take(JSON.parse(value.toString('utf8')) as AirportDay);
      }
    }
  }

  #take(row: AirportDay): void {
    let day = this.#days.get(row.day);
    if (!day) {
      day = new Map();
      this.#days.set(row.day, day);
      const old = [...this.#days.keys()].toSorted().slice(0, -daysKept);
      for (const name of old) this.#days.delete(name);
    }
    day.set(row.airport, row);
  }
}

function view({
  airport,
  day,
  flights,
  delaySum,
  delayed15,
  delayMax,
}: AirportDay): AirportDayView {
  return {
    airport,
    day,
    flights,
    delayMean: delaySum / flights,
    delayedShare: delayed15 / flights,
    delayMax,
  };
}

function byMean(a: AirportDayView, b: AirportDayView): number {
  return b.delayMean - a.delayMean || (a.airport < b.airport ? -1 : 1);
}
