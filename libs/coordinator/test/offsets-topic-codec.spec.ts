// Bytes of `__consumer_offsets` records, written out by hand from Kafka's schemas.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  type OffsetsTopicRecord,
  decodeOffsetsTopicRecord,
  encodeOffsetsTopicRecord,
} from '../src/index.js';
import { fromList } from '../src/topic-partitions.js';

/** Written out from Kafka's schemas: compact lengths are one more, tags end each structure. */
const consumerRecords: readonly [string, OffsetsTopicRecord, string, string][] = [
  [
    'ConsumerGroupMetadata',
    { kind: 'consumer-group-stored', groupId: 'g', epoch: 7, metadataHash: 5 },
    '0003 0001 67',
    '0000 00000007 01 00 08 0000000000000005',
  ],
  [
    'ConsumerGroupMetadata without a hash',
    { kind: 'consumer-group-stored', groupId: 'g', epoch: 7, metadataHash: 0 },
    '0003 0001 67',
    '0000 00000007 00',
  ],
  [
    'ConsumerGroupMemberMetadata',
    {
      kind: 'consumer-member-stored',
      groupId: 'g',
      memberId: 'm',
      value: {
        instanceId: null,
        rackId: 'r',
        clientId: 'c',
        clientHost: '/h',
        subscribedTopicNames: ['a', 'b'],
        subscribedTopicRegex: null,
        rebalanceTimeoutMs: 1000,
        serverAssignor: null,
      },
    },
    '0005 0001 67 0001 6d',
    '0000 00 0272 0263 032f68 03 0261 0262 00 000003e8 00 00',
  ],
  [
    'ConsumerGroupTargetAssignmentMetadata',
    { kind: 'target-epoch-stored', groupId: 'g', assignmentEpoch: 7 },
    '0006 0001 67',
    '0000 00000007 00',
  ],
  [
    'ConsumerGroupTargetAssignmentMember',
    {
      kind: 'target-member-stored',
      groupId: 'g',
      memberId: 'm',
      partitions: fromList([
        { topicId: '01234567-89ab-cdef-0123-456789abcdef', partitions: [0, 2] },
      ]),
    },
    '0007 0001 67 0001 6d',
    '0000 02 0123456789abcdef0123456789abcdef 03 00000000 00000002 00 00',
  ],
  [
    'ConsumerGroupCurrentMemberAssignment',
    {
      kind: 'current-assignment-stored',
      groupId: 'g',
      memberId: 'm',
      value: {
        memberEpoch: 7,
        previousMemberEpoch: 6,
        state: 'unrevoked',
        assigned: fromList([]),
        pendingRevocation: fromList([
          { topicId: '01234567-89ab-cdef-0123-456789abcdef', partitions: [1] },
        ]),
      },
    },
    '0008 0001 67 0001 6d',
    '0000 00000007 00000006 02 01 02 0123456789abcdef0123456789abcdef 02 00000001 00 00',
  ],
];

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');

const offset: OffsetsTopicRecord = {
  kind: 'offset-committed',
  groupId: 'g',
  topic: 'flights',
  partition: 2,
  value: {
    offset: 4_294_967_298,
    leaderEpoch: 7,
    metadata: 'é',
    commitTimestampMs: 1_000_000_000_000,
    expireTimestampMs: -1,
  },
};
const offsetKey = hex('0001 0001 67 0007 666c6967687473 00000002');

const group: OffsetsTopicRecord = {
  kind: 'group-stored',
  groupId: 'g',
  value: {
    protocolType: 'consumer',
    generation: 3,
    protocol: 'range',
    leader: 'm1',
    currentStateTimestampMs: 1,
    members: [
      {
        memberId: 'm1',
        groupInstanceId: null,
        clientId: 'c',
        clientHost: '/h',
        rebalanceTimeoutMs: 60_000,
        sessionTimeoutMs: 10_000,
        subscription: hex('0102'),
        assignment: hex('03'),
      },
    ],
  },
};
const groupKey = hex('0002 0001 67');

test.each(consumerRecords)('%s is written as Kafka writes it', (_name, record, key, value) => {
  const bytes = { key: hex(key), value: hex(value) };
  expect(encodeOffsetsTopicRecord(record)).toEqual(bytes);
  expect(decodeOffsetsTopicRecord(bytes.key, bytes.value)).toEqual(record);
});

