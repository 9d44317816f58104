// A member is evicted on two proofs of its death, never on one: as a rule in itself, and over real sockets.

import { ApiKey } from '@drave/protocol';
import { describe, expect, it, vi } from 'vitest';
import type { ClientInfo } from '../src/client-info.js';
import { createBroker } from '../src/index.js';
import { MemberEvidence } from '../src/member-evidence.js';
import { memoryPlatform } from '@drave/platform';
import { startTestBroker } from '../src/testing/index.js';
import { RawClient } from './raw-client.js';

function connection(): ClientInfo & { close(): void; readonly listenerCount: number } {
  const callbacks = new Set<() => void>();
  return {
    host: 'h',
    endpoints: [],
    onClosed(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    mute: () => undefined,
    close: () => {
      for (const callback of [...callbacks]) callback();
    },
    get listenerCount() {
      return callbacks.size;
    },
  };
}

describe('evidence of death', () => {
  function open(membersMax = 100) {
    const evicted: string[] = [];
    const evidence = new MemberEvidence({
      evict: (groupId, memberId) => evicted.push(`${groupId}/${memberId}`),
      membersMax,
    });
    return { evidence, evicted };
  }

  it.each([['lease first'], ['connection first']])('evicts once both have come: %s', (order) => {
    const { evidence, evicted } = open();
    const client = connection();
    evidence.heard('g', 'm', client);
    const proofs = [() => evidence.leaseLapsed('g', 'm'), () => client.close()];
    if (order === 'connection first') proofs.reverse();
    proofs[0]?.();
    expect(evicted).toEqual([]);
    proofs[1]?.();
    expect(evicted).toEqual(['g/m']);
    evidence.leaseLapsed('g', 'm');
    client.close();
    expect(evicted).toEqual(['g/m']);
  });

  it('is taken back by a new connection or a lease that holds again', () => {
    const { evidence, evicted } = open();
    const [first, second] = [connection(), connection()];
    evidence.heard('g', 'm', first);
    first.close();
    evidence.heard('g', 'm', second);
    evidence.leaseLapsed('g', 'm');
    expect(evicted).toEqual([]);
    evidence.leaseHeld('g', 'm');
    second.close();
    expect(evicted).toEqual([]);
  });

  it('counts the newest connection alone', () => {
    const { evidence, evicted } = open();
    const [first, second] = [connection(), connection()];
    evidence.heard('g', 'm', first);
    evidence.heard('g', 'm', second);
    evidence.leaseLapsed('g', 'm');
    first.close();
    expect(evicted).toEqual([]);
    expect(first.listenerCount).toBe(0);
    second.close();
    expect(evicted).toEqual(['g/m']);
  });

  it('says nothing of members never heard of, nor of others', () => {
    const { evidence, evicted } = open();
    const client = connection();
    evidence.leaseLapsed('g', 'unheard');
    evidence.leaseLapsed('g', '');
    evidence.heard('g', '', client);
    evidence.heard('g', 'm', client);
    evidence.leaseLapsed('other', 'm');
    client.close();
    expect(evicted).toEqual([]);
  });

  it('remembers a bounded number of members', () => {
    const { evidence, evicted } = open(3);
    const client = connection();
    for (const member of ['a', 'b', 'c', 'd']) evidence.heard('g', member, client);
    expect(client.listenerCount).toBe(3);
    client.close();
    for (const member of ['a', 'b', 'c', 'd']) evidence.leaseLapsed('g', member);
    expect(evicted).not.toContain('g/a');
    expect(evicted).toContain('g/d');
  });
});

describe('a broker that hears of leases', () => {
  it('gives the tasks of a dead member away long before its session ends', async () => {
    const platform = memoryPlatform();
    const listen = { host: '127.0.0.1', port: 0 };
    const settings = { groupInitialRebalanceDelayMs: 0 };
    const broker = await createBroker({ platform, listen, settings });
    const client = await RawClient.connect(broker.address.port);
    const observer = await RawClient.connect(broker.address.port);
    const members = async () => {
      const { groups } = await observer.request(ApiKey.describeGroups, 5, { groups: ['g'] });
      return groups[0]?.members.map(({ memberId }) => memberId);
    };
    const joined = await client.request(ApiKey.joinGroup, 3, {
      groupId: 'g',
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 60_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('') }],
    });
    const { memberId, generationId } = joined;
    const assignments = [{ memberId, assignment: Buffer.from('mine') }];
    await client.request(ApiKey.syncGroup, 3, {
      groupId: 'g',
      generationId,
      memberId,
      assignments,
    });
    broker.reportLease('g', memberId, 'lapsed');
    expect(await members()).toEqual([memberId]);
    await client[Symbol.asyncDispose]();
    await vi.waitUntil(async () => (await members())?.length === 0, { timeout: 20_000 });
    await observer[Symbol.asyncDispose]();
    await broker.stop();
  });
  it.each([0, 1])('does so in a consumer group (KIP-848), version %d', async (version) => {
    await using kit = await startTestBroker({ topics: { a: 2 } });
    const { broker } = kit;
    const key = ApiKey.consumerGroupHeartbeat;
    const beat = (client: RawClient, memberId: string, memberEpoch = 0) =>
      client.request(key, version, {
        groupId: 'g',
        memberId,
        memberEpoch,
        rebalanceTimeoutMs: 60_000,
        subscribedTopicNames: ['a'],
        topicPartitions: memberEpoch === 0 ? [] : null,
      });
    const dying = await RawClient.connect(kit.port);
    await using staying = await RawClient.connect(kit.port);
    const dead = (await beat(dying, version === 0 ? '' : 'dead')).memberId ?? '';
    const joined = await beat(staying, version === 0 ? '' : 'stays');
    const stays = joined.memberId ?? '';
    let epoch = joined.memberEpoch;
    const members = async () => {
      const request = { groupIds: ['g'], includeAuthorizedOperations: false };
      const { groups } = await staying.request(ApiKey.consumerGroupDescribe, 0, request);
      return groups[0]?.members.map(({ memberId }) => memberId).sort();
    };
    for (const member of [dead, stays]) broker.reportLease('g', member, 'lapsed');
    expect(await members()).toEqual([dead, stays].sort());
    await dying[Symbol.asyncDispose]();
    await vi.waitUntil(async () => (await members())?.length === 1, { timeout: 20_000 });
    expect(await members()).toEqual([stays]);
    // Its partitions go to the other one at its next heartbeat.
    await vi.waitUntil(
      async () => {
        const answer = await beat(staying, stays, epoch);
        epoch = answer.memberEpoch;
        return answer.assignment?.topicPartitions[0]?.partitions.length === 2;
      },
      { timeout: 20_000 },
    );
  });
});
