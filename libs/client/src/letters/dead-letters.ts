// Dead letters of a topic: counted by cause, driven back to where they came from, discarded. Used by the command line, REST and jobs
// alike. Protects: a letter is noted in the ledger after its copy was acknowledged, so one that was resolved is not taken again; cut off
// in between, the next run finds the copies by their `x-redrive-id` (unfinished-batch.ts). Leaves out: editing letters.

import type { KafkaClient } from '../client.js';
import type { ConsumerRecord } from '../partition-buffer.js';
import type { ProducerRecord } from '../producer-record.js';
import { headersOfOrigin, letterOf, redriveIdHeader, type Letter } from './letter.js';
import { copiesFound, endsOf, redriveIdOf } from './unfinished-batch.js';
import { LetterLedger, makeLedger, type LetterPlace, type Resolution } from './letter-ledger.js';

/** Letters at these places, or all of a class or origin; without anything all. */
export interface LetterSelection {
  readonly places?: readonly LetterPlace[] | undefined;
  readonly errorClass?: string | undefined;
  readonly originTopic?: string | undefined;
}

export interface LetterGroup {
  readonly errorClass: string | null;
  readonly originTopic: string | null;
  readonly count: number;
  readonly open: number;
  readonly redriven: number;
  readonly discarded: number;
  readonly oldestMs: number;
  readonly newestMs: number;
  /** The newest one. */
  readonly sample: Letter;
}

export interface LetterSurvey {
  /** Most open ones first. */
  readonly groups: readonly LetterGroup[];
  readonly scanned: number;
  /** false: the newest `scanMax` letters alone were looked at. */
  readonly isComplete: boolean;
}

