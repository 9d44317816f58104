// @drave/jobs: background jobs on BullMQ, with Redis or without. Usable without the rest of Drave.
export * from './job-queue.js';
export {
  createBackend,
  createEmbeddedBackend,
  installBackendFactory,
  isEmbeddedConnection,
  type EmbeddedConnection,
} from './backend-factory.js';
export {
  BullmqJobQueue,
  QueueUnavailableError,
  type BullmqJobQueueOptions,
} from './bullmq-job-queue.js';
export { DirectJobQueue } from './direct-job-queue.js';
export { EmbeddedBackend } from './embedded/embedded-backend.js';
export { EmbeddedJobStore, type JobStoreOptions } from './embedded/job-store.js';
export { FileJournal, type FileJournalOptions } from './embedded/file-journal.js';
export { volatileJournal, type Change, type JobJournal } from './embedded/journal.js';
