// The thread's side of thread-compactor.ts: does what the messages ask, one compaction at a time. Protects: one reply to each request, in
// order; a failure keeps its kind; what is large goes over without a copy. Leaves out: the thread itself (compaction-worker.ts).

import type { ThreadPort } from '@drave/platform';
import { CleaningCancelled, failureOf, type Rewritten } from './compaction-job.js';
import { CompactionWork, type CompactionWorld } from './compaction-work.js';
import type { Reply, Request } from './thread-compactor.js';

/** `worldOf`: for one compaction. */
export function serveCompactions(
  port: ThreadPort,
  worldOf: () => Omit<CompactionWorld, 'check'>,
): void {
  let work: CompactionWork | undefined;
  const answer = async (request: Request): Promise<unknown> => {
    if (request.kind === 'map') {
      const cancel = new Int32Array(request.cancel);
      const check = (): void => {
        if (Atomics.load(cancel, 0) !== 0) throw new CleaningCancelled('cancelled');
      };
      work = new CompactionWork(request.job, { ...worldOf(), check });
      return work.map();
    }
    if (request.kind === 'rewrite') return work?.rewrite(request.group);
    const ended = work?.end();
    work = undefined;
    return ended;
  };
  port.onMessage((message) => {
    answer(message as Request).then(
      (result) => port.post({ kind: 'done', result } satisfies Reply, buffersOf(result)),
      (error: unknown) => port.post({ kind: 'failed', failure: failureOf(error) } satisfies Reply),
    );
  });
}

/** What need not be copied. */
function buffersOf(result: unknown): ArrayBuffer[] {
  if (typeof result !== 'object' || result === null || !('content' in result)) return [];
  const { content, seal, markers } = result as Rewritten;
  const { offsetIndex, timeIndex, files } = content;
  const { relativeOffsets, positions } = offsetIndex;
  const { timestamps, relativeOffsets: timeOffsets } = timeIndex;
  const arrays = [relativeOffsets, positions, timestamps, timeOffsets, seal, markers];
  if (files) arrays.push(files.offsetIndex, files.timeIndex);
  return arrays.map(({ buffer }) => buffer);
}
