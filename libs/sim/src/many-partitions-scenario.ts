// One broker with two hundred partitions, written to in bursts over a few, some or all of them, under power cuts and kills in the midst.
// Whether a round of commits goes through the shared journal is what its measured costs say, as in production: both ways happen in one run.
// Invariants: those of the journal topic's audit: what was acknowledged is there, once, in order. Leaves out: groups (broker-crash-scenario.ts).

import { createBroker, type Broker } from '@drave/broker';
import type { Producer } from '@drave/client';
import type { SimulatedWorld } from '@drave/platform';
import {
  brokerName,
  brokerOptions,
  checkRecords,
  clientOn,
  readAll,
  topic,
  type Acknowledged,
} from './journal.js';
import type { Scenario, ScenarioFacts } from './run-simulation.js';

const partitionCount = 200;
const burstCount = 8;
/** Partitions of a burst: below, between and above what the journal's rule has fixed numbers for. */
const widths = [1, 3, 12, 24, 60, partitionCount];
const limitMs = 300_000;
/** Small files, so that the journal is recycled too; when it is used is not told. */
const journal = { partBytes: 128 * 1024, roundBytesMax: 64 * 1024 };

interface Story {
  readonly world: SimulatedWorld;
  readonly acknowledged: Acknowledged[];
  unknownCount: number;
  serial: number;
}

export const manyPartitionsScenario: Scenario = manyPartitions({ flush: 'group' });

/** With `flush: 'os'` power cuts do lose acknowledged records: the way to see that the checks see something. */
export function manyPartitions(options: { readonly flush: 'group' | 'os' }): Scenario {
  return { name: 'many-partitions', play: (world) => play(world, options.flush) };
}

async function play(world: SimulatedWorld, flush: 'group' | 'os'): Promise<ScenarioFacts> {
  const start = (): Promise<Broker> =>
    world.run(createBroker({ ...brokerOptions(world.node(brokerName), flush), journal }), {
      maxMs: limitMs,
    });
  const story: Story = { world, acknowledged: [], unknownCount: 0, serial: 0 };
  await start();
  const client = clientOn(world.node('writer'));
  await world.run(client.admin().createTopics([{ topic, partitions: partitionCount }]), {
    maxMs: limitMs,
  });
  const producer = client.producer({ lingerMs: 1 });
  const faultCount = 2 + world.random.nextInt(2);
  for (let fault = 0; fault < faultCount; fault += 1) {
    const working = bursts(story, producer);
    working.catch(() => undefined); // awaited below
    await world.advance(world.random.nextFloat() * 120);
    if (world.random.chance(0.7)) world.node(brokerName).crash();
    else world.node(brokerName).kill();
    world.node(brokerName).restart();
    await start();
    await world.run(working, { maxMs: limitMs });
  }
  await world.run(producer.close(), { maxMs: limitMs });
  world.node(brokerName).crash();
  world.node(brokerName).restart();
  await start();
  const records = await world.run(readAll(world, partitionCount), { maxMs: limitMs });
  checkRecords(story.acknowledged, records);
  return {
    acknowledged: story.acknowledged.length,
    unknown: story.unknownCount,
    faults: faultCount + 1,
    records: records.length,
  };
}

/** Sends to one up to all partitions at once, again and again, without waiting for the answers. */
async function bursts(story: Story, producer: Producer): Promise<void> {
  const { random } = story.world;
  const { scheduler } = story.world.node('writer');
  const open: Promise<void>[] = [];
  for (let burst = 0; burst < burstCount; burst += 1) {
    const width = widths[random.nextInt(widths.length)] ?? partitionCount;
    const first = random.nextInt(partitionCount);
    for (let index = 0; index < width; index += 1) {
      const partition = (first + index) % partitionCount;
      const value = `${story.serial++}:${'x'.repeat(random.nextInt(200))}`;
      const sent = producer.send({ topic, partition, value }).then(
        ({ offset }) => void story.acknowledged.push({ partition, offset, value }),
        () => void (story.unknownCount += 1),
      );
      open.push(sent);
    }
    await scheduler.sleep(random.nextFloat() * 20);
  }
  await Promise.all(open);
}
