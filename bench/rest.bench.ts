// Admin REST on a real broker: the topic list of 5,000 topics (goal: 50 ms), one topic beside it, and records produced by a stream. The
// probe is the answer of /health/live, which is the way through HTTP, Fastify and Nest without work. Broker, HTTP and caller share
// the process. Options: `--topics N` (default 5,000), `--rounds N` (default 9).

import { request } from 'node:http';
import { startTestBroker } from '@drave/broker/testing';
import { startBrokerHttp } from '@drave/broker-app';
import { numberOption } from './driver/driver.ts';
import { type Figure, publish } from './harness.ts';

const recordsPerStream = 10_000;

export async function run(options: readonly string[]): Promise<void> {
  const topicCount = numberOption(options, '--topics', 5_000);
  const rounds = numberOption(options, '--rounds', 9);
  const topics = Object.fromEntries(
    Array.from({ length: topicCount }, (_, i) => [`topic-${String(i).padStart(5, '0')}`, 1]),
  );
  const broker = await startTestBroker({ topics });
  const http = await startBrokerHttp({ broker: broker.broker, port: 0 });
  const base = `${http.url}/v3/clusters/${broker.broker.clusterId}/topics`;
  const record =
    '{"partition_id":0,"value":{"type":"JSON","data":{"delayMinutes":66,"origin":"DTW"}}}';
  const stream = record.repeat(recordsPerStream);
  const measures: Readonly<Record<string, () => Promise<number>>> = {
    'GET /health/live (probe)': () => timed(`${http.url}/health/live`),
    [`GET topics, ${topicCount.toLocaleString('en')} of them`]: () => timed(base),
    'processor time of that': () => processorMs(() => timed(base)),
    'GET one topic': () => timed(`${base}/topic-00000`),
    [`POST ${recordsPerStream.toLocaleString('en')} records in one stream`]: () =>
      timed(`${base}/topic-00000/records`, stream),
  };
  const samples = new Map<string, number[]>();
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const [name, measure] of Object.entries(measures)) {
        const ms = await measure();
        if (round > 0) samples.set(name, [...(samples.get(name) ?? []), ms]); // the first warms up
      }
    }
  } finally {
    await http.stop();
    await broker.stop();
  }
  const figures = [...samples].map(([name, values]) => figure(name, values));
  const [list = 0, fastest = 0] = [figures[1]?.median, figures[1]?.min];
  publish('rest', figures, [
    `milliseconds, median (min … max) of ${rounds} rounds, whole answer read; broker, HTTP and caller in one process`,
    `topic list: median ${list.toFixed(1)} ms, fastest ${fastest.toFixed(1)} ms; goal 50 ms`,
  ]);
}

/** Of this process, so of caller, HTTP and broker; does not depend on what else runs on the machine. */
async function processorMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Milliseconds until the whole answer is there. */
function timed(url: string, body?: string): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request(url, { method, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - startedMs);
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    });
    asked.on('error', reject).end(body);
  });
}

function figure(name: string, values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const probe = false; // A sub-millisecond answer always drifts by more than the harness allows.
  return { name, unit: 'ms', probe, median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}
