// A static member that dies in the midst of a cooperative rebalance: after it gave partitions back, before it joined again. It comes
// back without a rebalance, so nobody would hand them on until the next one.

import { describe, expect, it } from 'vitest';
import { silence, startTestBroker, type TestBroker } from '@drave/broker/testing';
import { nodePlatform, type Platform } from '@drave/platform';
import { KafkaClient, type Consumer } from '../src/index.js';

const sessionTimeoutMs = 60_000;

class StaticMember {
  readonly client: KafkaClient;
  readonly consumer: Consumer;
  readonly revoked: number[] = [];
  #isStopped = false;
  #done: Promise<void> = Promise.resolve();

  constructor(broker: TestBroker, instanceId: string) {
    this.client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
    this.consumer = this.client.consumer({
      groupId: 'g',
      topics: ['t'],
      instanceId,
      assignors: ['cooperative-sticky'],
      heartbeatIntervalMs: 10,
      sessionTimeoutMs,
      onRevoked: (partitions) => {
        this.revoked.push(...partitions.map(({ partition }) => partition));
      },
    });
    this.#done = this.#loop();
  }

  assigned(): number[] {
    return this.consumer
      .assignment()
      .map(({ partition }) => partition)
      .sort((a, b) => a - b);
  }

  async kill(): Promise<void> {
    this.#isStopped = true;
    this.client.abort();
    await this.#done;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    await this.client.close();
  }

  async #loop(): Promise<void> {
    while (!this.#isStopped) await this.consumer.poll({ timeoutMs: 10 }).catch(() => []);
  }
}

async function until(platform: Platform, condition: () => boolean): Promise<void> {
  while (!condition()) await platform.scheduler.sleep(5);
}

describe('a static member that dies between giving partitions back and joining again', () => {
  it.each([
    { who: 'the leader', members: ['a'], dying: 'a' },
    { who: 'a follower', members: ['c', 'b'], dying: 'b' },
  ])('orphans none of them, being $who', async ({ members, dying }) => {
    await using broker = await startTestBroker({ topics: { t: 4 } });
    const { platform } = broker;
    const alive = new Map<string, StaticMember>();
    const all = (): number[] => [...alive.values()].flatMap((member) => member.assigned());
    for (const instanceId of members) {
      alive.set(instanceId, new StaticMember(broker, instanceId));
      await until(platform, () =>
        [...alive.values()].every((member) => member.assigned().length === 4 / alive.size),
      );
    }
    const victim = alive.get(dying);
    victim?.revoked.splice(0);
    // From its revocation on its JoinGroup gets nowhere.
    using stuck = broker.intercept('JoinGroup', ({ groupInstanceId }) =>
      groupInstanceId === dying && victim?.revoked.length !== 0 ? silence() : undefined,
    );
    alive.set('z', new StaticMember(broker, 'z')); // the last one to be given anything
    await until(platform, () => stuck.hits > 0);
    await victim?.kill();
    stuck.dispose();
    alive.set(dying, new StaticMember(broker, dying));
    await until(platform, () => all().length === 4);
    expect(all().sort((one, other) => one - other)).toEqual([0, 1, 2, 3]);
    for (const member of alive.values()) await member.stop();
  });

  it('that simply comes back causes no rebalance', async () => {
    await using broker = await startTestBroker({ topics: { t: 4 } });
    const { platform } = broker;
    const one = new StaticMember(broker, 'one');
    const two = new StaticMember(broker, 'two');
    await until(platform, () => one.assigned().length === 2 && two.assigned().length === 2);
    const held = one.assigned();
    const { generation } = two.consumer.groupMetadata();
    await one.kill();
    using described = broker.intercept('DescribeGroups', () => undefined);
    const again = new StaticMember(broker, 'one');
    await until(platform, () => again.assigned().length === 2);
    await until(platform, () => broker.dump().requests.some(({ api }) => api === 'DescribeGroups'));
    await broker.groupReady('g', { members: 2 });
    expect(again.assigned()).toEqual(held);
    expect(two.consumer.groupMetadata().generation).toBe(generation);
    expect(described.hits).toBe(0);
    await again.stop();
    await two.stop();
  });
});
