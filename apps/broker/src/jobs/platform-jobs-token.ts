// The token under which controllers get the jobs. Of its own, so that HTTP without jobs does not load BullMQ.

export const PLATFORM_JOBS = Symbol('PLATFORM_JOBS');
