// A stream application on whichever broker: counts behind a repartition topic, a clean stop, and a second life that has nothing but the
// changelog. Protects: the final counts are those of a loop over the input.

import { join } from 'node:path';
import { long, StreamBuilder, StreamsApp, text } from '@drave/streams';
import { platform, type Side } from './side.ts';

const lines = Array.from({ length: 200 }, (_, index) => `w${index % 5} w${index % 3} all`);

const sorted = (entries: Iterable<[string, number]>): [string, number][] =>
  [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));

async function counts(side: Side): Promise<void> {
  await side.topics({ lines: 2, words: 2 });
  const expected = new Map<string, number>();
  const life = async (name: string, input: readonly string[]): Promise<void> => {
    const builder = new StreamBuilder();
    builder
      .from('lines', { value: text() })
      .flatMapValues((line) => line.split(' '))
      .groupBy((word) => word, { value: text() })
      .count({ store: 'counts' })
      .to('words', { value: long() });
    const app = new StreamsApp({
      platform,
      brokers: side.brokers,
      applicationId: 'word-count',
      topology: builder.build(),
      stateDirectory: join(side.directory, name),
      commitIntervalMs: 100,
    });
    side.afterwards(() => app.close());
    await app.start();
    for (const word of input.flatMap((line) => line.split(' '))) {
      expected.set(word, (expected.get(word) ?? 0) + 1);
    }
    await side.produce(
      'lines',
      input.map((value) => ({ value })),
    );
    const store = app.store<string, number>('counts');
    const found = (): [string, number][] => sorted(store.entries());
    await side.eventually(`counts of the ${name} life`, found, sorted(expected));
    await app.close();
  };
  await life('first', lines);
  await life('second', lines.slice(0, 77));
  const changelog = await side.read('word-count-counts-changelog', expected.size);
  side.check('the changelog is there', changelog.length >= expected.size, true);
}

export const streamScenarios = { counts };
