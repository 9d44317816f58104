// The clean-shutdown marker: what a start needs to know of each log, so that it opens none of their files.
// Protects: it exists only between a clean stop and the next start, which removes it before anything is written; a damaged one
// counts as missing. Version 1, without what it says of transactions, is read too; any other version means: recover.
//
//   .clean-shutdown: sealed text, one line of JSON: { version: 2, logs: [[topic, partition, topicId, logStart, logEnd,
//   producers in the snapshot at logEnd, bytes of the active segment, [segment base offsets],
//   first offset of the open transactions (-1 none), aborted transactions of the active segment,
//   the leader epoch of all batches or -1: see leader-epoch-checkpoint,
//   ranges in damage-checkpoint (additive: missing is 0)], …] }
//   the two before the last are null where a log of a version 1 marker was not used since

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
];

export function encodeCleanShutdown(logs: readonly CleanLog[]): Buffer {
  const rows = logs.map((log): Row => [
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
  ]);
  return sealText(JSON.stringify({ version: 2, logs: rows }));
}

/** undefined when damaged or of another version. */
export function decodeCleanShutdown(content: Buffer): CleanLog[] | undefined {
  const body = openSealedText(content);
  if (body === undefined) return undefined;
  const marker = JSON.parse(body) as { version: number; logs: Row[] };
  if (marker.version !== 1 && marker.version !== 2) return undefined;
  const names = new Map<string, string>();
  return marker.logs.map((row) => ({
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
  }));
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