export interface ResolveRequest {
  readonly topic: string;
  readonly select?: LetterSelection;
  readonly dryRun: boolean;
  readonly recordsMax?: number | undefined;
  readonly recordsPerSecond?: number | undefined;
  readonly signal?: AbortSignal;
  /** Of letters looked at. */
  readonly onProgress?: (progress: { readonly done: number; readonly of: number }) => unknown;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface ResolveResult {
  /** Resolved, or to be resolved. */
  readonly count: number;
  /** Chosen, but resolved before. */
  readonly already: number;
  /** Without an origin; they stay. */
  readonly skipped: number;
  readonly byTopic: Readonly<Record<string, number>>;
}

const batchRecords = 500;
const batchBytes = 4 * 1_048_576;
const groupsMax = 1_000;
const surveyMs = 20_000;
const resolveMs = 86_400_000;

/** Counts the letters of a topic by error class and origin, the newest ones first. */
export async function surveyLetters(
  client: KafkaClient,
  topic: string,
  { scanMax = 50_000, signal }: { readonly scanMax?: number; readonly signal?: AbortSignal } = {},
): Promise<LetterSurvey> {
  const ledger = await LetterLedger.read(client, topic);
  const groups = new Map<string, Tally>();
  let scanned = 0;
  let isComplete = true;
  for await (const event of client.browse({
    topic,
    limit: scanMax,
    bytesMax: 1_073_741_824,
    timeoutMs: surveyMs,
    isolation: 'read_committed',
    ...(signal ? { signal } : {}),
  })) {
    if (event.kind === 'done') isComplete = event.reason === 'end' || event.cursor === undefined;
    if (event.kind !== 'record') continue;
    scanned += 1;
    const letter = letterOf(event.record);
    const key = JSON.stringify([letter.errorClass, letter.origin?.topic]);
    const group = groups.get(key) ?? newGroup(letter);
    if (groups.size < groupsMax || groups.has(key)) groups.set(key, group);
    group.count += 1;
    group[ledger.of(letter) ?? 'open'] += 1;
    group.oldestMs = Math.min(group.oldestMs, letter.timestamp);
    group.newestMs = Math.max(group.newestMs, letter.timestamp);
  }
  const sorted = [...groups.values()].toSorted((a, b) => b.open - a.open || b.count - a.count);
  return { groups: sorted, scanned, isComplete };
}

/** Copies letters to the topics they came from. */
export function redriveLetters(
  client: KafkaClient,
  request: ResolveRequest,
): Promise<ResolveResult> {
  return resolveLetters(client, request, 'redriven');
}

/** Notes letters as done with; retention deletes them in its time. */
export function discardLetters(
  client: KafkaClient,
  request: ResolveRequest,
): Promise<ResolveResult> {
  return resolveLetters(client, request, 'discarded');
}

async function resolveLetters(
  client: KafkaClient,
  request: ResolveRequest,
  action: Resolution,
): Promise<ResolveResult> {
  const { topic, select = {}, dryRun, recordsPerSecond } = request;
  const ledger = await LetterLedger.read(client, topic);
  const producer = client.producer();
  const admin = client.admin();
  const totals = { count: 0, already: 0, skipped: 0, byTopic: {} as Record<string, number> };
  let isLedgerMade = false;
  try {
    const recovered = await recover(client, topic, ledger);
    if (!dryRun && recovered.length > 0) {
      await ledger.note(producer, recovered, { action: 'redriven', atMs: request.nowMs() });
    }
    ledger.assume(recovered);
    for await (const { records, done, of } of batches(client, request)) {
      const chosen: { readonly place: LetterPlace; readonly copy: ProducerRecord | undefined }[] =
        [];
      for (const record of records) {
        if (totals.count + chosen.length >= (request.recordsMax ?? Infinity)) break;
        const letter = letterOf(record);
        if (!isSelected(letter, select)) continue;
        if (ledger.of(letter)) totals.already += 1;
        else if (action === 'redriven' && !letter.origin) totals.skipped += 1;
        else {
          const to = letter.origin?.topic;
          const copy = action === 'redriven' && to !== undefined ? copyOf(record, to) : undefined;
          const name = to ?? '';
          totals.byTopic[name] = (totals.byTopic[name] ?? 0) + 1;
          chosen.push({ place: letter, copy });
        }
      }
      if (!dryRun && chosen.length > 0) {
        if (!isLedgerMade) await makeLedger(client);
        isLedgerMade = true;
        const copies = chosen.flatMap(({ copy }) => copy ?? []);
        const places = chosen.map(({ place }) => place);
        if (copies.length > 0) {
          const ends = await endsOf(
            admin,
            copies.map((copy) => copy.topic),
          );
          await ledger.begin(producer, { places, ends });
          await producer.sendBatch(copies);
        }
        await ledger.note(producer, places, { action, atMs: request.nowMs() });
      }
      totals.count += chosen.length;
      await request.onProgress?.({ done, of });
      if (totals.count >= (request.recordsMax ?? Infinity)) break;
      if (recordsPerSecond !== undefined && !dryRun && chosen.length > 0) {
        request.signal?.throwIfAborted();
        await request.sleep((chosen.length * 1_000) / recordsPerSecond);
      }
    }
    return totals;
  } finally {
    admin.close();
    await producer.close();
  }
}

/** Letters of a batch that was cut off whose copies had arrived. */
async function recover(
  client: KafkaClient,
  topic: string,
  ledger: LetterLedger,
): Promise<LetterPlace[]> {
  const targets = new Set<string>();
  for (const place of ledger.unfinished?.places ?? []) {
    const { record } = ledger.of(place) ? {} : await client.readRecord({ topic, ...place });
    const to = record && letterOf(record).origin?.topic;
    if (to !== undefined) targets.add(to);
  }
  return targets.size === 0 ? [] : copiesFound(client, { topic, ledger, targets: [...targets] });
}

interface Batch {
  readonly records: readonly ConsumerRecord[];
  readonly done: number;
  readonly of: number;
}

/** The letters there are now, oldest first, or those at the places asked for. */
async function* batches(client: KafkaClient, request: ResolveRequest): AsyncGenerator<Batch> {
  const { topic, signal, recordsPerSecond = Infinity } = request;
  const places = request.select?.places;
  const most = Math.max(1, Math.min(batchRecords, Math.floor(recordsPerSecond)));
  let records: ConsumerRecord[] = [];
  let bytes = 0;
  let done = 0;
  const of = places?.length ?? (await countOf(client, topic));
  const take = (): Batch => {
    const batch = { records, done, of };
    records = [];
    bytes = 0;
    return batch;
  };
  const found = places ? recordsAt(client, topic, places) : recordsOf(client, topic, signal);
  for await (const record of found) {
    signal?.throwIfAborted();
    records.push(record);
    done += 1;
    bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (records.length >= most || bytes >= batchBytes) yield take();
  }
  if (records.length > 0) yield take();
}

async function* recordsOf(
  client: KafkaClient,
  topic: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ConsumerRecord> {
  for await (const event of client.browse({
    ...{ topic, from: { kind: 'earliest' }, limit: 100_000_000 },
    ...{ bytesMax: Infinity, timeoutMs: resolveMs, isolation: 'read_committed' },
    ...(signal ? { signal } : {}),
  })) {
    if (event.kind === 'record') yield event.record;
  }
}

async function* recordsAt(
  client: KafkaClient,
  topic: string,
  places: readonly LetterPlace[],
): AsyncGenerator<ConsumerRecord> {
  for (const { partition, offset } of places) {
    const { record } = await client.readRecord({ topic, partition, offset });
    if (!record) throw new RangeError(`there is no letter at ${partition}:${offset}`);
    yield record;
  }
}

async function countOf(client: KafkaClient, topic: string): Promise<number> {
  const admin = client.admin();
  try {
    const [described] = await admin.describeTopics([topic]);
    const places = described?.partitions.map(({ partition }) => ({ topic, partition })) ?? [];
    const begins = await admin.listOffsets(places.map((one) => ({ ...one, at: 'earliest' })));
    const ends = await admin.listOffsets(places.map((one) => ({ ...one, at: 'latest' })));
    return ends.reduce((sum, { offset }, i) => sum + offset - (begins[i]?.offset ?? 0), 0);
  } finally {
    admin.close();
  }
}

function isSelected(letter: Letter, { errorClass, originTopic }: LetterSelection): boolean {
  if (errorClass !== undefined && letter.errorClass !== errorClass) return false;
  return originTopic === undefined || letter.origin?.topic === originTopic;
}

function copyOf(record: ConsumerRecord, topic: string): ProducerRecord {
  const id = redriveIdOf(record.topic, record);
  return {
    topic,
    key: record.key,
    value: record.value,
    headers: [...headersOfOrigin(record), { key: redriveIdHeader, value: Buffer.from(id) }],
  };
}

type Tally = { -readonly [Name in keyof LetterGroup]: LetterGroup[Name] };

function newGroup(sample: Letter): Tally {
  return {
    errorClass: sample.errorClass ?? null,
    originTopic: sample.origin?.topic ?? null,
    ...{ count: 0, open: 0, redriven: 0, discarded: 0 },
    oldestMs: sample.timestamp,
    newestMs: sample.timestamp,
    sample,
  };
}
