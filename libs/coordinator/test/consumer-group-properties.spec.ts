// Random histories of several members of one consumer group (KIP-848), with lost answers, silence, restarts of the coordinator and
// refused appends. Protects: no partition has two owners among the members of the group at any time; once members go on and
// nothing fails, the group becomes stable with every partition owned and shares level.

import { errorByCode } from '@drave/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type ConsumerHeartbeatInput, GroupCoordinator } from '../src/index.js';
import { type TopicPartitions, fromList, noPartitions, toList } from '../src/topic-partitions.js';
import { ManualWorld, MemoryOffsetsLog, MemoryTopics, settle } from './manual-world.js';

const clientCount = 4;

type Step =
  | { readonly do: 'join' | 'leave' | 'away'; readonly who: number }
  /** `acks`: lists what it owns; `lost`: the answer does not arrive. */
  | { readonly do: 'beat'; readonly who: number; readonly acks: boolean; readonly lost: boolean }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'grow' | 'recreate' | 'restart' | 'refuse-append' };

const who = fc.nat({ max: clientCount - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('join', 'leave', 'away'), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('join' as const), who }) },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('beat' as const),
      who,
      acks: fc.boolean(),
      lost: fc.nat({ max: 5 }).map((roll) => roll === 0),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(20_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('grow', 'recreate', 'restart', 'refuse-append'),
    }),
  },
);

/** A client that obeys: it owns what it was told, and no longer what it does not list. */
interface Client {
  readonly instance: string | null;
  memberId: string;
  epoch: number;
  owned: TopicPartitions;
  /** Its last answer got lost: the next request says everything. */
  isInDoubt: boolean;
}

