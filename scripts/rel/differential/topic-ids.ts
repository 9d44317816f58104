// The ids that a broker gave its topics: learnt from answers, looked up by name in requests, and by id to read answers.

import type { Answer } from './side.ts';

export const zeroId = '00000000-0000-0000-0000-000000000000';

/** Remembers the id behind each topic's name, from an answer about topics. */
export function keepTopicIds(answer: Answer, given: Map<string, unknown>): void {
  if (typeof answer === 'string') return;
  const topics = answer['topics'] as { name?: string; topicId?: string; errorCode?: number }[];
  for (const { name, topicId, errorCode } of topics) {
    if (!name || !topicId || topicId === zeroId || errorCode !== 0) continue;
    given.set(`id of ${name}`, topicId);
    given.set(`name of ${topicId}`, name);
  }
}
