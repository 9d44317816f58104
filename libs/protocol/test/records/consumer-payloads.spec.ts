import { createRequire } from 'node:module';
import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  ProtocolError,
} from '../../src/index.js';

const kafkajs = createRequire(import.meta.url)('kafkajs') as typeof import('kafkajs');

const subscription = {
  version: 3,
  topics: ['flights', 'weather'],
  userData: Buffer.from('mine'),
  ownedPartitions: [{ topic: 'flights', partitions: [0, 2] }],
  generationId: 7,
  rackId: 'r1',
};
const assignment = {
  version: 1,
  partitions: [
    { topic: 'flights', partitions: [0, 1, 2] },
    { topic: 'weather', partitions: [5] },
  ],
  userData: Buffer.from('u'),
};

describe('subscriptions', () => {
  it.each([0, 1, 2, 3])('of version %i come back with what that version carries', (version) => {
    expect(decodeSubscription(encodeSubscription({ ...subscription, version }))).toEqual({
      ...subscription,
      version,
      ownedPartitions: version >= 1 ? subscription.ownedPartitions : [],
      generationId: version >= 2 ? 7 : -1,
      rackId: version >= 3 ? 'r1' : null,
    });
  });

  it('lie on the wire as Kafka lays them out', () => {
    expect(encodeSubscription({ ...subscription, topics: ['t'] }).toString('hex')).toBe(
      '0003' + // version
        '00000001' +
        '0001' +
        '74' + // topics
        '00000004' +
        '6d696e65' + // user data
        '00000001' +
        '0007' +
        '666c6967687473' +
        '00000002' +
        '00000000' +
        '00000002' + // owned
        '00000007' + // generation
        '0002' +
        '7231', // rack
    );
  });

  it('go both ways with @platformatic/kafka', () => {
    for (const version of [0, 1, 2, 3]) {
      const input = { ...subscription, version };
      const ours = encodeSubscription(input);
      expect(Buffer.from(encodeConsumerProtocolSubscription(input))).toEqual(ours);
      expect(decodeConsumerProtocolSubscription(ours)).toMatchObject({
        version,
        topics: subscription.topics,
      });
    }
  });

  it('of kafkajs are read, and ours by it', () => {
    const theirs = kafkajs.AssignerProtocol.MemberMetadata.encode({
      version: 1,
      topics: ['flights'],
      userData: Buffer.alloc(0),
    });
    expect(decodeSubscription(theirs)).toEqual({
      version: 1,
      topics: ['flights'],
      userData: Buffer.alloc(0),
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    });
    const ours = encodeSubscription({ topics: ['a', 'b'], userData: Buffer.alloc(0) });
    expect(kafkajs.AssignerProtocol.MemberMetadata.decode(ours)?.topics).toEqual(['a', 'b']);
  });

  it('of a newer version are read as the newest known', () => {
    const newer = Buffer.concat([encodeSubscription(subscription), Buffer.from('more')]);
    newer.writeInt16BE(9, 0);
    expect(decodeSubscription(newer)).toEqual({ ...subscription, version: 9 });
  });

  it('cut anywhere are damaged or lack whole trailing fields, and throw nothing else', () => {
    const whole = encodeSubscription(subscription);
    const accepted: number[] = [];
    for (let cut = 0; cut < whole.length; cut++) {
      try {
        decodeSubscription(whole.subarray(0, cut));
        accepted.push(cut);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }
    expect(accepted).toEqual([whole.length - 33, whole.length - 8, whole.length - 4]);
  });

  it('that claim a billion topics are refused', () => {
    const damaged = encodeSubscription(subscription);
    damaged.writeInt32BE(1_000_000_000, 2);
    expect(() => decodeSubscription(damaged)).toThrow(ProtocolError);
    damaged.writeInt32BE(-1, 2);
    expect(() => decodeSubscription(damaged)).toThrow(ProtocolError);
  });

  it('of a version we do not know are not written', () => {
    expect(() => encodeSubscription({ topics: [], version: 4 })).toThrow(RangeError);
  });
});

describe('assignments', () => {
  it('come back whole', () => {
    expect(decodeAssignment(encodeAssignment(assignment))).toEqual(assignment);
    expect(decodeAssignment(encodeAssignment({ partitions: [] }))).toEqual({
      version: 3,
      partitions: [],
      userData: null,
    });
  });

  it('go both ways with @platformatic/kafka and kafkajs', () => {
    const ours = encodeAssignment(assignment);
    expect(
      decodeAssignment(
        Buffer.from(
          encodeConsumerProtocolAssignment({
            version: 1,
            assignedPartitions: assignment.partitions,
            userData: assignment.userData,
          }),
        ),
      ),
    ).toEqual(assignment);
    expect(decodeConsumerProtocolAssignment(ours).assignedPartitions).toEqual(
      assignment.partitions,
    );
    expect(kafkajs.AssignerProtocol.MemberAssignment.decode(ours)?.assignment).toEqual({
      flights: [0, 1, 2],
      weather: [5],
    });
    expect(
      decodeAssignment(
        kafkajs.AssignerProtocol.MemberAssignment.encode({
          version: 0,
          assignment: { flights: [4] },
          userData: Buffer.alloc(0),
        }),
      ).partitions,
    ).toEqual([{ topic: 'flights', partitions: [4] }]);
  });

  it('of no bytes are empty, and cut ones are damaged', () => {
    expect(decodeAssignment(Buffer.alloc(0)).partitions).toEqual([]);
    const whole = encodeAssignment(assignment);
    for (let cut = 1; cut < whole.length; cut++) {
      expect(() => decodeAssignment(whole.subarray(0, cut))).toThrow(ProtocolError);
    }
  });
});
