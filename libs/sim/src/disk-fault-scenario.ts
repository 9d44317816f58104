// One broker whose disk fails, or whose power goes, at the n-th disk operation, wherever that is: at the first start, while
// a topic is made, in an append, a roll, a commit, a recovery. Then the same machine with a sound disk.
// Invariants: those of the journal; a broker that cannot start says so with a code; the sound disk is enough to go on.

import { createBroker, type Broker } from '@drave/broker';
import { assert, type DiskFault, type DiskOperation, type SimulatedWorld } from '@drave/platform';
import {
  brokerName,
  brokerOptions,
  checkCommits,
  checkRecords,
  clientOn,
  partitionCount,
  partitionsOfTopic,
  readAll,
  readCommitted,
  topic,
  type Acknowledged,
} from './journal.js';
import type { Scenario, ScenarioFacts } from './run-simulation.js';

const recordsPerRound = 40;
const operationsMax = 260;
const limitMs = 300_000;
const operations: readonly DiskOperation[] = ['write', 'sync', 'open', 'sync-directory', 'rename'];

interface Story {
  readonly world: SimulatedWorld;
  readonly acknowledged: Acknowledged[];
  readonly committed: Map<number, number>;
  unknownCount: number;
  recordSerial: number;
}

export const diskFaultScenario: Scenario = { name: 'disk-fault', play };

async function play(world: SimulatedWorld): Promise<ScenarioFacts> {
  const story: Story = {
    world,
    acknowledged: [],
    committed: new Map(),
    unknownCount: 0,
    recordSerial: 0,
  };
  const isPowerCut = world.random.chance(0.5);
  const roundCount = 1 + world.random.nextInt(3);
  let hitCount = 0;
  for (let round = 0; round < roundCount; round += 1) {
    hitCount += isPowerCut ? await roundWithPowerCut(story) : await roundWithFault(story);
  }
  const broker = await world.run(start(world), { maxMs: limitMs });
  await world.run(work(story), { maxMs: limitMs });
  await audit(story);
  await world.run(broker.stop(), { maxMs: limitMs });
  world.node(brokerName).restart();
  await world.run(start(world), { maxMs: limitMs });
  await audit(story);
  const { acknowledged, unknownCount } = story;
  assert(acknowledged.length >= recordsPerRound, 'a-sound-disk-is-enough', { hitCount });
  return { acknowledged: acknowledged.length, unknown: unknownCount, faults: hitCount, roundCount };
}

function start(world: SimulatedWorld): Promise<Broker> {
  return createBroker(brokerOptions(world.node(brokerName), 'group'));
}

/** Works until the n-th disk operation from now, then the power goes. */
async function roundWithPowerCut(story: Story): Promise<number> {
  const { world } = story;
  const { faults } = world.node(brokerName).disk;
  const count = (): number => [...faults.counts.values()].reduce((sum, one) => sum + one, 0);
  const lastOperation = count() + 1 + world.random.nextInt(operationsMax);
  let isOver = false;
  const working = start(world)
    .then(() => work(story))
    .then(() => (isOver = true));
  working.catch((error: unknown) => assert(false, 'work-without-fault', { error: String(error) }));
  await world.run(() => isOver || count() >= lastOperation, { maxMs: limitMs });
  world.node(brokerName).crash();
  world.node('writer').crash();
  world.node(brokerName).restart();
  world.node('writer').restart();
  return isOver ? 0 : 1;
}

/** Works while one operation fails; then the broker stops or crashes, and the disk is sound again. */
async function roundWithFault(story: Story): Promise<number> {
  const { world } = story;
  const fault = failSomething(world);
  try {
    const broker = await world.run(start(world), { maxMs: limitMs });
    await world.run(work(story), { maxMs: limitMs });
    if (world.random.chance(0.5)) await world.run(broker.stop(), { maxMs: limitMs });
  } catch (error) {
    const hasCode = error instanceof Error && 'code' in error;
    assert(hasCode, 'error-has-a-code', { error: String(error) });
    assert(fault.hitCount > 0, 'fails-only-by-the-fault', { error: String(error) });
  }
  fault.remove();
  world.node(brokerName).restart();
  return fault.hitCount;
}

function failSomething(world: SimulatedWorld): DiskFault {
  const { random } = world;
  return world.node(brokerName).disk.fail({
    operation: operations[random.nextInt(operations.length)] ?? 'write',
    nth: 1 + random.nextInt(60),
    code: random.chance(0.5) ? 'EIO' : 'ENOSPC',
    isLasting: random.chance(0.3),
  });
}

/** Makes the topic if need be, sends records, commits an offset. Whatever the broker refuses stays without a promise. */
async function work(story: Story): Promise<void> {
  const { world } = story;
  const { scheduler } = world.node('writer');
  const client = clientOn(world.node('writer'), { patienceMs: 4_000 });
  await client
    .admin()
    .createTopics([{ topic, partitions: partitionCount }])
    .catch(() => undefined);
  const producer = client.producer({ lingerMs: 1, deliveryTimeoutMs: 4_000, maxBlockMs: 4_000 });
  const open: Promise<void>[] = [];
  for (let count = 0; count < recordsPerRound; count += 1) {
    const partition = count % partitionCount;
    const value = `${story.recordSerial++}:${'x'.repeat(world.random.nextInt(400))}`;
    const sent = producer.send({ topic, partition, value }).then(
      ({ offset }) => void story.acknowledged.push({ partition, offset, value }),
      () => void (story.unknownCount += 1),
    );
    open.push(sent);
    if (world.random.chance(0.3)) await scheduler.sleep(world.random.nextFloat() * 5);
  }
  await Promise.all(open);
  await commit(story, client);
  await client.close();
}

async function commit(story: Story, client: ReturnType<typeof clientOn>): Promise<void> {
  const offsets = partitionsOfTopic().map((one) => ({ ...one, offset: story.recordSerial }));
  try {
    await client.consumer({ groupId: 'readers' }).commit(offsets);
  } catch {
    for (const { partition } of offsets) story.committed.delete(partition); // either is right now
    return;
  }
  for (const { partition, offset } of offsets) story.committed.set(partition, offset);
}

async function audit({ world, acknowledged, committed }: Story): Promise<void> {
  checkRecords(acknowledged, await world.run(readAll(world), { maxMs: limitMs }));
  checkCommits(committed, await world.run(readCommitted(world), { maxMs: limitMs }));
}
