// Requests about records: produce in every sound and broken way, fetch, offsets, epochs, producer ids.

import { buildBatch, type CompressionCodec } from '@drave/protocol';
import type { Draw, Given, Step } from './step.ts';
import type { Answer } from './side.ts';

const baseMs = 1_700_000_000_000;

interface BatchChoice {
  readonly fault: string;
  readonly codec: CompressionCodec;
  readonly count: number;
  readonly producer: string | undefined;
  readonly epoch: number;
  readonly sequence: number;
}

function batch(choice: BatchChoice, producerId: number): Buffer {
  const { fault, codec, count, producer } = choice;
  if (fault === 'empty') return Buffer.alloc(0);
  const records = Array.from({ length: count }, (_, index) => ({
    key: index % 2 ? Buffer.from(`k${index}`) : null,
    value: Buffer.from(`v${index}`),
    timestamp: fault === 'future' ? 9_000_000_000_000 : fault === 'no time' ? -1 : baseMs + index,
  }));
  const bytes = buildBatch(records, {
    codec,
    isControl: fault === 'control',
    isTransactional: fault === 'transactional',
    ...(producer === undefined
      ? {}
      : { producerId, producerEpoch: choice.epoch, baseSequence: choice.sequence }),
  });
  if (fault === 'crc') bytes.writeInt8(bytes.readInt8(18) ^ 1, 18);
  if (fault === 'magic 1') bytes.writeInt8(1, 16);
  if (fault === 'base offset') bytes.writeInt8(5, 7);
  if (fault === 'two') return Buffer.concat([bytes, bytes]);
  if (fault === 'cut') return bytes.subarray(0, bytes.length - 3);
  return bytes;
}

function produce(draw: Draw): Step {
  const producer = draw.one(undefined, undefined, 'p1', 'p2');
  const choice: BatchChoice = {
    fault: draw.one(
      '',
      '',
      '',
      '',
      '',
      '',
      '',
      'empty',
      'crc',
      'magic 1',
      'base offset',
      'two',
      'cut',
      'control',
      'future',
      'no time',
    ),
    codec: draw.one('none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'),
    count: 1 + draw.below(5),
    producer,
    epoch: draw.one(0, 0, 0, 0, 1, -1),
    sequence: draw.one(0, 0, 1, 2, 3, 5, -1, 2_147_483_647),
  };
  const [name, index, acks] = [draw.topic(), draw.partition(), draw.one(-1, -1, -1, 1, 1, 0, 2)];
  return {
    apiKey: 0,
    // Unanswered, it may be on its way still.
    ...(acks === 0 ? { settles: true } : {}),
    body: (given) => {
      const producerId = producer === undefined ? -1 : Number(given.get(producer) ?? 77_777);
      const records = batch(choice, producerId);
      return {
        transactionalId: null,
        acks,
        timeoutMs: 5_000,
        topicData: [{ name, partitionData: [{ index, records }] }],
      };
    },
  };
}

function fetch(draw: Draw): Step {
  const [topic, partition] = [draw.topic(), draw.partition()];
  const base = {
    replicaId: -1,
    maxWaitMs: draw.one(0, 10),
    minBytes: draw.one(0, 1),
    maxBytes: draw.one(1 << 20, 1, 100, 0),
    isolationLevel: draw.one(0, 1),
    sessionId: draw.one(0, 0, 0, 12_345),
    sessionEpoch: draw.one(-1, -1, -1, 3),
    partitions: [
      {
        partition,
        currentLeaderEpoch: draw.one(-1, -1, 0, 7),
        fetchOffset: draw.one(0, 0, 1, 3, 10, 100_000, -1),
        lastFetchedEpoch: draw.one(-1, -1, 0, 3),
        logStartOffset: -1,
        partitionMaxBytes: draw.one(1 << 20, 1, 0),
      },
    ],
  };
  return {
    apiKey: 1,
    body: (given) => {
      const { partitions, ...body } = base;
      const topics = [{ topic, topicId: topicId(given, topic), partitions }];
      return { ...body, topics, forgottenTopicsData: [] };
    },
  };
}

