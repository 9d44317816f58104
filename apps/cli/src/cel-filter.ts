// `--filter`: a CEL expression over key, value, headers, offset, partition and timestamp, as REST takes it and within the same bounds,
// but for one evaluation: 1 s instead of 50 ms, as nobody else waits and a busy machine should not end an export.
// Protects: an expression that is none, is too slow or needs too much memory ends the command with a sentence; records of which it can
// say nothing do not match and are counted. Loaded only when asked for, as its engine comes with the HTTP side.

import type { ConsumerRecord } from '@drave/client';
import { nodePlatform } from '@drave/platform';
import { CommandError } from './output.js';

export type Predicate = (records: readonly ConsumerRecord[]) => Promise<boolean[]>;

const evaluationMs = 1_000;

export const filterSentence =
  'only records for which this CEL expression is true: value.total > 100 && key.startsWith("a")';

/** Runs `use` with the filter of `expression`; undefined without one. */
export async function withFilter<Result>(
  expression: string | undefined,
  use: (predicate: Predicate | undefined) => Promise<Result>,
): Promise<Result> {
  if (expression === undefined) return use(undefined);
  const { RecordFilters } = await import('@drave/broker-app/filter');
  const filter = await orCommandError(() =>
    new RecordFilters(nodePlatform(), { evaluationMs }).open(expression),
  );
  try {
    const result = await use((records) => orCommandError(() => filter.matches(records)));
    const { count, first } = filter.failures;
    if (count > 0)
      process.stderr.write(`drave: ${count} records did not fit the filter: ${first}\n`);
    return result;
  } finally {
    await filter.close();
  }
}

/** What the engine refuses is the user's to change. */
async function orCommandError<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Error && cause.message.startsWith('the filter is refused')) {
      throw new CommandError(cause.message, { cause });
    }
    throw cause;
  }
}