test('what other writers keep beside is read over: topic metadata and resolved patterns', () => {
  for (const key of [hex('0004 0001 67'), hex('0010 0001 67 0001 2e')]) {
    const record = { kind: 'derived-state', key };
    expect(decodeOffsetsTopicRecord(key, hex('0000 01 00'))).toEqual(record);
    expect(decodeOffsetsTopicRecord(key, null)).toEqual(record);
  }
  expect(() => decodeOffsetsTopicRecord(hex('0003 0001 67'), hex('0001 00000007 00'))).toThrow(
    'value version 1 behind key version 3',
  );
});

describe('the record written', () => {
  test('of an offset is key version 1 and value version 3', () => {
    const { key, value } = encodeOffsetsTopicRecord(offset);
    expect(key).toEqual(offsetKey);
    expect(value).toEqual(hex('0003 0000000100000002 00000007 0002 c3a9 000000e8d4a51000'));
  });

  test('of an offset with its own expiry is value version 1, which has no leader epoch', () => {
    const expiring = { ...offset, value: { ...offset.value, expireTimestampMs: 5 } };
    const { key, value } = encodeOffsetsTopicRecord(expiring);
    expect(value).toEqual(hex('0001 0000000100000002 0002 c3a9 000000e8d4a51000 0000000000000005'));
    expect(decodeOffsetsTopicRecord(key, value)).toEqual({
      ...expiring,
      value: { ...expiring.value, leaderEpoch: -1 },
    });
  });

  test('of a group is key version 2 and value version 3', () => {
    const { key, value } = encodeOffsetsTopicRecord(group);
    expect(key).toEqual(groupKey);
    expect(value).toEqual(
      hex(`0003 0008 636f6e73756d6572 00000003 0005 72616e6765 0002 6d31 0000000000000001 00000001
           0002 6d31 ffff 0001 63 0002 2f68 0000ea60 00002710 00000002 0102 00000001 03`),
    );
  });

  test('of a deletion is a null value', () => {
    const { groupId } = offset;
    expect(encodeOffsetsTopicRecord({ kind: 'group-deleted', groupId })).toEqual({
      key: groupKey,
      value: null,
    });
    const deleted = { kind: 'offset-deleted', groupId, topic: 'flights', partition: 2 } as const;
    expect(encodeOffsetsTopicRecord(deleted)).toEqual({ key: offsetKey, value: null });
    expect(decodeOffsetsTopicRecord(offsetKey, null)).toEqual(deleted);
  });
});

describe('records of other versions are read', () => {
  const read = (key: Buffer, value: string) => decodeOffsetsTopicRecord(key, hex(value));

  test('OffsetCommitKey 0, OffsetCommitValue 0 and 2', () => {
    const expected = { ...offset, value: { ...offset.value, leaderEpoch: -1 } };
    const oldKey = hex('0000 0001 67 0007 666c6967687473 00000002');
    for (const version of ['0000', '0002']) {
      const value = `${version} 0000000100000002 0002 c3a9 000000e8d4a51000`;
      expect(read(oldKey, value)).toEqual(expected);
    }
  });

  test('OffsetCommitValue 4 with a tagged topic id', () => {
    const topicId = '01 00 10 000102030405060708090a0b0c0d0e0f';
    const value = `0004 0000000100000002 00000007 03 c3a9 000000e8d4a51000 ${topicId}`;
    expect(read(offsetKey, value)).toEqual(offset);
  });

  test('GroupMetadataValue 0 to 2 and 4', () => {
    const head = '0008 636f6e73756d6572 00000003 0005 72616e6765 0002 6d31';
    const ids = '0002 6d31 0001 63 0002 2f68';
    const tail = '00002710 00000002 0102 00000001 03';
    const [member] = group.value.members;
    const withTimes = (rebalanceTimeoutMs: number, currentStateTimestampMs: number) => ({
      ...group,
      value: {
        ...group.value,
        currentStateTimestampMs,
        members: [{ ...member, rebalanceTimeoutMs }],
      },
    });
    expect(read(groupKey, `0000 ${head} 00000001 ${ids} ${tail}`)).toEqual(withTimes(10_000, -1));
    expect(read(groupKey, `0001 ${head} 00000001 ${ids} 0000ea60 ${tail}`)).toEqual(
      withTimes(60_000, -1),
    );
    const third = `0002 ${head} 0000000000000001 00000001 ${ids} 0000ea60 ${tail}`;
    expect(read(groupKey, third)).toEqual(group);
    const flexible = `0004 09 636f6e73756d6572 00000003 06 72616e6765 03 6d31 0000000000000001 02
      03 6d31 00 02 63 03 2f68 0000ea60 00002710 03 0102 02 03 00 00`;
    expect(read(groupKey, flexible)).toEqual(group);
  });
});

