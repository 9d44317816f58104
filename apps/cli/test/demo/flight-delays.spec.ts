// The whole file, damaged rows included, through the flight-delays topology in the test driver, against the
// independent loop over the file.

import { deadLetterHeaders } from '@drave/contracts';
import { nodePlatform, SeededRandom } from '@drave/platform';
import { type AirportDay, flightDelaysTopology, flightTopics } from '@drave/processor-app';
import { TopologyTestDriver } from '@drave/streams/testing';
import { describe, expect, it } from 'vitest';
import { flightsFilePath, readFlights } from '../../src/demo/flights-file.js';
import { referenceSums } from '../../src/demo/reference-sums.js';
import { damageKinds, damagedPerKind, planRound } from '../../src/demo/replay-plan.js';

const { disk } = nodePlatform();
const rows = await readFlights(disk);
const plan = planRound(rows, { round: 1, random: new SeededRandom(1) });

describe('the plan of a round', () => {
  it('has every row once in time order and 40 damaged rows of each kind', () => {
    expect(rows).toHaveLength(20_000);
    expect(plan).toHaveLength(20_200);
    for (const kind of damageKinds) {
      expect(plan.filter(({ damage }) => damage === kind)).toHaveLength(damagedPerKind);
    }
    const times = plan.map(({ timestampMs }) => timestampMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('is the same for the same seed and another for another seed', () => {
    expect(planRound(rows, { round: 1, random: new SeededRandom(1) })).toEqual(plan);
    expect(planRound(rows, { round: 1, random: new SeededRandom(2) })).not.toEqual(plan);
  });

  it('moves every later round by 90 days', () => {
    const second = planRound(rows, { round: 2, random: new SeededRandom(1) });
    expect(second[0]?.timestampMs).toBe((plan[0]?.timestampMs ?? 0) + 90 * 86_400_000);
    expect(second[0]?.value).toContain('2001-04-01T00:47:00Z');
  });
});

describe('flight-delays', () => {
  const driver = new TopologyTestDriver(flightDelaysTopology(), { applicationId: 'flight-delays' });
  driver.pipe(
    flightTopics.flights,
    plan.map(({ key, value, timestampMs }) => ({
      key,
      value: Buffer.from(value),
      timestamp: timestampMs,
    })),
  );

  it('counts every airport-day as an independent loop over the file does', async () => {
    const last = new Map(
      driver
        .read<string, AirportDay>(flightTopics.airportDelays)
        .map(({ key, value }) => [key, value]),
    );
    const sums = new Map(
      [...last].map(([key, { airport: _airport, day: _day, ...delays }]) => [key, delays]),
    );
    expect(sums.size).toBe(6_901);
    expect(sums).toEqual(referenceSums(await disk.readFile(flightsFilePath)));
    expect(last.get('DTW/2001-01-01')).toMatchObject({ airport: 'DTW', day: '2001-01-01' });
  });

  it('sends each damaged row to the dead letter topic with its class and origin', () => {
    const letters = driver.read(flightTopics.deadLetters);
    const classes = Map.groupBy(letters, (letter) => letter.headers[deadLetterHeaders.errorClass]);
    expect(Object.fromEntries([...classes].map(([name, list]) => [name, list.length]))).toEqual({
      'broken-json': 40,
      'missing-field': 40,
      'invalid-delayMinutes': 40,
      'invalid-origin': 40,
      'invalid-departedAt': 40,
    });
    expect(letters[0]?.headers[deadLetterHeaders.topic]).toBe(flightTopics.flights);
    expect(letters[0]?.headers[deadLetterHeaders.error]).not.toBe('');
  });

  it('finds no row late for its airport-day', () => {
    expect(driver.totals()).toMatchObject({ late: 0, deadLetters: 200 });
  });
});
