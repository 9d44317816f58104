// The stream application of the demo: damaged rows to `flights.dlq`, one-day windows per airport of origin into
// `airport-delays-1d`, seven-day windows hopping by a day per destination, behind a repartition topic, into
// `destination-delays-7d`.
// Protects: sums per airport-day are exact, because a partition keeps the order of its rows and the key is the origin.
// The destination branch interleaves three partitions, so rows may come late there; it is no part of the sums.
// Leaves out: the Airport entities, on-close emission (the last value per key is final).

import { StreamBuilder, json, type Topology } from '@drave/streams';
import {
  addDelay,
  airportDay,
  destinationWeek,
  noDelays,
  resultKey,
  type AirportDay,
  type Delays,
  type DestinationWeek,
} from './delays.js';
import { flightSerde } from './flight.js';

export const flightDelaysId = 'flight-delays';

/** Topics of the demo. Record timestamps are of 2001, so none of them may be subject to retention by time. */
export const flightTopics = Object.freeze({
  flights: 'flights',
  deadLetters: 'flights.dlq',
  airportDelays: 'airport-delays-1d',
  destinationDelays: 'destination-delays-7d',
});

/** Store of the one-day windows, for interactive queries. */
export const airportDelaysStore = 'airport-delays-1d';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Builds the topology; the same nodes and names at each call. */
export function flightDelaysTopology(): Topology {
  const builder = new StreamBuilder();
  const flights = builder.from(flightTopics.flights, {
    value: flightSerde,
    time: (flight) => Date.parse(flight.departedAt),
    onMalformed: 'dlq',
    dlqTopic: flightTopics.deadLetters,
    maxAhead: '2d',
    name: 'flights',
  });

  flights
    .groupByKey()
    .windowed({ sizeMs: dayMs, graceMs: 6 * hourMs })
    .aggregate<Delays>(noDelays, addDelay, { store: airportDelaysStore })
    .toStream()
    .map((delays, window) => [resultKey(window), airportDay(delays, window)])
    .to(flightTopics.airportDelays, { value: json<AirportDay>() });

  flights
    .groupBy((flight) => flight.destination, { name: 'by-destination' })
    .windowed({ sizeMs: 7 * dayMs, advanceMs: dayMs, graceMs: dayMs })
    .aggregate<Delays>(noDelays, addDelay, { store: 'destination-delays-7d' })
    .toStream()
    .map((delays, window) => [resultKey(window), destinationWeek(delays, window)])
    .to(flightTopics.destinationDelays, { value: json<DestinationWeek>() });

  return builder.build();
}
