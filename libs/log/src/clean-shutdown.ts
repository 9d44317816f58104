// The clean-shutdown marker: what a start needs to know of each log, so that it opens none of their files.
// Protects: it exists only between a clean stop and the next start, which removes it before anything is written; a damaged one
// counts as missing. Leaves out: logs made before the marker's format (any other version means: recover).
//
//   .clean-shutdown: sealed text, one line of JSON: { version: 1, logs: [[topic, partition, topicId, logStart, logEnd,
//   producers in the snapshot at logEnd, bytes of the active segment, [segment base offsets]], …] }

import { openSealedText, sealText } from './sealed-text.js';

export interface CleanLog {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly producerCount: number;
  readonly activeBytes: number;
  readonly bases: readonly number[];
}

export const cleanShutdownName = '.clean-shutdown';

type Row = [string, number, string, number, number, number, number, number[]];

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
  ]);
  return sealText(JSON.stringify({ version: 1, logs: rows }));
}

/** undefined when damaged or of another version. */
export function decodeCleanShutdown(content: Buffer): CleanLog[] | undefined {
  const body = openSealedText(content);
  if (body === undefined) return undefined;
  const marker = JSON.parse(body) as { version: number; logs: Row[] };
  if (marker.version !== 1) return undefined;
  return marker.logs.map((row) => ({
    topic: row[0],
    partition: row[1],
    topicId: row[2],
    logStartOffset: row[3],
    logEndOffset: row[4],
    producerCount: row[5],
    activeBytes: row[6],
    bases: row[7],
  }));
}
