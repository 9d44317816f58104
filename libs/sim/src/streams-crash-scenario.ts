// Two instances of a stream application and a broker under kills, power cuts, wiped disks, stopped processes and cut
// wires, then peace. Invariants: both stores, the one behind a repartition topic too, equal a loop over the source topic;
// the totals count each source record once; the last value per key of the outputs is right unless a stopped or cut-off
// instance may have written after its successor (only transactions fence that); everything goes on by itself.
// Leaves out: compaction of changelogs, disk errors.

import { createBroker, type Broker } from '@drave/broker';
import { KafkaClient, type ConsumerRecord, type Producer } from '@drave/client';
import { assert, type SimulatedNode, type SimulatedWorld } from '@drave/platform';
import { json, StreamBuilder, StreamsApp, type Topology } from '@drave/streams';
import type { Scenario, ScenarioFacts } from './run-simulation.js';

const brokerName = 'broker';
const appNames = ['app-a', 'app-b'] as const;
const listen = { host: brokerName, port: 9092 };
const source = 'rows';
const byKey = 'sums-by-key';
const byGroup = 'sums-by-group';
const partitionCount = 3;
const rowsMax = 1_500;
const windowMs = 60_000;
const firstMs = 978_307_200_000; // 2001-01-01
const limitMs = 600_000;

interface Row {
  readonly group: string;
  readonly n: number;
}

interface Story {
  readonly world: SimulatedWorld;
  readonly apps: Map<string, StreamsApp>;
  faultCount: number;
  /** An instance may have worked on after its tasks moved. */
  hadZombies: boolean;
  isOver: boolean;
}

export const streamsCrashScenario: Scenario = { name: 'streams-crash', play };

async function play(world: SimulatedWorld): Promise<ScenarioFacts> {
  world.setLatency({ minMs: 0.05, maxMs: 0.2 + world.random.nextFloat() * 2 });
  await world.run(startBroker(world.node(brokerName)));
  const story: Story = { world, apps: new Map(), faultCount: 0, hadZombies: false, isOver: false };
  const writer = clientOn(world.node('writer'));
  const names = [source, byKey, byGroup];
  const configs = { 'retention.ms': '-1' };
  const topics = names.map((topic) => ({ topic, partitions: partitionCount, configs }));
  await world.run(writer.admin().createTopics(topics));
  for (const name of appNames) await startApp(story, world.node(name));
  const producing = produceRows(story, writer.producer({ lingerMs: 1 }));
  producing.catch(() => undefined); // awaited below
  await trouble(story);
  world.healAll();
  story.isOver = true;
  await world.run(producing, { maxMs: limitMs });
  const rows = await world.run(readAll(world, source), { maxMs: limitMs });
  await world.run(() => isCaughtUp(story, rows.length), { maxMs: limitMs });
  const expectedByKey = sumsOf(rows, windowKey);
  const expectedByGroup = sumsOf(rows, ({ row }) => row.group);
  checkSums('store by-key', windowsOf(story), expectedByKey);
  checkSums('store by-group', entriesOf(story), expectedByGroup);
  for (const app of story.apps.values()) await world.run(app.close(), { maxMs: limitMs });
  const keyRecords = await world.run(readAll(world, byKey), { maxMs: limitMs });
  const groupRecords = await world.run(readAll(world, byGroup), { maxMs: limitMs });
  if (!story.hadZombies) {
    checkSums(byKey, lastValues(keyRecords), expectedByKey);
    checkSums(byGroup, lastValues(groupRecords), expectedByGroup);
  }
  return {
    rows: rows.length,
    faults: story.faultCount,
    zombies: story.hadZombies ? 1 : 0,
    written: keyRecords.length + groupRecords.length,
  };
}

function startBroker(platform: SimulatedNode): Promise<Broker> {
  const settings = { groupInitialRebalanceDelayMs: 0, offsetsTopicNumPartitions: 2 };
  return createBroker({
    platform,
    directory: '/data',
    listen,
    insecureListen: true,
    flush: 'group',
    settings,
  });
}

function clientOn(platform: SimulatedNode): KafkaClient {
  const brokers = [`${listen.host}:${listen.port}`];
  return new KafkaClient({ platform, brokers, requestTimeoutMs: 2_000, apiTimeoutMs: 120_000 });
}

function topology(): Topology {
  const builder = new StreamBuilder();
  const rows = builder.from<string, Row>(source, { value: json<Row>() });
  rows
    .groupByKey()
    .windowed({ sizeMs: windowMs, graceMs: 0 })
    .fold(0, (sum, { n }) => sum + n, { store: 'by-key' })
    .emit('on-update')
    .map((sum, { key, startMs }) => [`${key}@${startMs}`, sum] as const)
    .to(byKey);
  rows
    .groupBy(({ group }) => group)
    .fold(0, (sum, { n }) => sum + n, { store: 'by-group' })
    .to(byGroup);
  return builder.build();
}

async function startApp(story: Story, platform: SimulatedNode): Promise<void> {
  const app = new StreamsApp({
    platform,
    applicationId: 'sums',
    topology: topology(),
    client: clientOn(platform),
    stateDirectory: '/state',
    commitIntervalMs: 20 + story.world.random.nextInt(200),
    sessionTimeoutMs: 6_000,
  });
  story.apps.set(platform.name, app);
  await story.world.run(app.start(), { maxMs: limitMs });
}

