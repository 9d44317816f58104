// A record batch as it lies in the log: its header's fields with the bytes of each, and the records block. Source: Kafka documentation,
// "Record Batch".

import type { BatchBody } from '@drave/contracts/rest';
import type { FoundRecord } from '@drave/client';

type Batch = NonNullable<FoundRecord['batch']>;

const hexBytesMax = 64 * 1024;
/** Name, bytes, and the value as text. */
const fields: readonly (readonly [string, number, (batch: Batch) => string | number])[] = [
  ['baseOffset', 8, (batch) => batch.baseOffset],
  ['batchLength', 4, (batch) => batch.batchLength],
  ['partitionLeaderEpoch', 4, (batch) => batch.partitionLeaderEpoch],
  ['magic', 1, (batch) => batch.magic],
  ['crc', 4, (batch) => batch.crc],
  ['attributes', 2, attributesOf],
  ['lastOffsetDelta', 4, (batch) => batch.lastOffsetDelta],
  ['baseTimestamp', 8, (batch) => batch.baseTimestamp],
  ['maxTimestamp', 8, (batch) => batch.maxTimestamp],
  ['producerId', 8, (batch) => batch.producerId],
  ['producerEpoch', 2, (batch) => batch.producerEpoch],
  ['baseSequence', 4, (batch) => batch.baseSequence],
  ['recordCount', 4, (batch) => batch.recordCount],
];

export function batchBody(batch: Batch, isCrcValid: boolean): BatchBody {
  const { bytesView } = batch;
  let at = 0;
  const named = fields.map(([name, length, valueOf]) => {
    const field = {
      name,
      at,
      hex: bytesView.toString('hex', at, at + length),
      value: String(valueOf(batch)),
    };
    at += length;
    return field;
  });
  return {
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    sizeBytes: batch.sizeBytes,
    isCrcValid,
    fields: named,
    records: {
      at,
      sizeBytes: batch.sizeBytes - at,
      hex: bytesView.toString('hex', at, Math.min(batch.sizeBytes, at + hexBytesMax)),
      truncated: batch.sizeBytes > at + hexBytesMax,
    },
  };
}

function attributesOf(batch: Batch): string {
  const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
  const flags = [
    codecs[batch.attributes & 7] ?? `codec ${batch.attributes & 7}`,
    batch.timestampType,
    ...(batch.isTransactional ? ['transactional'] : []),
    ...(batch.isControl ? ['control'] : []),
    ...(batch.hasDeleteHorizon ? ['delete horizon'] : []),
  ];
  return `${batch.attributes} (${flags.join(', ')})`;
}
