// Dead letters back to the topics they came from, as a job. Leaves out: how (redriveLetters of the client, which REST and the command
// line use too), choosing single letters, discarding.

import { redriveLetters, type KafkaClient } from '@drave/client';
import type { JobContext } from '@drave/jobs';
import type { Platform } from '@drave/platform';

export interface RedriveData {
  readonly topic: string;
  readonly recordsMax?: number | undefined;
  readonly recordsPerSecond?: number | undefined;
  readonly dryRun: boolean;
}

export interface RedriveResult {
  readonly redriven: number;
  /** Letters without an origin stay. */
  readonly skipped: number;
  /** Letters that were redriven or discarded before. */
  readonly already: number;
  readonly byTopic: Readonly<Record<string, number>>;
}

export interface RedriveContext extends Pick<Platform, 'clock' | 'scheduler'> {
  readonly client: KafkaClient;
  /** Ends the job, which goes on where it was when it runs again. */
  readonly signal: AbortSignal;
}

export async function redriveDeadLetters(
  { client, clock, scheduler, signal }: RedriveContext,
  data: RedriveData,
  job: JobContext,
): Promise<RedriveResult> {
  const { count, skipped, already, byTopic } = await redriveLetters(client, {
    ...data,
    signal,
    onProgress: (progress) => job.progress(progress),
    nowMs: () => clock.nowMs(),
    sleep: (ms) => scheduler.sleep(ms),
  });
  await job.log(`${count} redriven, ${skipped} without an origin`);
  return { redriven: count, skipped, already, byTopic };
}
