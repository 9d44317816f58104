// Records on their way into and out of a task, and the header names the processor itself uses on the wire.
// Protects: nothing here needs a private broker feature; all marks are ordinary record headers.
// Leaves out: transactions; batches (libs/protocol).

export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** A fetched record, still in bytes. */
export interface InputRecord {
  readonly offset: number;
  /** Milliseconds since the Unix epoch; −1 when the producer gave none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

export type OutputPurpose = 'sink' | 'repartition' | 'changelog' | 'dead-letter' | 'late';

/** A record that a task wants produced. */
export interface OutputRecord {
  readonly purpose: OutputPurpose;
  readonly topic: string;
  /** undefined: the default partitioner decides by key (murmur2). */
  readonly partition?: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: readonly RecordHeader[];
}

/** Takes the output of tasks in order. Must keep the order per topic-partition and lose nothing silently. */
export interface RecordCollector {
  send(record: OutputRecord): void;
}

export const streamHeaders = Object.freeze({
  /** A record that only moves stream time: exempt from `maxAhead`, not counted, not processed. */
  tick: 'x-tick',
  /** On repartition records: `topic-partition@offset.index` of the source record and its running output number. */
  origin: 'x-drave-origin',
  /** On changelog records: the epoch of the writing task. */
  epoch: 'x-drave-epoch',
  /** On the changelog record with which a new owner fences older writers. */
  fence: 'x-drave-fence',
});

const internalHeaders = new Set<string>(Object.values(streamHeaders));

/** The headers a record passes on to what is derived from it. */
export function forwardedHeaders(headers: readonly RecordHeader[]): readonly RecordHeader[] {
  for (const header of headers) {
    if (internalHeaders.has(header.key)) {
      return headers.filter(({ key }) => !internalHeaders.has(key));
    }
  }
  return headers;
}

/** Value of the last header of that name; undefined when absent. */
export function headerValue(
  headers: readonly RecordHeader[],
  name: string,
): Buffer | null | undefined {
  for (let index = headers.length - 1; index >= 0; index -= 1) {
    const header = headers[index];
    if (header?.key === name) return header.value;
  }
  return undefined;
}
