// Which letters were redriven or discarded: a compacted topic, because a log forgets nothing one by one. Protects: an entry names the
// letter's topic by its id too, so a topic made anew under the same name begins without any; a batch is noted before
// its first copy is sent (unfinished-batch.ts). Leaves out: removing entries of letters that
// retention deleted; two processes at the same letters at the same time (the copies then carry the same x-redrive-id).

import { KafkaError, type TopicPartition } from '@drave/contracts';

import type { KafkaClient } from '../client.js';
import type { Producer } from '../producer.js';

export type Resolution = 'redriven' | 'discarded';

export interface LetterPlace {
  readonly partition: number;
  readonly offset: number;
}

/** A batch of letters about to be copied, and where their topics ended before. */
export interface BegunBatch {
  readonly places: readonly LetterPlace[];
  readonly ends: readonly (TopicPartition & { readonly offset: number })[];
}

export const ledgerTopic = '__drave_letters';
const batchName = 'batch';
const entriesMax = 5_000_000;
const readMs = 60_000;

export class LetterLedger {
  readonly #prefix: string;
  readonly #resolutions = new Map<string, Resolution>();
  #begun: BegunBatch | undefined;

  private constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Reads what was noted for `topic`; makes nothing. Rejects with UNKNOWN_TOPIC_OR_PARTITION for a topic that is not there. */
  static async read(client: KafkaClient, topic: string): Promise<LetterLedger> {
    const admin = client.admin();
    try {
      const [described] = await admin.describeTopics([topic]);
      const ledger = new LetterLedger(`${topic}@${described?.topicId ?? ''}:`);
      const names = await admin.listTopics({ includeInternal: true });
      if (names.includes(ledgerTopic)) await ledger.#load(client);
      return ledger;
    } finally {
      admin.close();
    }
  }

  of({ partition, offset }: LetterPlace): Resolution | undefined {
    return this.#resolutions.get(`${partition}:${offset}`);
  }

  /** The last batch that was begun, when not all of it is noted as resolved. */
  get unfinished(): BegunBatch | undefined {
    return this.#begun?.places.some((place) => !this.of(place)) ? this.#begun : undefined;
  }

  /** To be noted before the first copy is sent; replaces the batch before. */
  async begin(producer: Producer, batch: BegunBatch): Promise<void> {
    const value = {
      places: batch.places.map(({ partition, offset }) => [partition, offset]),
      ends: batch.ends.map(({ topic, partition, offset }) => [topic, partition, offset]),
    };
    const key = `${this.#prefix}${batchName}`;
    await producer.sendBatch([{ topic: ledgerTopic, key, value: JSON.stringify(value) }]);
    this.#begun = batch;
  }

  /** Counts them as redriven without noting it. */
  assume(places: readonly LetterPlace[]): void {
    for (const { partition, offset } of places) {
      this.#resolutions.set(`${partition}:${offset}`, 'redriven');
    }
  }

  async note(
    producer: Producer,
    places: readonly LetterPlace[],
    { action, atMs }: { readonly action: Resolution; readonly atMs: number },
  ): Promise<void> {
    if (places.length === 0) return;
    await producer.sendBatch(
      places.map(({ partition, offset }) => ({
        topic: ledgerTopic,
        key: `${this.#prefix}${partition}:${offset}`,
        value: JSON.stringify({ action, atMs }),
      })),
    );
    for (const { partition, offset } of places) {
      this.#resolutions.set(`${partition}:${offset}`, action);
    }
  }

  async #load(client: KafkaClient): Promise<void> {
    for await (const event of client.browse({
      topic: ledgerTopic,
      from: { kind: 'earliest' },
      limit: entriesMax,
      bytesMax: Infinity,
      timeoutMs: readMs,
    })) {
      if (event.kind === 'record') {
        const { key, value } = event.record;
        const name = key?.toString() ?? '';
        if (!name.startsWith(this.#prefix)) continue;
        const place = name.slice(this.#prefix.length);
        if (place === batchName) {
          this.#begun = batchOf(value?.toString() ?? '');
          continue;
        }
        const isDiscarded = value?.includes('"discarded"') ?? false;
        this.#resolutions.set(place, isDiscarded ? 'discarded' : 'redriven');
      } else if (event.kind === 'done' && event.reason !== 'end') {
        throw new KafkaError(
          'REQUEST_TIMED_OUT',
          `${ledgerTopic} could not be read to its end in ${readMs / 1_000} s: without it letters might go back twice`,
        );
      }
    }
  }
}

function batchOf(text: string): BegunBatch | undefined {
  if (text === '') return undefined;
  const { places, ends } = JSON.parse(text) as {
    readonly places: readonly (readonly [number, number])[];
    readonly ends: readonly (readonly [string, number, number])[];
  };
  return {
    places: places.map(([partition, offset]) => ({ partition, offset })),
    ends: ends.map(([topic, partition, offset]) => ({ topic, partition, offset })),
  };
}

/** Makes the ledger's topic when it is not there. */
export async function makeLedger(client: KafkaClient): Promise<void> {
  const admin = client.admin();
  try {
    await admin.createTopics([
      { topic: ledgerTopic, partitions: 1, configs: { 'cleanup.policy': 'compact' } },
    ]);
  } catch (error) {
    const isThere = error instanceof KafkaError && error.errorName === 'TOPIC_ALREADY_EXISTS';
    if (!isThere) throw error;
  } finally {
    admin.close();
  }
}
