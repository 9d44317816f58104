// Control records: the transaction markers that end a producer's transaction in a partition. Protects: markers of an unknown type
// or newer version can be told apart and skipped. Leaves out: control records of the metadata log (ours has its own).
//
//   key:   version i16 = 0 | type i16 (0 abort, 1 commit)
//   value: version i16 = 0 | coordinatorEpoch i32
//
// Source: Kafka documentation, "Control Batches"; EndTxnMarker.json.

import { ProtocolError } from '../protocol-error.js';
import { int16At, int32At, setInt16, setInt32 } from './int64.js';
import { buildBatch } from './record-batch-builder.js';
import { type KafkaRecord } from './record-decoder.js';

const keyBytes = 4;
const valueBytes = 6;
const typeAbort = 0;
const typeCommit = 1;

export type MarkerType = 'abort' | 'commit';

export interface EndTransactionMarker {
  readonly type: MarkerType;
  readonly coordinatorEpoch: number;
}

export interface MarkerBatchOptions extends EndTransactionMarker {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timestamp: number;
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
}

/** A control batch with one transaction marker; its sequence is -1. */
export function buildMarkerBatch(options: MarkerBatchOptions): Buffer {
  const { type, coordinatorEpoch, timestamp, ...batch } = options;
  const key = Buffer.alloc(keyBytes);
  setInt16(key, 2, type === 'commit' ? typeCommit : typeAbort);
  const value = Buffer.alloc(valueBytes);
  setInt32(value, 2, coordinatorEpoch);
  return buildBatch([{ key, value, timestamp }], {
    ...batch,
    baseSequence: -1,
    isTransactional: true,
    isControl: true,
  });
}

/** The marker in a record of a control batch; undefined for another type of control record. Throws ProtocolError when cut off. */
export function decodeMarker(
  record: Pick<KafkaRecord, 'key' | 'value'>,
): EndTransactionMarker | undefined {
  const { key, value } = record;
  if (key === null || key.length < keyBytes)
    throw new ProtocolError('a control record has no type');
  const type = int16At(key, 2);
  if (type !== typeAbort && type !== typeCommit) return undefined;
  if (value === null || value.length < valueBytes) {
    throw new ProtocolError('a transaction marker has no coordinator epoch');
  }
  return { type: type === typeCommit ? 'commit' : 'abort', coordinatorEpoch: int32At(value, 2) };
}
