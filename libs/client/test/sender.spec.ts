// The producer against a scripted broker: answers that a healthy broker gives only after losses.

import { afterEach, describe, expect, it } from 'vitest';

import { ErrorCode } from '@drave/contracts';
import {
  ApiKey,
  RecordBatchView,
  type MetadataResponseInput,
  type ProduceRequest,
  type ProduceResponseInput,
} from '@drave/protocol';

import { KafkaClient, type Producer, type ProducerOptions } from '../src/index.js';
import { allVersions, FakeBroker, type FakeRequest } from './fake-broker.js';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Seen {
  readonly producerId: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly count: number;
}

/** Each answer of the script is for one produce request; then all succeed. */
async function scripted(
  script: readonly (number | 'hang-up' | 'expire')[],
  options: ProducerOptions = {},
): Promise<{ producer: Producer; seen: Seen[]; requests: FakeRequest[] }> {
  const seen: Seen[] = [];
  const answers = [...script];
  let nextProducerId = 100;
  let shiftMs = 0;
  const broker = await FakeBroker.start((request) => {
    switch (request.header.apiKey) {
      case ApiKey.apiVersions:
        request.reply(ApiKey.apiVersions, allVersions());
        return;
      case ApiKey.metadata:
        request.reply(ApiKey.metadata, metadataFor(broker.port));
        return;
      case ApiKey.initProducerId:
        request.reply(ApiKey.initProducerId, {
          throttleTimeMs: 0,
          errorCode: 0,
          producerId: nextProducerId++,
          producerEpoch: 0,
        });
        return;
      default: {
        const { topicData } = request.body as ProduceRequest;
        const view = new RecordBatchView(
          topicData[0]?.partitionData[0]?.records ?? Buffer.alloc(0),
        );
        expect(view.crcIsValid()).toBe(true);
        const {
          producerId,
          producerEpoch: epoch,
          baseSequence: sequence,
          recordCount: count,
        } = view;
        seen.push({ producerId, epoch, sequence, count });
        const errorCode = answers.shift() ?? 0;
        // The client's clock jumps, as if the answer had been outstanding that long.
        if (errorCode === 'expire') shiftMs += 121_000;
        if (errorCode === 'hang-up' || errorCode === 'expire') request.socket.destroy();
        else request.reply(ApiKey.produce, produced(errorCode, seen.length));
      }
    }
  });
  cleanUps.push(() => broker.stop());
  const { clock } = broker.platform;
  const platform = {
    ...broker.platform,
    clock: { nowMs: () => clock.nowMs(), monotonicMs: () => clock.monotonicMs() + shiftMs },
  };
  const client = new KafkaClient({ platform, brokers: [`127.0.0.1:${broker.port}`] });
  cleanUps.push(() => client.close());
  const producer = client.producer({ lingerMs: 0, maxInFlight: 1, ...options });
  return { producer, seen, requests: broker.requests };
}

function metadataFor(port: number): MetadataResponseInput {
  const partition = { errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 0 };
  return {
    throttleTimeMs: 0,
    brokers: [{ nodeId: 1, host: '127.0.0.1', port, rack: null }],
    clusterId: 'c',
    controllerId: 1,
    topics: [
      {
        errorCode: 0,
        name: 't',
        topicId: '00000000-0000-0000-0000-000000000001',
        isInternal: false,
        partitions: [{ ...partition, replicaNodes: [1], isrNodes: [1], offlineReplicas: [] }],
      },
    ],
  };
}

function produced(errorCode: number, baseOffset: number): ProduceResponseInput {
  const answer = { index: 0, errorCode, baseOffset: errorCode ? -1 : baseOffset };
  return {
    throttleTimeMs: 0,
    responses: [
      { name: 't', partitionResponses: [{ ...answer, logStartOffset: 0, recordErrors: [] }] },
    ],
  };
}

const send = (producer: Producer): Promise<{ offset: number }> =>
  producer.send({ topic: 't', value: 'v' });

describe('the sender', () => {
  it.each([
    'UNKNOWN_PRODUCER_ID',
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'INVALID_PRODUCER_EPOCH',
  ] as const)('starts a new epoch at sequence 0 after %s', async (error) => {
    const { producer, seen } = await scripted([0, ErrorCode[error]]);
    await send(producer);
    await send(producer);
    await send(producer);
    expect(seen.map(({ epoch, sequence }) => [epoch, sequence])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
  });

  it('repeats the same sequence after errors that pass, and after a broken connection', async () => {
    const { producer, seen } = await scripted([
      ErrorCode.NOT_LEADER_OR_FOLLOWER,
      ErrorCode.REQUEST_TIMED_OUT,
      'hang-up',
    ]);
    expect((await send(producer)).offset).toBe(4);
    expect(seen).toEqual(Array.from({ length: 4 }, () => seen[0]));
  });

  it('takes a duplicate the broker no longer remembers for delivered', async () => {
    const { producer } = await scripted([ErrorCode.DUPLICATE_SEQUENCE_NUMBER]);
    expect((await send(producer)).offset).toBe(-1);
  });

  it('gives a new epoch after a batch that expired with an unknown outcome', async () => {
    const { producer, seen } = await scripted(['expire']);
    await expect(send(producer)).rejects.toMatchObject({ retriable: true });
    await send(producer);
    expect(seen[1]).toMatchObject({ epoch: 1, sequence: 0 });
  });

  it('sends without identity when idempotence is off', async () => {
    const { producer, seen, requests } = await scripted([], { idempotent: false, acks: 1 });
    await send(producer);
    expect(seen).toEqual([{ producerId: -1, epoch: -1, sequence: -1, count: 1 }]);
    expect(requests.some(({ header }) => header.apiKey === ApiKey.initProducerId)).toBe(false);
  });

  it('takes the final error with the broker’s words', async () => {
    const { producer } = await scripted([ErrorCode.TOPIC_AUTHORIZATION_FAILED]);
    await expect(send(producer)).rejects.toThrow(
      /cannot produce to t-0: TOPIC_AUTHORIZATION_FAILED/,
    );
  });
});
