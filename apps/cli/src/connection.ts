// The client behind the commands: `-b`, else DRAVE_BROKERS, else the local default. Works on any Kafka-compatible broker.
// Protects: the client is closed when the command ends, so the process ends too.

import { KafkaClient } from '@drave/client';
import { nodePlatform } from '@drave/platform';

export const defaultBrokers = '127.0.0.1:9092';

/** The list behind `-b`. */
export function parseBrokers(text: string): string[] {
  return text.split(',').map((broker) => broker.trim());
}

/** Runs `use` with a client of `brokers` (`host:port`, separated by commas). */
export async function withClient<Result>(
  brokers: string,
  use: (client: KafkaClient) => Promise<Result>,
): Promise<Result> {
  const client = new KafkaClient({
    platform: nodePlatform(),
    brokers: parseBrokers(brokers),
    clientId: 'drave-cli',
    connectTimeoutMs: 3_000,
    apiTimeoutMs: 10_000,
  });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
