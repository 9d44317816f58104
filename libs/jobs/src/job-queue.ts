// The port of background work: named queues of jobs with progress and history. Adapters: BullMQ on Redis,
// BullMQ on the embedded backend. Records, heartbeats and rebalancing never travel through jobs.

/** What became of a job so far. */
export type JobState = 'waiting' | 'delayed' | 'active' | 'completed' | 'failed';
