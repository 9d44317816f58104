// A redrive that was cut off between the copies of a batch and the note of it: which of its letters did go back is read from the topics
// they went to, by their `x-redrive-id`, from where those ended before the batch. Protects: a letter whose copy is there is not copied
// again. Leaves out: copies that retention or compaction took since; a copy of a dead process that arrives after the look.

import { KafkaError, type TopicPartition } from '@drave/contracts';

import type { Admin } from '../admin.js';
import { encodeCursor } from '../browse/browse-cursor.js';
import type { KafkaClient } from '../client.js';
import { redriveIdHeader } from './letter.js';
import type { BegunBatch, LetterLedger, LetterPlace } from './letter-ledger.js';

type Place = TopicPartition & { readonly offset: number };
const readMs = 600_000;

export function redriveIdOf(topic: string, { partition, offset }: LetterPlace): string {
  return `${topic}:${partition}:${offset}`;
}

/** Where the topics end now; those that are not there yet have no row. */
export async function endsOf(admin: Admin, topics: Iterable<string>): Promise<Place[]> {
  const ends: Place[] = [];
  for (const topic of new Set(topics)) {
    try {
      const [described] = await admin.describeTopics([topic]);
      const places = described?.partitions.map(({ partition }) => ({ topic, partition })) ?? [];
      const found = await admin.listOffsets(places.map((one) => ({ ...one, at: 'latest' })));
      ends.push(...places.map((place, i) => ({ ...place, offset: found[i]?.offset ?? 0 })));
    } catch (error) {
      if (isMissing(error)) continue;
      throw error;
    }
  }
  return ends;
}

/** Letters of the unfinished batch whose copies are there. */
export async function copiesFound(
  client: KafkaClient,
  {
    topic,
    ledger,
    targets,
  }: {
    readonly topic: string;
    readonly ledger: LetterLedger;
    /** Of letters of the batch. */
    readonly targets: readonly string[];
  },
): Promise<LetterPlace[]> {
  const batch = ledger.unfinished;
  if (!batch) return [];
  const wanted = new Map(batch.places.map((place) => [redriveIdOf(topic, place), place]));
  const found = new Set<LetterPlace>();
  const admin = client.admin();
  try {
    for (const end of await endsOf(admin, targets)) {
      for await (const id of redriveIds(client, { ...end, from: fromOf(batch, end) })) {
        const place = wanted.get(id);
        if (place && !ledger.of(place)) found.add(place);
      }
    }
  } finally {
    admin.close();
  }
  return [...found];
}

function fromOf({ ends }: BegunBatch, { topic, partition }: TopicPartition): number {
  return ends.find((one) => one.topic === topic && one.partition === partition)?.offset ?? 0;
}

async function* redriveIds(
  client: KafkaClient,
  range: Place & { readonly from: number },
): AsyncGenerator<string> {
  const { topic, partition, from, offset: end } = range;
  if (from >= end) return;
  for await (const event of client.browse({
    topic,
    cursor: encodeCursor({ topic, direction: 'forward', places: [[partition, from, end]] }),
    ...{ limit: 100_000_000, bytesMax: Infinity, timeoutMs: readMs },
  })) {
    if (event.kind === 'record') {
      const header = event.record.headers.find(({ key }) => key === redriveIdHeader);
      if (header?.value) yield header.value.toString();
    } else if (event.kind === 'done' && event.reason !== 'end') {
      const what = `${topic}-${partition} could not be read to its end: letters might go back twice`;
      throw new KafkaError('REQUEST_TIMED_OUT', what);
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof KafkaError && error.errorName === 'UNKNOWN_TOPIC_OR_PARTITION';
}
