// @drave/broker-app/jobs: the platform's background jobs. Importing it loads BullMQ; import it when jobs are wanted.

export { PlatformJobs, type PlatformJobsOptions } from './jobs/platform-jobs.js';
