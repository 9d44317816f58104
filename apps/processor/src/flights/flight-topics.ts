// The topics of `flight-delays` and their configs. Protects: nothing is subject to retention by time, since the record timestamps
// are of 2001; an existing topic is left as it is.

import type { Admin, NewTopic } from '@drave/client';
import { ErrorCode, KafkaError } from '@drave/contracts';
import { flightTopics } from './flight-delays.js';

/** Partitions of `flights` and of the results. */
export const flightPartitionCount = 3;

const keepForever = { 'retention.ms': '-1', 'retention.bytes': '-1' };

const topics: readonly NewTopic[] = [
  { topic: flightTopics.flights, partitions: flightPartitionCount, configs: keepForever },
  { topic: flightTopics.deadLetters, partitions: 1, configs: keepForever },
  ...[flightTopics.airportDelays, flightTopics.destinationDelays].map((topic) => ({
    topic,
    partitions: flightPartitionCount,
    configs: { ...keepForever, 'cleanup.policy': 'compact' },
  })),
];

/** Creates the topics that are missing. */
export async function createFlightTopics(admin: Admin): Promise<void> {
  const present = new Set(await admin.listTopics());
  for (const topic of topics.filter((wanted) => !present.has(wanted.topic))) {
    try {
      await admin.createTopics([topic]);
    } catch (error) {
      const exists = error instanceof KafkaError && error.code === ErrorCode.TOPIC_ALREADY_EXISTS;
      if (!exists) throw error; // Another processor was faster.
    }
  }
}
