// One departure as it travels in topic `flights`, and what makes it valid.
// Protects: a value that passes is complete and sane; each way to fail has an error class of its own, so dead letters group.

import { json, MalformedRecordError, type Serde } from '@drave/streams';
import { z } from 'zod';

const airport = z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters');

const flightSchema = z.object({
  /** Local time of departure written as UTC, whole seconds. */
  departedAt: z.iso.datetime('must be a date and time such as 2001-01-31T23:59:00Z'),
  /** Negative when early. */
  delayMinutes: z.number().int(),
  distanceMiles: z.number().int().nonnegative(),
  origin: airport,
  destination: airport,
});

export type Flight = z.infer<typeof flightSchema>;

/** Returns the flight or throws MalformedRecordError with class `missing-field` or `invalid-<field>`. */
export function validateFlight(value: unknown): Flight {
  const result = flightSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = String(issue?.path[0] ?? 'value');
  const missing =
    typeof value === 'object' && value !== null && issue?.path.length === 1 && !(field in value);
  const errorClass = missing ? 'missing-field' : `invalid-${field}`;
  throw new MalformedRecordError(errorClass, `${field}: ${issue?.message ?? 'not a flight'}`);
}

export const flightSerde: Serde<Flight> = json<Flight>({ validate: validateFlight });
