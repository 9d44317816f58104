// @drave/log: one partition's records on disk, and the data directory that holds the partitions.

export type { FlushMode } from './append-queue.js';
export {
  type AppendOrigin,
  checkBatchRecords,
  InvalidRecordsError,
  type RecordError,
} from './batch-validator.js';
export { LogDirectoryError, type LogDirectoryErrorCode } from './data-directory.js';
export type { CleaningPlan, CleaningRequest, CleaningResult } from './log-cleaner.js';
export type { BatchHeader } from './batch-header.js';
export { inspectLogs } from './inspection.js';
export type { InspectionTotals, LogProblem, LogRecovery, LogVisitor } from './inspection-report.js';
export type { SnapshotPartition } from './log-snapshot.js';
export type { MaintenanceSettings, ScrubOptions, ScrubTotals, Sweep } from './log-maintenance.js';
export type { LogOwner } from './log-state.js';
export { type CreateLogOptions, LogManager, type LogManagerOptions } from './log-manager.js';
export type { ReadRequest, ReadResult } from './log-reader.js';
export type { TimestampOffset } from './time-lookup.js';
export type { JournalFigures, JournalSettings } from './shared-journal.js';
export { logSettings, type LogSettings } from './log-settings.js';
export type { RetentionRequest } from './retention.js';
export type { AppendOptions, AppendResult } from './append-result.js';
export type { CorruptRange } from './corrupt-ranges.js';
export type { ScrubRequest, ScrubResult } from './log-scrub.js';
export { PartitionLog } from './partition-log.js';
export type { AbortedTransaction } from './transaction-index.js';
