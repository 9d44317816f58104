// One broker and its clients under power cuts, kills, cut wires and resets, then peace.
// Invariants: an acknowledged record is there, once, at the offset that was acknowledged; records of one partition keep the
// order in which they were sent; an acknowledged commit is not lost; after the faults everything goes on by itself.
// Leaves out: disk errors (a broker then stops serving the partition, which needs a replica to go on).

import { createBroker, type Broker, type BrokerOptions } from '@drave/broker';
import type { KafkaClient, Consumer, Producer } from '@drave/client';
import type { SimulatedNode, SimulatedWorld } from '@drave/platform';
import {
  brokerName,
  brokerOptions,
  checkCommits,
  checkRecords,
  clientOn,
  eagerJournal,
  partitionCount,
  readAll,
  readCommitted,
  topic,
  type Acknowledged,
} from './journal.js';
import type { Scenario, ScenarioFacts } from './run-simulation.js';

const recordsMax = 3_000;
const limitMs = 300_000;
const quietMs = 5_000;

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

/** The same with commits through the shared journal, which crashes then find ahead of the segments. */
export const journalCrashScenario: Scenario = {
  name: 'journal-crash',
  play: (world) => play(world, 'group', eagerJournal),
};

type Start = (node: SimulatedNode) => Promise<Broker>;

async function play(
  world: SimulatedWorld,
  flush: 'group' | 'os',
  journal: BrokerOptions['journal'] = {},
): Promise<ScenarioFacts> {
  const startBroker: Start = (node) => createBroker({ ...brokerOptions(node, flush), journal });
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
  checkRecords(story.acknowledged, records);
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
