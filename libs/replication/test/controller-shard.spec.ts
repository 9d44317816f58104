// The controller shard: what may be created, what replay makes of the records.
import { describe, expect, it } from 'vitest';
import { limits } from '@drave/contracts';
import { ControllerShard, type CreateTopicInput, type Decision } from '../src/index.js';

const topic = (name: string, topicId = `id-${name}`): CreateTopicInput => ({
  name,
  topicId,
  partitionCount: 2,
  replicationFactor: 1,
  configs: new Map([['retention.ms', '1000']]),
});

function apply<Reply>(shard: ControllerShard, decision: Decision<Reply>): Reply {
  for (const record of decision.records) shard.replay(record);
  return decision.reply;
}

describe('ControllerShard', () => {
  it('decides without changing anything; replay does', () => {
    const shard = new ControllerShard();
    const decision = shard.decideCreateTopic(topic('a'), 5);
    expect(shard.topicsByName.size).toBe(0);
    apply(shard, decision);
    expect(shard.topicsByName.get('a')).toEqual(decision.reply);
    expect(shard.topicsById.get('id-a')?.configs.get('retention.ms')).toBe('1000');
    expect(shard.partitionCount).toBe(2);
  });

  it('refuses a taken name and one that differs only in dots and underscores', () => {
    const shard = new ControllerShard();
    apply(shard, shard.decideCreateTopic(topic('a.b'), 0));
    expect(shard.decideCreateTopic(topic('a.b', 'x'), 0).reply).toMatchObject({
      error: 'TOPIC_ALREADY_EXISTS',
    });
    expect(shard.decideCreateTopic(topic('a_b', 'x'), 0).reply).toMatchObject({
      error: 'INVALID_TOPIC_EXCEPTION',
    });
  });

  it('frees name, collision and partitions on deletion and remembers the id', () => {
    const shard = new ControllerShard();
    apply(shard, shard.decideCreateTopic(topic('a.b'), 0));
    apply(shard, shard.decideDeleteTopic('id-a.b'));
    expect(shard.partitionCount).toBe(0);
    expect(shard.deletedTopicIds.has('id-a.b')).toBe(true);
    expect(shard.decideCreateTopic(topic('a_b', 'x'), 0).records).toHaveLength(1);
    expect(shard.decideDeleteTopic('id-a.b').reply).toMatchObject({ error: 'UNKNOWN_TOPIC_ID' });
  });

  it('hands out producer ids in blocks that never overlap', () => {
    const shard = new ControllerShard();
    const first = apply(shard, shard.decideAllocateProducerIds());
    const second = apply(shard, shard.decideAllocateProducerIds());
    expect(first).toEqual({ first: 0, count: limits.producerIdBlock });
    expect(second.first).toBe(limits.producerIdBlock);
  });

  it('a name such as __proto__ is a name like any other', () => {
    const shard = new ControllerShard();
    apply(shard, shard.decideCreateTopic(topic('__proto__'), 0));
    expect(shard.topicsByName.get('__proto__')?.partitionCount).toBe(2);
    expect(shard.topicsByName.get('constructor')).toBeUndefined();
  });

  it('stops at a record of an unknown version', () => {
    const shard = new ControllerShard();
    const record = { kind: 'topic-deleted', version: 2, topicId: 'x' };
    expect(() => shard.replay(record as never)).toThrow('metadata-record-version');
  });
});