class History {
  readonly world = new ManualWorld();
  readonly log = new MemoryOffsetsLog();
  readonly topics = new MemoryTopics();
  coordinator = this.#build();
  readonly #clients: readonly Client[] = Array.from({ length: clientCount }, (_, i) => ({
    instance: i >= 2 ? `i${i}` : null,
    memberId: '',
    epoch: -1,
    owned: noPartitions,
    isInDoubt: false,
  }));
  #partitionCount = 5;
  #names = 0;
  readonly violations: string[] = [];
  handOvers = 0;
  removed = 0;

  async start(): Promise<void> {
    this.topics.set('a', this.#partitionCount);
    this.topics.set('b', 3);
    await this.coordinator.start();
  }

  #build(): GroupCoordinator {
    return new GroupCoordinator({
      platform: this.world.platform,
      writer: this.log,
      partitionCount: 1,
      settings: { offsetsCheckIntervalMs: 2 ** 31 },
      topics: this.topics,
    });
  }

  async apply(next: Step): Promise<void> {
    switch (next.do) {
      case 'join':
        await this.#join(this.#client(next.who));
        break;
      case 'leave':
      case 'away':
        await this.#quit(this.#client(next.who), next.do);
        break;
      case 'beat':
        await this.#beat(this.#client(next.who), next);
        break;
      case 'advance':
        await this.world.advance(next.ms);
        break;
      case 'grow':
        this.#partitionCount += 1;
        this.topics.set('a', this.#partitionCount);
        this.coordinator.onTopicsChanged();
        break;
      case 'recreate':
        this.topics.delete('b');
        this.topics.set('b', 3);
        this.coordinator.onTopicDeleted('b');
        break;
      case 'restart':
        this.coordinator.stop();
        await settle();
        this.coordinator = this.#build();
        await this.coordinator.start();
        break;
      case 'refuse-append':
        this.log.failNext = new Error('refused');
        break;
    }
    await settle();
    await this.#checkOwners();
  }

  /** All members go on without failures, until those that are gone have lapsed too; returns what the group has come to. */
  async converge() {
    this.log.failNext = undefined;
    for (const client of this.#clients) if (client.epoch < 0) await this.#join(client);
    for (let round = 0; round < 18; round += 1) {
      await this.world.advance(4000);
      for (const client of this.#clients) {
        if (client.epoch < 0) await this.#join(client);
        await this.#beat(client, { acks: true, lost: false });
        await this.#checkOwners();
      }
    }
    const [group] = await this.coordinator.consumerGroupDescribe(['g']);
    const shares = (group?.members ?? []).map(({ assignment }) =>
      assignment.topicPartitions.reduce((sum, { partitions }) => sum + partitions.length, 0),
    );
    return { state: group?.groupState, shares, partitions: this.#partitionCount + 3 };
  }

  #client(index: number): Client {
    const client = this.#clients[index];
    if (!client) throw new Error(`no client ${index}`);
    return client;
  }

  async #join(client: Client): Promise<void> {
    if (client.epoch > 0) return;
    // A process that starts owns nothing and makes itself a new id.
    client.memberId = `m${(this.#names += 1)}`;
    client.owned = noPartitions;
    client.epoch = 0;
    await this.#send(client, { acks: true, lost: false });
  }

  async #quit(client: Client, how: 'leave' | 'away'): Promise<void> {
    if (client.epoch <= 0) return;
    const isAway = how === 'away' && client.instance !== null;
    client.epoch = isAway ? -2 : -1;
    client.owned = noPartitions;
    await this.#send(client, { acks: false, lost: true });
    client.epoch = -1;
  }

  async #beat(client: Client, how: { acks: boolean; lost: boolean }): Promise<void> {
    if (client.epoch >= 0) await this.#send(client, how);
  }

  async #send(client: Client, { acks, lost }: { acks: boolean; lost: boolean }): Promise<void> {
    const saysAll = client.epoch === 0 || client.isInDoubt;
    const request: ConsumerHeartbeatInput = {
      apiVersion: 1,
      groupId: 'g',
      memberId: client.memberId,
      memberEpoch: client.epoch,
      instanceId: saysAll || client.epoch < 0 ? client.instance : null,
      rackId: null,
      rebalanceTimeoutMs: saysAll ? 15_000 : -1,
      subscribedTopicNames: saysAll ? ['a', 'b'] : null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: saysAll || acks ? toList(client.owned) : null,
    };
    const from = { clientId: 'c', clientHost: '/h' };
    const reply = await this.coordinator.consumerGroupHeartbeat(request, from);
    if (lost) {
      client.isInDoubt = true;
      return;
    }
    const error = errorByCode(reply.errorCode).name;
    if (error === 'NONE') {
      client.isInDoubt = false;
      client.epoch = reply.memberEpoch;
      if (!reply.assignment) return;
      const told = fromList(reply.assignment.topicPartitions);
      if (client.owned.size > 0) this.handOvers += 1;
      client.owned = told;
    } else if (error === 'FENCED_MEMBER_EPOCH') {
      client.epoch = 0;
      client.owned = noPartitions;
    } else if (error === 'UNKNOWN_MEMBER_ID' || error === 'GROUP_ID_NOT_FOUND') {
      this.removed += 1;
      client.epoch = -1;
      client.owned = noPartitions;
    } else if (error === 'FENCED_INSTANCE_ID' || error === 'UNRELEASED_INSTANCE_ID') {
      client.epoch = -1;
      client.owned = noPartitions;
    } else {
      client.isInDoubt = true;
    }
  }

  /** Among those whom the group has as members: others were removed, and know it at their next heartbeat. */
  async #checkOwners(): Promise<void> {
    const [group] = await this.coordinator.consumerGroupDescribe(['g']);
    const members = new Set(group?.members.map(({ memberId }) => memberId));
    const owners = new Map<string, string>();
    for (const { memberId, owned } of this.#clients) {
      if (!members.has(memberId)) continue;
      for (const { topicId, partitions } of toList(owned)) {
        for (const partition of partitions) {
          const key = `${topicId}/${partition}`;
          const other = owners.get(key);
          if (other) this.violations.push(`${key} owned by ${other} and ${memberId}`);
          owners.set(key, memberId);
        }
      }
    }
  }
}

test('no partition has two owners, and the group settles once its members go on', async () => {
  let handOvers = 0;
  let refused = 0;
  let removed = 0;
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 10, maxLength: 60 }),
    async (steps) => {
      const history = new History();
      await history.start();
      for (const next of steps) await history.apply(next);
      const { state, shares, partitions } = await history.converge();
      expect(history.violations).toEqual([]);
      expect(history.world.logged.filter((line) => line.startsWith('coordinator-failed'))).toEqual(
        [],
      );
      expect(state).toBe('Stable');
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(partitions);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      handOvers += history.handOvers;
      refused += history.log.failedCount;
      removed += history.removed;
    },
  );
  await fc.assert(property, { numRuns: Number(process.env['DRAVE_PROPERTY_RUNS'] ?? 200) });
  // The histories reached what they are about.
  expect(handOvers).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(0);
  expect(removed).toBeGreaterThan(0);
});
