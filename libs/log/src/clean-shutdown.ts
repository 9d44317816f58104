// The clean-shutdown marker: what a start needs to know of each log, so that it opens none of their files.
// Protects: it exists only between a clean stop and the next start, which removes it before anything is written; a damaged one
// counts as missing. Version 1, without what it says of transactions, is read too; any other version means: recover.
//
//   .clean-shutdown: sealed text, JSON with a line for each log: { version: 2, logs: [[topic, partition, topicId, logStart, logEnd,
//   producers in the snapshot at logEnd, bytes of the active segment, [segment base offsets],
//   first offset of the open transactions (-1 none), aborted transactions of the active segment,
//   the leader epoch of all batches or -1: see leader-epoch-checkpoint,
//   ranges in damage-checkpoint (additive: missing is 0),
//   greatest timestamp of the active segment (additive: missing or -1 is not known)], …] }
//   those of transactions are null where a log of a version 1 marker was not used since

import { openSealedText, sealText } from './sealed-text.js';

/** What a log that was not used since a clean stop knows of its producers. */
export interface ColdProducers {
  readonly producerCount: number;
  /** Lowest first offset of the open transactions, -1 for none; null: not known. */
  readonly firstOpenOffset: number | null;
  /** Aborted transactions whose markers are in the active segment; null: not known. */
  readonly abortedCount: number | null;
}

export interface CleanLog extends ColdProducers {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly activeBytes: number;
  readonly bases: readonly number[];
  /** Of all batches from `bases[0]` on; -1: several, or none. */
  readonly leaderEpoch: number;
  /** Corrupt ranges known of it: the file that has them is looked for where there are some. */
  readonly damageCount: number;
  /** Greatest timestamp of the active segment; -1: not known. */
  readonly newestMs: number;
}

export const cleanShutdownName = '.clean-shutdown';

type Row = [
  string,
  number,
  string,
  number,
  number,
  number,
  number,
  number[],
  firstOpenOffset?: number | null,
  abortedCount?: number | null,
  leaderEpoch?: number,
  damageCount?: number,
  newestMs?: number,
];

/** Behind it a line for each log, written as JSON by itself; other programs may write the same JSON otherwise. */
const headLine = /^\{"version":(\d+),"logs":\[\n/;

export function encodeCleanShutdown(logs: readonly CleanLog[]): Buffer {
  const lines = logs.map((log) => JSON.stringify(rowOf(log)));
  return sealText(`{"version":2,"logs":[\n${lines.join(',\n')}\n]}`);
}

function rowOf(log: CleanLog): Row {
  return [
    log.topic,
    log.partition,
    log.topicId,
    log.logStartOffset,
    log.logEndOffset,
    log.producerCount,
    log.activeBytes,
    [...log.bases],
    log.firstOpenOffset,
    log.abortedCount,
    log.leaderEpoch,
    log.damageCount,
    log.newestMs,
  ];
}

/**
 * undefined when damaged or of another version. The logs are read one by one as they are asked for, once: of many there is no second
 * copy in memory.
 */
export function decodeCleanShutdown(content: Buffer): Iterable<CleanLog> | undefined {
  const body = openSealedText(content);
  if (body === undefined) return undefined;
  const head = headLine.exec(body);
  if (head !== null)
    return isKnown(Number(head[1])) ? logsOf(rowsIn(body, head[0].length)) : undefined;
  const marker = JSON.parse(body) as { version: number; logs: Row[] };
  return isKnown(marker.version) ? logsOf(marker.logs) : undefined;
}

function isKnown(version: number): boolean {
  return version === 1 || version === 2;
}

function* rowsIn(body: string, headEnd: number): Iterable<Row> {
  for (let at = headEnd; body[at] === '[';) {
    const end = body.indexOf('\n', at);
    const hasNext = body[end - 1] === ',';
    yield JSON.parse(body.slice(at, hasNext ? end - 1 : end)) as Row;
    at = end + 1;
  }
}

function* logsOf(rows: Iterable<Row>): Iterable<CleanLog> {
  const names = new Map<string, string>();
  for (const row of rows) {
    yield {
      topic: shared(names, row[0]),
      partition: row[1],
      topicId: shared(names, row[2]),
      logStartOffset: row[3],
      logEndOffset: row[4],
      producerCount: row[5],
      activeBytes: row[6],
      bases: row[7],
      firstOpenOffset: row[8] ?? null,
      abortedCount: row[9] ?? null,
      leaderEpoch: row[10] ?? -1,
      damageCount: row[11] ?? 0,
      newestMs: row[12] ?? -1,
    };
  }
}

/** All logs of a topic have the same string. */
function shared(names: Map<string, string>, name: string): string {
  const known = names.get(name);
  if (known === undefined) names.set(name, name);
  return known ?? name;
}

const withoutProducers: ColdProducers = Object.freeze({
  producerCount: 0,
  firstOpenOffset: -1,
  abortedCount: 0,
});

/** What of `log` is needed until it is used; most logs share one object. */
export function coldProducersOf(log: CleanLog): ColdProducers {
  const { producerCount, firstOpenOffset, abortedCount } = log;
  const hasNone = producerCount === 0 && firstOpenOffset === -1 && abortedCount === 0;
  return hasNone ? withoutProducers : { producerCount, firstOpenOffset, abortedCount };
}
