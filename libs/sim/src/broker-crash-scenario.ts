// One broker and its clients under power cuts, kills, cut wires and resets, then peace.
// Invariants: an acknowledged record is there, once, at the offset that was acknowledged; records of one partition keep the
// order in which they were sent; an acknowledged commit is not lost; after the faults everything goes on by itself.
// Leaves out: disk errors (a broker then stops serving the partition, which needs a replica to go on).

import { createBroker, type Broker, type BrokerOptions } from '@drave/broker';
import { KafkaClient, type Consumer, type ConsumerRecord, type Producer } from '@drave/client';
import { assert, type SimulatedNode, type SimulatedWorld } from '@drave/platform';
import type { Scenario, ScenarioFacts } from './run-simulation.js';

const topic = 'journal';
const partitionCount = 3;
const recordsMax = 3_000;
const brokerName = 'broker';
const listen = { host: brokerName, port: 9092 };
const limitMs = 300_000;
const quietMs = 5_000;

interface Acknowledged {
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

interface Story {
  readonly world: SimulatedWorld;
  readonly acknowledged: Acknowledged[];
  /** Sends whose outcome is open after all retries; their records may be there or not. */
  unknownCount: number;
  faultCount: number;
  isOver: boolean;
}

export const brokerCrashScenario: Scenario = brokerCrash({ flush: 'group' });

/** With `flush: 'os'` power cuts do lose acknowledged records: the way to see that the checks see something. */
export function brokerCrash(options: { readonly flush: 'group' | 'os' }): Scenario {
  return { name: 'broker-crash', play: (world) => play(world, options.flush) };
}

type Start = (node: SimulatedNode) => Promise<Broker>;

async function play(world: SimulatedWorld, flush: 'group' | 'os'): Promise<ScenarioFacts> {
  const startBroker: Start = (node) => createBroker(brokerOptions(node, flush));
  world.setLatency({ minMs: 0.05, maxMs: 0.2 + world.random.nextFloat() * 3 });
  await world.run(startBroker(world.node(brokerName)));
  const story: Story = {
    world,
    acknowledged: [],
    unknownCount: 0,
    faultCount: 0,
    isOver: false,
  };
  const writer = clientOn(world.node('writer'));
  await world.run(writer.admin().createTopics([{ topic, partitions: partitionCount }]));
  const producing = produceAll(story, writer.producer({ lingerMs: 1 }));
  producing.catch(() => undefined); // awaited below
  const groupReader = new GroupReader(world);
  const reading = groupReader.run();
  reading.catch(() => undefined); // awaited below
  await trouble(story, startBroker);
  world.healAll();
  await world.advance(500);
  story.isOver = true;
  await world.run(producing, { maxMs: limitMs });
  await world.run(() => groupReader.seenCount >= story.acknowledged.length, { maxMs: limitMs });
  // A commit that a cut wire held back may still arrive and undo a later one, as with Kafka; the last one has none behind it.
  await world.advance(quietMs);
  await world.run(groupReader.stop(reading), { maxMs: limitMs });
  world.node(brokerName).crash();
  await world.run(startBroker(world.node(brokerName).restart()), { maxMs: limitMs });
  const records = await world.run(readAll(world), { maxMs: limitMs });
  checkRecords(story, records);
  const committed = await world.run(readCommitted(world), { maxMs: limitMs });
  checkCommits(groupReader.committedByPartition, committed);
  return {
    acknowledged: story.acknowledged.length,
    unknown: story.unknownCount,
    faults: story.faultCount,
    records: records.length,
    reads: groupReader.seenCount,
  };
}

function brokerOptions(platform: SimulatedNode, flush: 'group' | 'os'): BrokerOptions {
  const settings = { groupInitialRebalanceDelayMs: 0, offsetsTopicNumPartitions: 2 };
  return { platform, directory: '/data', listen, flush, settings };
}

function clientOn(platform: SimulatedNode): KafkaClient {
  const brokers = [`${listen.host}:${listen.port}`];
  return new KafkaClient({ platform, brokers, requestTimeoutMs: 2_000, apiTimeoutMs: 120_000 });
}

/** Sends numbered records with pauses, without waiting for their answers, until the trouble is over. */
async function produceAll(story: Story, producer: Producer): Promise<void> {
  const { random } = story.world;
  const { scheduler } = story.world.node('writer');
  const open: Promise<void>[] = [];
  for (let index = 0; index < recordsMax && !story.isOver; index += 1) {
    const partition = index % partitionCount;
    const value = `${index}:${'x'.repeat(random.nextInt(400))}`;
    const sent = producer.send({ topic, partition, value }).then(
      ({ offset }) => void story.acknowledged.push({ partition, offset, value }),
      () => void (story.unknownCount += 1),
    );
    open.push(sent);
    if (random.chance(0.5)) await scheduler.sleep(random.nextFloat() * 40);
  }
  await Promise.all(open);
  await producer.close();
}

/** Three to six faults, one after another, while the clients work. */
async function trouble(story: Story, startBroker: Start): Promise<void> {
  const { world } = story;
  const faultCount = 3 + world.random.nextInt(4);
  for (let index = 0; index < faultCount; index += 1) {
    await world.advance(world.random.nextFloat() * 400);
    story.faultCount += 1;
    const broker = world.node(brokerName);
    switch (world.random.nextInt(6)) {
      case 0:
      case 1:
        await downFor(world, startBroker, () => broker.crash());
        break;
      case 2:
        await downFor(world, startBroker, () => broker.kill());
        break;
      case 3:
        world.resetConnections('writer', brokerName);
        break;
      case 4:
        broker.pause(world.random.nextInt(1_500));
        break;
      default:
        if (world.random.chance(0.5)) world.cut(brokerName, 'writer');
        else world.cut('reader', brokerName);
        await world.advance(world.random.nextFloat() * 5_000);
        world.healAll();
    }
  }
}

async function downFor(world: SimulatedWorld, startBroker: Start, stop: () => void): Promise<void> {
  stop();
  await world.advance(world.random.nextFloat() * 500);
  await world.run(startBroker(world.node(brokerName).restart()), { maxMs: limitMs });
}

/** A member of a group that reads and commits all the time. */
class GroupReader {
  seenCount = 0;
  readonly committedByPartition = new Map<number, number>();
  readonly #client: KafkaClient;
  readonly #consumer: Consumer;
  readonly #values = new Set<string>();
  readonly #positions = new Map<number, number>();
  #isStopping = false;

