// What is written under kill −9 and power loss: lanes, one writer a partition, numbered records. Protects: what is acknowledged is known
// by number and offset; a number is sent by one producer only, so it can be in the log once, whatever became of that producer.
// Kinds: `log` keeps everything; `kept` is cut by retention; `keyed` is compacted. Half of the producers of `log` are not idempotent.

import { KafkaClient, type Producer } from '@drave/client';
import { nodePlatform } from '@drave/platform';

export const platform = nodePlatform();

const recordsPerSend = 10;
const sendsUnderWayMax = 4;
const valueBytes = 100;
const keysPerPartition = 40;
/** What retention must leave of a `kept` partition that had as many: its bytes hold more. */
export const keptRecordsMin = 2000;

const topics = {
  log: { partitions: 40, configs: { 'segment.bytes': '1048576' } },
  kept: {
    partitions: 4,
    configs: {
      'segment.bytes': '65536',
      'retention.bytes': '524288',
      'file.delete.delay.ms': '200',
    },
  },
  keyed: {
    partitions: 4,
    configs: {
      'cleanup.policy': 'compact',
      'segment.bytes': '65536',
      'min.cleanable.dirty.ratio': '0.01',
      'file.delete.delay.ms': '200',
    },
  },
} as const;

export type LaneKind = keyof typeof topics;

/** In `offsets`: the number was sent, what became of it is not known. */
export const unknown = -2;
/** In `offsets`: acknowledged, the broker did not say where. */
export const somewhere = -1;

export interface Lane {
  readonly topic: LaneKind;
  readonly partition: number;
  readonly isIdempotent: boolean;
  /** By number: the acknowledged offset, `somewhere` or `unknown`. */
  offsets: number[];
}

export function valueOf(number: number): string {
  return String(number).padEnd(valueBytes, '.');
}

export function keyOf(lane: Lane, number: number): string | null {
  return lane.topic === 'keyed' ? `key-${number % keysPerPartition}` : null;
}

export function acknowledgedCount(lanes: readonly Lane[]): number {
  let count = 0;
  for (const { offsets } of lanes) for (const offset of offsets) if (offset !== unknown) count++;
  return count;
}

export class Writers {
  readonly lanes: readonly Lane[];
  /** Sends that ended without an answer that the records are there. */
  failures = 0;
  acknowledged = 0;
  readonly #broker: string;
  #isStopping = false;
  #work: readonly Promise<void>[] = [];

  private constructor(broker: string, lanes: readonly Lane[]) {
    this.#broker = broker;
    this.lanes = lanes;
  }

  /** Makes the topics; nothing is written before `start`. */
  static async make(broker: string): Promise<Writers> {
    const client = new KafkaClient({ platform, brokers: [broker] });
    const entries = Object.entries(topics) as [LaneKind, (typeof topics)[LaneKind]][];
    await client.admin().createTopics(entries.map(([topic, rest]) => ({ topic, ...rest })));
    await client.close();
    const lanes = entries.flatMap(([topic, { partitions }]) =>
      Array.from({ length: partitions }, (_, partition) => {
        return {
          topic,
          partition,
          isIdempotent: topic !== 'log' || partition % 2 === 0,
          offsets: [],
        };
      }),
    );
    return new Writers(broker, lanes);
  }

  /** One producer for all idempotent lanes of a topic, one for the others. */
  start(): void {
    const groups = Map.groupBy(this.lanes, ({ topic, isIdempotent }) => `${topic}-${isIdempotent}`);
    this.#work = [...groups.values()].map((lanes) => this.#writeGroup(lanes));
  }

  /** Settles when all that was sent is settled. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#work);
  }

  async #writeGroup(lanes: readonly Lane[]): Promise<void> {
    const client = new KafkaClient({ platform, brokers: [this.#broker], clientId: 'writer' });
    const idempotent = lanes[0]?.isIdempotent ?? true;
    while (!this.#isStopping) {
      // Without idempotence retries keep their order only one at a time.
      const producer = client.producer({
        lingerMs: 1,
        idempotent,
        maxInFlight: idempotent ? 5 : 1,
      });
      const state = { isBroken: false };
      await Promise.all(lanes.map((lane) => this.#write(producer, lane, state)));
      await producer.close().catch(() => undefined);
    }
    await client.close();
  }

  /** Several sends of a partition are under way at a time, so that a crash meets pipelined requests. A failure ends the producer. */
  async #write(producer: Producer, lane: Lane, state: { isBroken: boolean }): Promise<void> {
    const underWay = new Set<Promise<void>>();
    while (!this.#isStopping && !state.isBroken) {
      const first = lane.offsets.length;
      const numbers = Array.from({ length: recordsPerSend }, (_, index) => first + index);
      lane.offsets.push(...numbers.map(() => unknown));
      const { topic, partition } = lane;
      const records = numbers.map((number) => {
        return { topic, partition, key: keyOf(lane, number), value: valueOf(number) };
      });
      const sent = producer.sendBatch(records).then(
        (answers) => {
          for (const [index, { offset }] of answers.entries()) lane.offsets[first + index] = offset;
          this.acknowledged += answers.length;
        },
        () => {
          this.failures++;
          state.isBroken = true;
        },
      );
      underWay.add(sent);
      void sent.then(() => underWay.delete(sent));
      if (underWay.size >= sendsUnderWayMax) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }
}
