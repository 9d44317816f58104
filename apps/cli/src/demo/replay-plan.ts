// What one round of the demo sends, in order: the file's rows as JSON, with damaged copies of some of them in between.
// Protects: a plan is a pure function of (file, seed, round), so a replay that died can tell from the log's end offsets how
// far it came. Only values are damaged: a damaged row keeps its key, and every real row stays intact.

import type { SeededRandom } from '@drave/platform';
import type { FlightRow } from './flights-file.js';

/** One record of the topic `flights`. */
export interface PlannedRecord {
  /** The airport of origin. */
  readonly key: string;
  readonly value: string;
  /** Departure in milliseconds since the epoch, moved by 90 days per round. */
  readonly timestampMs: number;
  readonly damage: DamageKind | undefined;
}

export const damageKinds = [
  'broken-json',
  'missing-field',
  'delay-not-a-number',
  'padded-airport',
  'impossible-date',
] as const;

export type DamageKind = (typeof damageKinds)[number];

/** Damaged rows of each kind in one round. */
export const damagedPerKind = 40;

const roundMs = 90 * 24 * 3_600_000;

/** The plan of `round` (1 for the first): every row once, plus 40 damaged rows of each kind, each right after the row it copies. */
export function planRound(
  rows: readonly FlightRow[],
  options: { readonly round: number; readonly random: SeededRandom },
): PlannedRecord[] {
  const damages = pickDamages(rows.length, options.random);
  const shiftMs = (options.round - 1) * roundMs;
  const plan: PlannedRecord[] = [];
  for (const [index, row] of rows.entries()) {
    const timestampMs = Date.parse(row.departedAt) + shiftMs;
    const flight = { ...row, departedAt: isoSeconds(timestampMs) };
    const record = { key: row.origin, timestampMs };
    plan.push({ ...record, value: JSON.stringify(flight), damage: undefined });
    const damage = damages.get(index);
    if (damage) plan.push({ ...record, value: damaged(flight, damage), damage });
  }
  return plan;
}

// Distinct rows, drawn by the seed; the kinds take turns.
function pickDamages(rowCount: number, random: SeededRandom): Map<number, DamageKind> {
  const picked = new Map<number, DamageKind>();
  const wanted = Math.min(rowCount, damagedPerKind * damageKinds.length);
  while (picked.size < wanted) {
    const index = random.nextInt(rowCount);
    const kind = damageKinds[picked.size % damageKinds.length];
    if (!picked.has(index) && kind) picked.set(index, kind);
  }
  return picked;
}

function damaged(flight: FlightRow, kind: DamageKind): string {
  switch (kind) {
    case 'broken-json':
      return JSON.stringify(flight).slice(0, -12);
    case 'missing-field': {
      const { destination: _left, ...rest } = flight;
      return JSON.stringify(rest);
    }
    case 'delay-not-a-number':
      return JSON.stringify({ ...flight, delayMinutes: 'NA' });
    case 'padded-airport':
      return JSON.stringify({ ...flight, origin: ` ${flight.origin.toLowerCase()} ` });
    case 'impossible-date':
      return JSON.stringify({
        ...flight,
        departedAt: `${flight.departedAt.slice(0, 5)}02-30T25:61:00Z`,
      });
  }
}

function isoSeconds(timestampMs: number): string {
  return `${new Date(timestampMs).toISOString().slice(0, 19)}Z`;
}
