// The processor alone, one task without a broker: a stateless chain, JSON in and out, one-day windows, seven hopping windows
// a record; beside bare JSON parsing and printing of the same rows. Then a whole application: consume, map, produce through
// a broker in this process. Rates are source records per second on one core.
// Leaves out: restore, rebalances, peers (they need the same broker and their own process).

import { startTestBroker } from '@drave/broker/testing';
import { memoryPlatform } from '@drave/platform';
import {
  bytes,
  json,
  MemoryEngine,
  StreamBuilder,
  StreamsApp,
  StreamTask,
  type InputRecord,
  type Topology,
} from '@drave/streams';
import { interleave, publish, type Contestant } from './harness.ts';

interface Row {
  readonly departedAt: string;
  readonly delayMinutes: number;
  readonly origin: string;
}

const dayMs = 86_400_000;
const rowCount = 100_000;
const appRowCount = 50_000;

/** Options: `--rounds N` (default 5). */
export async function run(options: readonly string[]): Promise<void> {
  const at = options.indexOf('--rounds');
  const rounds = at < 0 ? 5 : Number(options[at + 1]);
  const records = rows(rowCount);
  const task = (name: string, topology: Topology): Contestant => ({
    name,
    unit: 'rec/s',
    measure: () => Promise.resolve(rateOf(rowCount, () => runTask(topology, records))),
  });
  const figures = await interleave(
    [
      {
        name: 'bare JSON.parse and JSON.stringify',
        unit: 'rec/s',
        probe: true,
        measure: () => Promise.resolve(rateOf(rowCount, () => parseAndPrint(records))),
      },
      task('five operators on bytes', chain()),
      task('filter and map, JSON both ways', jsonMap()),
      task('one-day windows per key, JSON', windows(dayMs)),
      task('seven hopping windows per record, JSON', windows(7 * dayMs)),
      {
        name: 'consume, map, produce through a broker',
        unit: 'rec/s',
        measure: () => runApplication(records.slice(0, appRowCount)),
      },
    ],
    rounds,
  );
  publish('streams', figures, [`${rowCount} rows of about 90 bytes, 50 keys, 10 days`]);
}

function rows(count: number): InputRecord[] {
  const firstMs = Date.parse('2001-01-01T00:00:00Z');
  return Array.from({ length: count }, (_, offset) => {
    const timestamp = firstMs + Math.floor((offset * 10 * dayMs) / count);
    const origin = `A${String(offset % 50).padStart(2, '0')}`;
    const departedAt = new Date(timestamp).toISOString();
    const row: Row = { departedAt, delayMinutes: (offset * 7) % 90, origin };
    const value = Buffer.from(JSON.stringify(row));
    return { offset, timestamp, key: Buffer.from(origin), value, headers: [] };
  });
}

function parseAndPrint(records: readonly InputRecord[]): void {
  for (const { value } of records) Buffer.from(JSON.stringify(JSON.parse(String(value))));
}

function chain(): Topology {
  const builder = new StreamBuilder();
  builder
    .from('in', { value: bytes() })
    .filter((value) => value.length > 0)
    .mapValues((value) => value)
    .filter(() => true)
    .peek(() => undefined)
    .mapValues((value) => value)
    .to('out', { value: bytes() });
  return builder.build();
}

function jsonMap(): Topology {
  const builder = new StreamBuilder();
  builder
    .from('in', { value: json<Row>() })
    .filter(({ delayMinutes }) => delayMinutes >= 0)
    .mapValues((row) => ({ ...row, late: row.delayMinutes > 15 }))
    .to('out');
  return builder.build();
}

function windows(sizeMs: number): Topology {
  const builder = new StreamBuilder();
  builder
    .from('in', { value: json<Row>() })
    .groupByKey()
    .windowed({ sizeMs, advanceMs: dayMs, graceMs: dayMs })
    .aggregate(
      () => ({ flights: 0, delaySum: 0 }),
      (sum, { delayMinutes }) => ({
        flights: sum.flights + 1,
        delaySum: sum.delaySum + delayMinutes,
      }),
      { store: 'sums' },
    )
    .emit('on-close')
    .to('out');
  return builder.build();
}

function runTask(topology: Topology, records: readonly InputRecord[]): void {
  const [subtopology] = topology.subtopologies;
  if (!subtopology) throw new Error('the topology is empty');
  const task = new StreamTask({
    applicationId: 'bench',
    subtopology,
    partition: 0,
    collector: { send: () => undefined },
    engines: new Map([['sums', new MemoryEngine()]]),
    metadata: undefined,
    positions: new Map(),
    epoch: 1,
    nowMs: () => 0,
  });
  task.addRecords('in', records);
  while (task.process(500) > 0);
  task.flushState();
}

async function runApplication(records: readonly InputRecord[]): Promise<number> {
  await using broker = await startTestBroker({ topics: { in: 3, out: 3 } });
  for (let from = 0; from < records.length; from += 5000) {
    await broker.produce(
      'in',
      records
        .slice(from, from + 5000)
        .map(({ key, value, timestamp }) => ({ key, value, timestamp })),
    );
  }
  let count = 0;
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const builder = new StreamBuilder();
  builder
    .from('in', { value: bytes() })
    .peek(() => {
      count += 1;
      if (count === records.length) finish();
    })
    .to('out', { value: bytes() });
  const app = new StreamsApp({
    platform: memoryPlatform(),
    brokers: [broker.bootstrap],
    applicationId: 'bench',
    topology: builder.build(),
  });
  const startMs = performance.now();
  await app.start();
  await finished;
  await app.close(); // flushes and commits: everything is acknowledged then
  return (records.length / (performance.now() - startMs)) * 1000;
}

function rateOf(count: number, work: () => void): number {
  const startMs = performance.now();
  work();
  return (count / (performance.now() - startMs)) * 1000;
}
