// Reads a whole topic once, from its start to the end it had at the call.

import type { ConsumerRecord, KafkaClient } from '@drave/client';

/** Visits every record of all partitions below the ends at the time of the call; order holds within a partition. */
export async function readTopic(
  client: KafkaClient,
  topic: string,
  visit: (record: ConsumerRecord) => void,
): Promise<void> {
  const admin = client.admin();
  const [described] = await admin.describeTopics([topic]);
  const places = (described?.partitions ?? []).map(({ partition }) => ({ topic, partition }));
  const ends = await admin.listOffsets(places.map((place) => ({ ...place, at: 'latest' })));
  const endOf = new Map(ends.map(({ partition, offset }) => [partition, offset]));
  const consumer = client.consumer({ autoOffsetReset: 'earliest' });
  try {
    consumer.assign(places.filter(({ partition }) => (endOf.get(partition) ?? 0) > 0));
    const mine = consumer.assignment();
    const behind = (): boolean =>
      mine.some((place) => (consumer.position(place) ?? 0) < (endOf.get(place.partition) ?? 0));
    while (mine.length > 0 && behind()) {
      for (const record of await consumer.poll({ maxRecords: 5_000, timeoutMs: 500 })) {
        if (record.offset < (endOf.get(record.partition) ?? 0)) visit(record);
      }
    }
  } finally {
    await consumer.close();
  }
}