async function produceRows(story: Story, producer: Producer): Promise<void> {
  const { random } = story.world;
  const { scheduler } = story.world.node('writer');
  const open: Promise<unknown>[] = [];
  for (let index = 0; index < rowsMax && !story.isOver; index += 1) {
    const row: Row = { group: `g${random.nextInt(5)}`, n: 1 + random.nextInt(9) };
    const timestamp = firstMs + index * 900;
    const sent = producer.send({
      topic: source,
      key: `k${random.nextInt(7)}`,
      value: JSON.stringify(row),
      timestamp,
    });
    open.push(sent.catch(() => undefined)); // what is in the topic counts, whatever the writer heard
    if (random.chance(0.4)) await scheduler.sleep(random.nextFloat() * 60);
  }
  await Promise.all(open);
  await producer.close();
}

async function trouble(story: Story): Promise<void> {
  const { world } = story;
  const faultCount = 4 + world.random.nextInt(5);
  for (let index = 0; index < faultCount; index += 1) {
    await world.advance(world.random.nextFloat() * 1_500);
    story.faultCount += 1;
    const name = appNames[world.random.nextInt(appNames.length)] ?? appNames[0];
    await oneFault(story, name);
    await reviveFailed(story);
  }
}

async function oneFault(story: Story, name: string): Promise<void> {
  const { world } = story;
  const app = world.node(name);
  const kind = world.random.nextInt(8);
  switch (kind) {
    case 0:
    case 1:
      return restartApp(story, name, () => app.kill());
    case 2:
      return restartApp(story, name, () => app.crash());
    case 3:
      return restartApp(story, name, () => app.kill(), true);
    case 4:
      story.hadZombies = true;
      app.pause(world.random.nextInt(12_000));
      return;
    case 5:
      story.hadZombies = true;
      world.cut(name, brokerName);
      await world.advance(world.random.nextFloat() * 9_000);
      world.healAll();
      return;
    case 6:
      world.resetConnections(name, brokerName);
      return;
    default: {
      const broker = world.node(brokerName);
      if (world.random.chance(0.5)) broker.kill();
      else broker.crash();
      await world.advance(world.random.nextFloat() * 500);
      await world.run(startBroker(world.node(brokerName).restart()), { maxMs: limitMs });
    }
  }
}

async function restartApp(
  story: Story,
  name: string,
  stop: () => void,
  isWiped = false,
): Promise<void> {
  stop();
  await story.world.advance(story.world.random.nextFloat() * 400);
  await startApp(story, story.world.node(name).restart({ isWiped }));
}

/** What a process supervisor would do with an instance that gave up. */
async function reviveFailed(story: Story): Promise<void> {
  for (const [name, app] of story.apps) {
    if (app.state !== 'failed') continue;
    const node = story.world.node(name);
    await restartApp(story, name, () => node.kill());
  }
}

function isCaughtUp(story: Story, rowCount: number): boolean {
  const counts = [0, 0];
  for (const app of story.apps.values()) {
    for (const { subtopology, totals } of app.tasks()) {
      counts[subtopology] = (counts[subtopology] ?? 0) + totals.records;
      assert(totals.late === 0, 'no-row-is-late', { ...totals });
    }
  }
  return counts.every((count) => count === rowCount);
}

async function readAll(world: SimulatedWorld, topic: string): Promise<ConsumerRecord[]> {
  const client = clientOn(world.node('auditor'));
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({
    topic,
    partition,
  }));
  const queries = partitions.map((partition) => ({ ...partition, at: 'latest' as const }));
  const ends = await client.admin().listOffsets(queries);
  let missing = ends.reduce((sum, { offset }) => sum + offset, 0);
  const consumer = client.consumer({ autoOffsetReset: 'earliest' });
  consumer.assign(partitions);
  const records: ConsumerRecord[] = [];
  while (missing > 0) {
    const some = await consumer.poll({ timeoutMs: 1_000 });
    missing -= some.length;
    records.push(...some);
  }
  await client.close();
  return records;
}

interface ReadRow {
  readonly record: ConsumerRecord;
  readonly row: Row;
}

function windowKey({ record }: ReadRow): string {
  return `${String(record.key)}@${Math.floor(record.timestamp / windowMs) * windowMs}`;
}

function sumsOf(
  records: readonly ConsumerRecord[],
  keyOf: (read: ReadRow) => string,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const record of records) {
    const row = JSON.parse(String(record.value)) as Row;
    const key = keyOf({ record, row });
    sums.set(key, (sums.get(key) ?? 0) + row.n);
  }
  return sums;
}

function lastValues(records: readonly ConsumerRecord[]): Map<string, number> {
  return new Map(records.map(({ key, value }) => [String(key), Number(value)]));
}

function windowsOf({ apps }: Story): Map<string, number> {
  const stores = [...apps.values()].map((app) => app.store<string, number>('by-key'));
  const windows = stores.flatMap((store) => [...store.windows()]);
  return new Map(windows.map(([{ key, startMs }, sum]) => [`${key}@${startMs}`, sum]));
}

function entriesOf({ apps }: Story): Map<string, number> {
  const stores = [...apps.values()].map((app) => app.store<string, number>('by-group'));
  return new Map(stores.flatMap((store) => [...store.entries()]));
}

function checkSums(
  where: string,
  found: ReadonlyMap<string, number>,
  expected: ReadonlyMap<string, number>,
): void {
  for (const [key, sum] of expected) {
    assert(found.get(key) === sum, 'sum-is-right', { where, key, sum, found: found.get(key) });
  }
  assert(found.size === expected.size, 'no-key-too-many', { where, found: found.size });
}
