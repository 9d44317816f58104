// What one run came to, read back through the wire like any client would, and held against the independent sums.
// Protects: nothing here trusts the application's own counters but for `late`, which leaves no record behind.

import type { KafkaClient } from '@drave/client';
import { deadLetterHeaders } from '@drave/contracts';
import { type AirportDay, flightTopics } from '@drave/processor-app';
import { type AirportDaySums } from './reference-sums.js';
import { readTopic } from './topic-reader.js';

export interface DemoSums {
  /** Records in `flights`. */
  readonly produced: number;
  /** Flights in the last value of every airport-day. */
  readonly counted: number;
  readonly late: number;
  /** Distinct records of `flights` in the dead letter topic. */
  readonly deadLetters: number;
}

export interface DemoResults {
  /** Last value per key of `airport-delays-1d`. */
  readonly airportDays: ReadonlyMap<string, AirportDay>;
  readonly sums: DemoSums;
}

/** Reads the results; `late` comes from the application's totals. */
export async function readResults(client: KafkaClient, late: number): Promise<DemoResults> {
  let produced = 0;
  const airportDays = new Map<string, AirportDay>();
  const letters = new Set<string>();
  await readTopic(client, flightTopics.flights, () => {
    produced += 1;
  });
  await readTopic(client, flightTopics.airportDelays, ({ key, value }) => {
    if (key === null) return;
    if (value === null) airportDays.delete(key.toString('utf8'));
    else airportDays.set(key.toString('utf8'), JSON.parse(value.toString('utf8')) as AirportDay);
  });
  await readTopic(client, flightTopics.deadLetters, ({ headers }) => {
    const header = (name: string): string =>
      headers.find(({ key }) => key === name)?.value?.toString('utf8') ?? '';
    // After a crash a letter may be written twice; its origin tells.
    letters.add(
      [deadLetterHeaders.topic, deadLetterHeaders.partition, deadLetterHeaders.offset]
        .map(header)
        .join('/'),
    );
  });
  const counted = [...airportDays.values()].reduce((sum, { flights }) => sum + flights, 0);
  return { airportDays, sums: { produced, counted, late, deadLetters: letters.size } };
}

/** Sentences that say what differs; empty when every airport-day is equal. At most 10 of them. */
export function differences(
  airportDays: ReadonlyMap<string, AirportDay>,
  reference: ReadonlyMap<string, AirportDaySums>,
): string[] {
  const found: string[] = [];
  for (const [key, expected] of reference) {
    const actual = airportDays.get(key);
    if (!actual) found.push(`${key} is missing`);
    else {
      for (const name of ['flights', 'delaySum', 'delayed15', 'delayMax'] as const) {
        if (actual[name] !== expected[name]) {
          found.push(`${key}: ${name} is ${actual[name]} and should be ${expected[name]}`);
        }
      }
    }
  }
  for (const key of airportDays.keys())
    if (!reference.has(key)) found.push(`${key} should not be there`);
  return found.slice(0, 10);
}
