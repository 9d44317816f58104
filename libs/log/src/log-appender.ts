// The way of a batch into its log: checked, given its offsets, put into the indexes and the tail cache, queued for the disk; and rolling
// to a new segment. Protects: all of it happens synchronously, so offsets are given in call order and never twice; a refused batch
// changes nothing. Leaves out: writing and syncing (log-writer.ts), what belongs to a sealed segment (log-sealer.ts).

import { KafkaError } from '@drave/contracts';
import { type EndTransactionMarker, RecordBatchView } from '@drave/protocol';
import type { AppendOptions, AppendResult } from './append-result.js';
import { type BatchHeader, isControl } from './batch-header.js';
import { validateBatch } from './batch-validator.js';
import type { LogSealer } from './log-sealer.js';
import type { LogSettings } from './log-settings.js';
import { type LogEnvironment, type LogState, segmentOf } from './log-state.js';
import type { LogTransactions } from './log-transactions.js';
import type { LogWriter } from './log-writer.js';
import type { ProducerBatch } from './producer-state.js';
import type { Segment } from './segment.js';
import type { LogTail } from './tail-cache.js';
import { TransactionIndex } from './transaction-index.js';
import { markerIn } from './transaction-marker.js';

/** What appending needs of its log. */
export interface AppenderHost {
  readonly environment: LogEnvironment;
  readonly state: LogState;
  readonly tail: LogTail;
  readonly writer: LogWriter;
  readonly sealer: LogSealer;
  readonly transactions: LogTransactions;
  settings(): LogSettings;
  /** Runs `work` alone among what changes the files; a failure takes the directory out of service. Rejects when `isPassing` only. */
  chore(action: string, work: () => Promise<void>): Promise<void>;
  /** The log is closed or about to be removed. */
  isClosed(): boolean;
  /** The segment is complete on disk and will not change any more. */
  sealed(segment: Segment): void;
}

/** One batch with its place in the log. */
interface PlacedBatch {
  readonly header: BatchHeader;
  readonly baseOffset: number;
  readonly maxTimestamp: number;
}

export class LogAppender {
  readonly #host: AppenderHost;
  #cuts = 0;

  constructor(host: AppenderHost) {
    this.#host = host;
  }

  /** See PartitionLog.appendAsLeader. */
  append(records: Buffer, options: AppendOptions): AppendResult {
    const { state } = this.#host;
    const { nowMs, origin, leaderEpoch } = options;
    const settings = this.#host.settings();
    const header = validateBatch(records, { nowMs, origin, settings });
    const { producers, epochs } = state;
    if (leaderEpoch < epochs.latest) {
      throw new KafkaError(
        'FENCED_LEADER_EPOCH',
        `leader epoch ${leaderEpoch} is below ${epochs.latest}`,
      );
    }
    const marker = isControl(header) ? markerIn(header, records) : undefined;
    const duplicate = producers.check(header, marker);
    if (duplicate !== undefined) return this.#duplicate(duplicate);
    if (origin === 'client') this.#checkRoom();
    const hasAppendTime = settings.messageTimestampType === 'LogAppendTime';
    const maxTimestamp = hasAppendTime ? nowMs : header.maxTimestamp;
    const segment = this.#segmentFor(header, maxTimestamp, nowMs);
    const baseOffset = state.logEndOffset;
    const view = new RecordBatchView(records);
    view.setBaseOffset(baseOffset);
    view.setPartitionLeaderEpoch(leaderEpoch);
    if (hasAppendTime) view.setLogAppendTime(nowMs);
    else if (view.maxTimestamp !== maxTimestamp) view.setMaxTimestamp(maxTimestamp);
    const batch = { header, baseOffset, maxTimestamp };
    this.#recordProducer(batch, marker, nowMs);
    epochs.note(leaderEpoch, baseOffset);
    const written = this.#enqueue(segment, records, batch);
    return {
      baseOffset,
      lastOffset: baseOffset + header.lastOffsetDelta,
      logAppendTimeMs: hasAppendTime ? nowMs : -1,
      duplicate: false,
      written,
    };
  }

