// The marker in a control batch: how a producer's transaction ended. Protects: only a whole, known marker ends one; what compaction
// emptied says nothing. Leaves out: making markers (the transaction coordinator does).

import {
  decodeMarker,
  type EndTransactionMarker,
  ProtocolError,
  RecordBatchView,
} from '@drave/protocol';
import type { DiskFile } from '@drave/platform';
import { type BatchHeader, isControl } from './batch-header.js';

/** A marker is some 80 bytes; what is larger is none. */
const markerBytesMax = 4096;

/** undefined: it is no marker, of an unknown type, or damaged. */
export function markerIn(header: BatchHeader, batch: Buffer): EndTransactionMarker | undefined {
  if (!isControl(header) || header.recordCount === 0) return undefined;
  try {
    const [record] = new RecordBatchView(batch).records();
    return record && decodeMarker(record);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** As `markerIn`, of the batch at `position`. Throws the disk's errors. */
export function markerAt(
  file: DiskFile,
  header: BatchHeader,
  position: number,
): EndTransactionMarker | undefined {
  if (!isControl(header) || header.sizeBytes > markerBytesMax) return undefined;
  const bytes = Buffer.allocUnsafe(header.sizeBytes);
  const count = file.readSync(bytes, 0, bytes.length, position);
  return count < bytes.length ? undefined : markerIn(header, bytes);
}
