// The demo's data set: 20,000 US departures of January to March 2001, shipped as a compressed CSV file in time order.
// Leaves out: validation of single rows, because the file is ours and a test counts it. Origin: NOTICE.

import { gunzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import type { Disk } from '@drave/platform';
import { parse } from 'csv-parse/sync';

/** One departure as it stands in the file; times are local, written as UTC. */
export interface FlightRow {
  /** ISO 8601, e.g. `2001-01-01T00:47:00Z`. */
  readonly departedAt: string;
  /** Minutes, negative when early. */
  readonly delayMinutes: number;
  readonly distanceMiles: number;
  /** IATA code. */
  readonly origin: string;
  readonly destination: string;
}

/** Path of the file inside this package, from the sources as well as from the build. */
export const flightsFilePath = fileURLToPath(
  new URL('../../assets/flights-20k.csv.gz', import.meta.url),
);

/** All rows, sorted by departure. */
export async function readFlights(disk: Disk): Promise<readonly FlightRow[]> {
  const csv = gunzipSync(await disk.readFile(flightsFilePath));
  const rows = parse(csv, { columns: true }) as Record<string, string>[];
  return rows.map((row) => ({
    departedAt: row['departed_at'] ?? '',
    delayMinutes: Number(row['delay_minutes']),
    distanceMiles: Number(row['distance_miles']),
    origin: row['origin'] ?? '',
    destination: row['destination'] ?? '',
  }));
}