  /** Throws KAFKA_STORAGE_ERROR, which clients repeat, while the disk is nearly full or files cannot be opened. */
  #checkRoom(): void {
    const { reserve, queue } = this.#host.environment;
    reserve.check();
    if (queue.isStuck) {
      const { directory } = this.#host.environment;
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `the disk of ${directory} is full: free some space, writing resumes by itself`,
      );
    }
    if (!queue.isStarving) return;
    throw new KafkaError(
      'KAFKA_STORAGE_ERROR',
      'the process has no free file descriptor; raise its limit (ulimit -n) or close connections',
    );
  }

  /** Begins a new segment at the log end; the old one is sealed in the background. */
  roll(nowMs: number): void {
    const { environment, state } = this.#host;
    const sealed = state.active;
    const endOffset = state.logEndOffset;
    const known = sealed.transactions;
    const open = state.producers.openTransactions();
    sealed.transactions = new TransactionIndex(known?.aborted, open, known?.problem);
    state.segments.push(
      segmentOf(environment, state.directory, { baseOffset: endOffset, sizeBytes: 0 }),
    );
    state.producers.expire(nowMs, environment.producerIdExpirationMs);
    const snapshot = state.producers.encode(endOffset);
    this.#seal(sealed, { endOffset, snapshot });
  }

  /** The log was cut back: what a seal of before would say is void. */
  truncated(): void {
    this.#cuts++;
  }

  /** In the background. A full disk postpones it: all that it writes follows from the batches, too. */
  #seal(sealed: Segment, at: { readonly endOffset: number; readonly snapshot: Buffer }): void {
    const { environment, sealer, writer } = this.#host;
    const cuts = this.#cuts;
    void this.#host.chore('seal a segment', async () => {
      await writer.settled(at.endOffset);
      try {
        await sealer.seal(sealed, at);
      } catch (error) {
        if (!environment.room.mayPass(error)) throw error;
        const { logger } = environment.platform;
        logger.warn('log-seal-postponed', { path: sealed.logPath, error: String(error) });
        this.#sealLater(() => this.#seal(sealed, at), { sealed, cuts });
        return;
      }
      this.#host.sealed(sealed);
    });
  }

  /** Not out of the reserve: the last bytes are for what makes room. */
  #sealLater(again: () => void, of: { readonly sealed: Segment; readonly cuts: number }): void {
    const { environment, state } = this.#host;
    environment.room.later(() => {
      const isVoid = of.cuts !== this.#cuts || !state.segments.includes(of.sealed);
      if (isVoid || this.#host.isClosed()) return;
      if (environment.reserve.hasRoom) again();
      else this.#sealLater(again, of);
    });
  }

  #segmentFor(header: BatchHeader, maxTimestamp: number, nowMs: number): Segment {
    const { state } = this.#host;
    const { active, logEndOffset } = state;
    const { segmentBytes, segmentMs } = this.#host.settings();
    if (active.sizeBytes === 0) return active;
    const lastRelative = logEndOffset + header.lastOffsetDelta - active.baseOffset;
    const isFull = active.sizeBytes + header.sizeBytes > segmentBytes;
    const isOld = maxTimestamp - (active.firstTimestamp ?? maxTimestamp) > segmentMs;
    if (isFull || isOld || lastRelative > 0x7fff_ffff) this.roll(nowMs);
    return state.active;
  }

  #recordProducer(
    { header, baseOffset, maxTimestamp }: PlacedBatch,
    marker: EndTransactionMarker | undefined,
    nowMs: number,
  ): void {
    const { state, transactions } = this.#host;
    const { producerId, lastOffsetDelta } = header;
    if (producerId < 0) return;
    const recorded = { header, baseOffset, timestamp: maxTimestamp, nowMs, marker };
    const firstOffset = state.producers.record(recorded);
    if (firstOffset === undefined) return;
    const end = { firstOffset, isAborted: marker?.type === 'abort' };
    transactions.ended({ producerId, baseOffset, lastOffsetDelta }, end);
  }

  #enqueue(segment: Segment, records: Buffer, batch: PlacedBatch): Promise<void> {
    const { environment, state, tail, writer } = this.#host;
    const { header, baseOffset, maxTimestamp } = batch;
    const { sizeBytes } = header;
    const endOffset = baseOffset + header.lastOffsetDelta + 1;
    const position = segment.sizeBytes;
    const { indexIntervalBytes } = this.#host.settings();
    segment.note(baseOffset, maxTimestamp, {
      position,
      sizeBytes,
      intervalBytes: indexIntervalBytes,
    });
    segment.sizeBytes += sizeBytes;
    environment.reserve.took(sizeBytes);
    state.logEndOffset = endOffset;
    tail.append(records, baseOffset, endOffset);
    return writer.push({ segment, position, bytes: records, baseOffset, endOffset });
  }

  #duplicate(batch: ProducerBatch): AppendResult {
    const { lastOffset, offsetDelta, timestamp } = batch;
    const hasAppendTime = this.#host.settings().messageTimestampType === 'LogAppendTime';
    return {
      baseOffset: lastOffset - offsetDelta,
      lastOffset,
      logAppendTimeMs: hasAppendTime ? timestamp : -1,
      duplicate: true,
      written: this.#host.writer.reached(lastOffset + 1),
    };
  }
}
