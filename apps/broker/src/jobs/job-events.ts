// Jobs as cluster events: started, progressed (once a second at most), finished, failed. Protects: what a schedule does without effect
// is no event, so that sweeps do not push everything else out of the ring. Leaves out: running the job.

import type { Broker } from '@drave/broker';
import type { JobContext } from '@drave/jobs';
import type { Clock } from '@drave/platform';

const progressMs = 1_000;
const progressCharsMax = 1_000;

/** Runs `work` and tells of it. */
export async function tellJob<Result>(
  { events }: Pick<Broker, 'events'>,
  clock: Clock,
  job: JobContext,
  work: (job: JobContext) => Promise<Result>,
): Promise<Result> {
  const { id, name, scheduleId } = job;
  const data = { job: id, name };
  const startedAtMs = clock.monotonicMs();
  const tookMs = () => Math.round(clock.monotonicMs() - startedAtMs);
  let isForgotten = false;
  let toldAtMs = -Infinity;
  if (scheduleId === undefined) {
    events.publish({ type: 'job.started.v1', data: { ...data, schedule: null } });
  }
  const told: JobContext = {
    id,
    name,
    scheduleId,
    data: job.data,
    everyMs: job.everyMs,
    attemptsMade: job.attemptsMade,
    log: (line) => job.log(line),
    forget() {
      isForgotten = true;
      job.forget();
    },
    async progress(value) {
      const nowMs = clock.monotonicMs();
      if (nowMs - toldAtMs >= progressMs && JSON.stringify(value).length <= progressCharsMax) {
        toldAtMs = nowMs;
        events.publish({ type: 'job.progressed.v1', data: { ...data, progress: value } });
      }
      await job.progress(value);
    },
  };
  try {
    const result = await work(told);
    const isNews = scheduleId === undefined || !(isForgotten || didNothing(result));
    if (isNews) events.publish({ type: 'job.finished.v1', data: { ...data, tookMs: tookMs() } });
    return result;
  } catch (error) {
    const failed = { ...data, tookMs: tookMs(), error: String(error) };
    events.publish({ type: 'job.failed.v1', data: failed });
    throw error;
  }
}

/** Its counts are all zero. */
function didNothing(result: unknown): boolean {
  return (
    typeof result === 'object' &&
    result !== null &&
    Object.values(result).every((value) => value === 0)
  );
}