/** A client that reads two topics in a session: opens it, goes on, adds and forgets partitions, loses count, closes it. */
function fetchSession(draw: Draw): Step {
  const kind = draw.one('open', 'open', 'go on', 'go on', 'go on', 'go on', 'lose count', 'close');
  const changes = kind === 'open' || draw.one(true, false, false);
  const asked = [draw.name('a'), draw.name('a'), draw.name('b'), draw.name('gone')].slice(
    0,
    changes ? 1 + draw.below(4) : 0,
  );
  const fetchOffset = draw.one(0, 0, 1, 3);
  const forgotten = draw.one<string[]>([], [], [draw.name('a')], [draw.name('b')]);
  const epochOf = (given: Given): number => Number(given.get('session epoch') ?? 0);
  return {
    apiKey: 1,
    versions: [7, 17],
    body: (given) => ({
      replicaId: -1,
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1 << 20,
      isolationLevel: 0,
      sessionId: kind === 'open' ? 0 : Number(given.get('session') ?? 0),
      sessionEpoch:
        kind === 'open' ? 0 : kind === 'close' ? -1 : epochOf(given) + (kind === 'go on' ? 0 : 2),
      topics: [...new Set(asked)].map((topic) => ({
        topic,
        topicId: topicId(given, topic),
        partitions: [0, 1].map((partition) => ({
          partition,
          currentLeaderEpoch: -1,
          fetchOffset,
          lastFetchedEpoch: -1,
          logStartOffset: -1,
          partitionMaxBytes: 1 << 20,
        })),
      })),
      forgottenTopicsData:
        kind === 'open'
          ? []
          : forgotten.map((topic) => ({
              topic,
              topicId: topicId(given, topic),
              partitions: [1],
            })),
    }),
    keep: (answer, given) => {
      if (typeof answer === 'string' || answer['errorCode'] !== 0) return;
      if (kind === 'close') given.set('session', 0);
      if (kind === 'open') given.set('session', answer['sessionId']);
      given.set('session epoch', kind === 'open' ? 1 : epochOf(given) + 1);
    },
  };
}

/** What a client of the newest versions asks by; of an unknown topic an id that nothing has. */
function topicId(given: Given, topic: string): unknown {
  return given.get(`id of ${topic}`) ?? '11111111-2222-3333-4444-555555555555';
}

function listOffsets(draw: Draw): Step {
  const partitions = [draw.partition(), draw.partition()].filter(
    (p, i, all) => all.indexOf(p) === i,
  );
  const body = {
    replicaId: -1,
    isolationLevel: draw.one(0, 1),
    topics: [
      {
        name: draw.topic(),
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          currentLeaderEpoch: draw.one(-1, -1, -1, 0, 5),
          timestamp: draw.one(-1, -2, -3, -4, -5, 0, baseMs, baseMs + 2, baseMs + 1_000, -9),
        })),
      },
    ],
  };
  return { apiKey: 2, body: () => body };
}

function epochs(draw: Draw): Step {
  const body = {
    replicaId: draw.one(-1, -2),
    topics: [
      {
        topic: draw.topic(),
        partitions: [
          {
            partition: draw.partition(),
            currentLeaderEpoch: draw.one(-1, 0, 4),
            leaderEpoch: draw.one(0, 0, 1, -1, 9),
          },
        ],
      },
    ],
  };
  return { apiKey: 23, body: () => body };
}

function producerId(draw: Draw): Step {
  const as = draw.one('p1', 'p2');
  const isKnown = draw.one(false, false, false, true);
  const epoch = isKnown ? draw.one(0, 5) : draw.one(-1, -1, 0);
  const timeout = draw.one(60_000, 60_000, 0, -1);
  const known = (answer: Answer): number =>
    typeof answer === 'string' ? -1 : Number(answer['producerId'] ?? -1);
  return {
    apiKey: 22,
    body: (given) => ({
      transactionalId: null,
      transactionTimeoutMs: timeout,
      producerId: isKnown ? Number(given.get(as) ?? -1) : -1,
      producerEpoch: epoch,
    }),
    keep: (answer, given) => {
      if (known(answer) >= 0) given.set(as, known(answer));
    },
  };
}

function describeProducers(draw: Draw): Step {
  const body = { topics: [{ name: draw.topic(), partitionIndexes: [draw.partition()] }] };
  return { apiKey: 61, body: () => body };
}

function deleteRecords(draw: Draw): Step {
  const partitions = [
    { partitionIndex: draw.partition(), offset: draw.one(0, 1, 2, -1, -2, 100_000) },
  ];
  const body = { topics: [{ name: draw.topic(), partitions }], timeoutMs: 5_000 };
  return { apiKey: 21, body: () => body };
}

/** Those drawn more often stand more often. */
export const recordSteps = [
  produce,
  produce,
  produce,
  produce,
  fetch,
  fetch,
  fetch,
  fetchSession,
  fetchSession,
  fetchSession,
  fetchSession,
  listOffsets,
  listOffsets,
  epochs,
  producerId,
  producerId,
  describeProducers,
  deleteRecords,
];
