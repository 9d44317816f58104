// Delay sums of the flights of one airport in one window: the aggregate and its forms in topics.
// Leaves out: percentiles (they need a sketch).

import type { Windowed } from '@drave/streams';
import type { Flight } from './flight.js';

/** What a window store keeps per airport. */
export interface Delays {
  readonly flights: number;
  /** Minutes; early departures count negative. */
  readonly delaySum: number;
  /** Flights with a delay above 15 minutes. */
  readonly delayed15: number;
  readonly delayMax: number;
}

/** Value of `airport-delays-1d`; the key is `AIRPORT/YYYY-MM-DD`. */
export interface AirportDay extends Delays {
  readonly airport: string;
  /** `2001-01-01`. */
  readonly day: string;
}

/** Value of `destination-delays-7d`; the key is `AIRPORT/YYYY-MM-DD` with the window's first day. */
export interface DestinationWeek extends Delays {
  readonly airport: string;
  readonly from: string;
  /** Exclusive. */
  readonly until: string;
}

/** Starting value: no flights yet. */
export function noDelays(): Delays {
  return { flights: 0, delaySum: 0, delayed15: 0, delayMax: Number.MIN_SAFE_INTEGER };
}

export function addDelay(delays: Delays, flight: Flight): Delays {
  return {
    flights: delays.flights + 1,
    delaySum: delays.delaySum + flight.delayMinutes,
    delayed15: delays.delayed15 + (flight.delayMinutes > 15 ? 1 : 0),
    delayMax: Math.max(delays.delayMax, flight.delayMinutes),
  };
}

export function airportDay(delays: Delays, window: Windowed<string>): AirportDay {
  return { airport: window.key, day: isoDay(window.startMs), ...delays };
}

export function destinationWeek(delays: Delays, window: Windowed<string>): DestinationWeek {
  const { key: airport, startMs, endMs } = window;
  return { airport, from: isoDay(startMs), until: isoDay(endMs), ...delays };
}

/** `AIRPORT/YYYY-MM-DD`: readable in any client, and one key per result, so compaction keeps the last. */
export function resultKey(window: Windowed<string>): string {
  return `${window.key}/${isoDay(window.startMs)}`;
}

function isoDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
