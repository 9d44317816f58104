// The replay of the flights: file, seed and topic put together.

import type { KafkaClient } from '@drave/client';
import { type Platform, SeededRandom } from '@drave/platform';
import { flightPartitionCount, flightTopics } from '@drave/processor-app';
import { readFlights } from './flights-file.js';
import { planRound } from './replay-plan.js';
import { Replay } from './replay.js';

export interface FlightsReplayOptions {
  readonly platform: Platform;
  readonly client: KafkaClient;
  /** Decides which rows are damaged. */
  readonly seed: number;
  /** Event-time milliseconds per second; undefined: as fast as it goes. */
  readonly speed: number | undefined;
  readonly lastRound: number | undefined;
}

/** Reads the file; sends nothing yet. */
export async function flightsReplay(options: FlightsReplayOptions): Promise<Replay> {
  const { seed, ...rest } = options;
  const rows = await readFlights(options.platform.disk);
  return new Replay({
    ...rest,
    topic: flightTopics.flights,
    partitionCount: flightPartitionCount,
    plan: (round) => planRound(rows, { round, random: new SeededRandom(`${seed}/${round}`) }),
  });
}
