// The broker of global-setup.ts, which all test files share: names are the test's own.
import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';

test('KAFKA_BROKERS points at a broker', async () => {
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  expect(await admin.listTopics()).toContain('greetings');
  await admin.disconnect();
});
