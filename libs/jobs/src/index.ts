// @drave/jobs: background jobs on BullMQ, with Redis or without.
export type { JobState } from './job-queue.js';