  constructor(world: SimulatedWorld) {
    this.#client = clientOn(world.node('reader'));
    this.#consumer = this.#client.consumer({ groupId: 'readers', autoOffsetReset: 'earliest' });
    this.#consumer.subscribe([topic]);
  }

  async run(): Promise<void> {
    const positions = this.#positions;
    while (!this.#isStopping) {
      const records = await this.#consumer.poll({ timeoutMs: 200 });
      for (const { partition, offset, value } of records) {
        positions.set(partition, offset + 1);
        this.#values.add(String(value));
      }
      this.seenCount = this.#values.size;
      if (records.length > 0) await this.#commit(positions);
    }
  }

  async stop(reading: Promise<void>): Promise<void> {
    this.#isStopping = true;
    await reading;
    await this.#commit(this.#positions);
    await this.#client.close();
  }

  /** A commit refused by a rebalance is no promise; the records are read again. */
  async #commit(positions: ReadonlyMap<number, number>): Promise<void> {
    const offsets = [...positions].map(([partition, offset]) => ({ topic, partition, offset }));
    try {
      await this.#consumer.commit(offsets);
    } catch {
      return;
    }
    for (const { partition, offset } of offsets) this.committedByPartition.set(partition, offset);
  }
}

function partitionsOfTopic(): { topic: string; partition: number }[] {
  return Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition }));
}

async function readCommitted(world: SimulatedWorld): Promise<(number | undefined)[]> {
  const client = clientOn(world.node('auditor'));
  const found = await client.consumer({ groupId: 'readers' }).committed(partitionsOfTopic());
  await client.close();
  return found.map((one) => one?.offset);
}

/** Everything in the topic, read by hand from its beginning to the end it has now. */
async function readAll(world: SimulatedWorld): Promise<ConsumerRecord[]> {
  const client = clientOn(world.node('auditor'));
  const partitions = partitionsOfTopic();
  const ends = await client
    .admin()
    .listOffsets(partitions.map((partition) => ({ ...partition, at: 'latest' as const })));
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

function checkRecords(story: Story, records: readonly ConsumerRecord[]): void {
  const byPlace = new Map(records.map((one) => [`${one.partition}/${one.offset}`, one]));
  for (const { partition, offset, value } of story.acknowledged) {
    const found = byPlace.get(`${partition}/${offset}`)?.value?.toString();
    assert(found === value, 'acknowledged-record-is-there', { partition, offset, value, found });
  }
  const values = records.map((one) => String(one.value));
  assert(new Set(values).size === values.length, 'no-record-twice', { count: values.length });
  const lastIndex = new Map<number, number>();
  for (const { partition, offset, value } of records) {
    const index = Number.parseInt(String(value), 10);
    const before = lastIndex.get(partition) ?? -1;
    assert(index > before, 'order-within-partition', { partition, offset, index, before });
    lastIndex.set(partition, index);
  }
}

function checkCommits(
  acknowledged: ReadonlyMap<number, number>,
  committed: readonly (number | undefined)[],
): void {
  for (const [partition, offset] of acknowledged) {
    const found = committed[partition];
    assert(found === offset, 'acknowledged-commit-is-there', { partition, offset, found });
  }
}
