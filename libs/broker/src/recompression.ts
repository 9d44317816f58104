// Topics with a codec of their own (compression.type): batches in another one are recompressed before they are appended.
// Protects: what is produced to a partition is appended in the order it came, although recompressing takes time: while one batch of a
// partition is on its way, all later ones queue behind it. At most two batches are recompressed at once, so that the disk keeps its
// threads; what waits are request frames, which the inbound budget bounds. Leaves out: levels of codecs.
// Source: Kafka's LogValidator (targetCompression).

import { KafkaError, limits, type TopicSettings } from '@drave/contracts';
import { checkBatchRecords } from '@drave/log';
import {
  batchHeaderBytes,
  compressionCodecs,
  ProtocolError,
  recompressBatch,
  RecordBatchView,
  type CompressionCodec,
} from '@drave/protocol';
import type { Partition } from '@drave/replication';

const concurrencyMax = 2;
const currentMagic = 2;
const codecBits = 7;

export class Recompression {
  /** The last batch on its way to each partition. */
  readonly #lanes = new Map<Partition, Promise<unknown>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Whether a batch for the partition cannot be appended at once: it needs another codec, or others are before it. */
  mustWait(partition: Partition, settings: TopicSettings, records: Buffer): boolean {
    return this.#lanes.has(partition) || needsCodec(settings, records) !== undefined;
  }

  /** Calls `append` with the batch as it has to be stored, after all that came before it; never while the caller runs. */
  async run(
    job: {
      readonly partition: Partition;
      readonly settings: TopicSettings;
      readonly records: Buffer;
      readonly nowMs: number;
    },
    append: (records: Buffer) => void,
  ): Promise<void> {
    const { partition } = job;
    const before = this.#lanes.get(partition);
    const ready = this.#recompressed(job);
    ready.catch(() => undefined); // It is awaited below, after its predecessors.
    const lane = (async (): Promise<void> => {
      await before;
      append(await ready);
    })();
    const settled = lane.catch(() => undefined);
    this.#lanes.set(partition, settled);
    try {
      await lane;
    } finally {
      if (this.#lanes.get(partition) === settled) this.#lanes.delete(partition);
    }
  }

  async #recompressed({
    settings,
    records,
    nowMs,
  }: {
    readonly settings: TopicSettings;
    readonly records: Buffer;
    readonly nowMs: number;
  }): Promise<Buffer> {
    const codec = needsCodec(settings, records);
    if (codec === undefined) return records;
    await this.#turn();
    try {
      return await recompressBatch(records, {
        codec,
        maxDecompressedBytes: Math.max(4 * settings.maxMessageBytes, limits.validatedBytesMin),
        inspect: (plain) => checkBatchRecords(plain, { origin: 'client', nowMs, settings }),
      });
    } catch (error) {
      if (error instanceof ProtocolError) throw new KafkaError('INVALID_RECORD', error.message);
      throw error;
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    while (this.#running >= concurrencyMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
  }
}

/** The codec the batch has to be stored in, if that is another one; what the log refuses anyway needs none. */
function needsCodec(settings: TopicSettings, records: Buffer): CompressionCodec | undefined {
  const { compressionType, maxMessageBytes } = settings;
  if (compressionType === 'producer') return undefined;
  if (records.length < batchHeaderBytes || records.length > maxMessageBytes) return undefined;
  if (records.readInt8(16) !== currentMagic) return undefined;
  const attributes = records.readInt16BE(21);
  const from = compressionCodecs[attributes & codecBits];
  const to = compressionType === 'uncompressed' ? 'none' : compressionType;
  if (from === undefined || from === to) return undefined;
  const target = compressionCodecs.find((codec) => codec === to);
  return target !== undefined && isWhole(records) ? target : undefined;
}

function isWhole(records: Buffer): boolean {
  try {
    const batch = new RecordBatchView(records);
    return batch.sizeBytes === records.length && batch.recordCount > 0 && batch.crcIsValid();
  } catch {
    return false;
  }
}
