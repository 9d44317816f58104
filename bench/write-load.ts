// A producer that writes at a steady rate until SIGTERM, in a process of its own: usage `write-load.ts HOST:PORT TOPIC MEGABYTES_PER_SECOND`.
// Batches of 256 records of 1 KiB, acks=1, at most eight unanswered. Prints a line when it writes, and at the end the rate it reached.

import { BrokerConnection } from '@drave/client/connection';
import { nodePlatform } from '@drave/platform';
import { ApiKey, buildBatch } from '@drave/protocol';

const unansweredMax = 8;
const [address = '', topic = '', rate = '300'] = process.argv.slice(2);
const [host = '', port = '0'] = address.split(':');
const platform = nodePlatform();
const connection = await BrokerConnection.connect({
  platform,
  host,
  port: Number(port),
  clientId: 'load',
});
const topics = [
  { name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
];
await connection.request(ApiKey.createTopics, 4, { topics, timeoutMs: 10_000 });
const value = Buffer.alloc(1_024, 'y');
const batch = buildBatch(
  Array.from({ length: 256 }, () => ({ key: null, value, headers: [], timestamp: Date.now() })),
  {},
);
const bytesPerMs = Number(rate) * 1_000;
const startedMs = performance.now();
let sentBytes = 0;
let unanswered = 0;
let isEnding = false;
process.once('SIGTERM', () => (isEnding = true));
console.log('writing');

while (!isEnding) {
  const dueBytes = (performance.now() - startedMs) * bytesPerMs;
  while (sentBytes < dueBytes && unanswered < unansweredMax) {
    sentBytes += batch.length;
    unanswered++;
    const partitionData = [{ index: 0, records: batch }];
    void connection
      .request(ApiKey.produce, 7, {
        acks: 1,
        timeoutMs: 10_000,
        topicData: [{ name: topic, partitionData }],
      })
      .finally(() => unanswered--);
  }
  await new Promise((resolve) =>
    unanswered < unansweredMax ? setTimeout(resolve, 1) : setImmediate(resolve),
  );
}
const megabytes = sentBytes / 1e6;
console.log((megabytes / ((performance.now() - startedMs) / 1_000)).toFixed(0));
while (unanswered > 0) await new Promise((resolve) => setImmediate(resolve));
connection.close();