describe('what cannot be read is refused', () => {
  test.each([
    ['a KIP-848 key', '0003 0001 67', '0000'],
    ['a value of a later version', '0002 0001 67', '0005'],
    ['a short value', '0002 0001 67', '0003 0008 6363'],
    ['an array longer than its bytes', '0002 0001 67', '0001 0000 00000001 ffff ffff 7fffffff'],
    ['a negative length', '0002 fffe', '0001'],
  ])('%s', (_what, key, value) => {
    expect(() => decodeOffsetsTopicRecord(hex(key), hex(value))).toThrow(/group record|version/);
  });

  test('a record without a key', () => {
    expect(() => decodeOffsetsTopicRecord(null, null)).toThrow('without a key');
  });
});

test('any record survives the way through its bytes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
  const stamp = fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER });
  const int32 = fc.integer();
  const groupId = fc.string();
  const memberId = fc.string();
  const ids = { groupId, memberId };
  const partitions = fc
    .array(fc.record({ topicId: fc.uuid(), partitions: fc.array(fc.nat(9), { minLength: 1 }) }))
    .map(fromList);
  const consumerRecord: fc.Arbitrary<OffsetsTopicRecord> = fc.oneof(
    fc.record({
      kind: fc.constant('consumer-group-stored' as const),
      groupId,
      epoch: int32,
      metadataHash: fc.nat({ max: 2 ** 53 - 1 }),
    }),
    fc.record({
      kind: fc.constant('consumer-member-stored' as const),
      ...ids,
      value: fc.record({
        instanceId: fc.option(fc.string()),
        rackId: fc.option(fc.string()),
        clientId: fc.string(),
        clientHost: fc.string({ minLength: 100, maxLength: 300 }),
        subscribedTopicNames: fc.array(fc.string({ unit: 'grapheme' })),
        subscribedTopicRegex: fc.option(fc.string()),
        rebalanceTimeoutMs: int32,
        serverAssignor: fc.option(fc.string()),
      }),
    }),
    fc.record({
      kind: fc.constant('target-epoch-stored' as const),
      groupId,
      assignmentEpoch: int32,
    }),
    fc.record({ kind: fc.constant('target-member-stored' as const), ...ids, partitions }),
    fc.record({
      kind: fc.constant('current-assignment-stored' as const),
      ...ids,
      value: fc.record({
        memberEpoch: int32,
        previousMemberEpoch: int32,
        state: fc.constantFrom('stable' as const, 'unrevoked' as const, 'unreleased' as const),
        assigned: partitions,
        pendingRevocation: partitions,
      }),
    }),
    fc.record({ kind: fc.constantFrom('consumer-group-deleted', 'target-epoch-deleted'), groupId }),
    fc.record({
      kind: fc.constantFrom(
        'consumer-member-deleted',
        'target-member-deleted',
        'current-assignment-deleted',
      ),
      ...ids,
    }),
  );
  const record: fc.Arbitrary<OffsetsTopicRecord> = fc.oneof(
    { weight: 3, arbitrary: consumerRecord },
    fc.record({
      kind: fc.constant('offset-committed' as const),
      groupId: text,
      topic: text,
      partition: int32,
      value: fc.record({
        offset: stamp,
        leaderEpoch: int32,
        metadata: text,
        commitTimestampMs: stamp,
        expireTimestampMs: fc.constant(-1),
      }),
    }),
    fc.record({
      kind: fc.constant('group-stored' as const),
      groupId: text,
      value: fc.record({
        protocolType: text,
        generation: int32,
        protocol: fc.option(text),
        leader: fc.option(text),
        currentStateTimestampMs: stamp,
        members: fc.array(
          fc.record({
            memberId: text,
            groupInstanceId: fc.option(text),
            clientId: text,
            clientHost: text,
            rebalanceTimeoutMs: int32,
            sessionTimeoutMs: int32,
            subscription: bytes,
            assignment: bytes,
          }),
          { maxLength: 4 },
        ),
      }),
    }),
  );
  fc.assert(
    fc.property(record, (original) => {
      const { key, value } = encodeOffsetsTopicRecord(original);
      expect(decodeOffsetsTopicRecord(key, value)).toEqual(original);
    }),
  );
});
