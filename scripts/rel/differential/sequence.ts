// Seeded request sequences. Protects: everything is drawn from the seed before a request is sent, so both brokers get the same;
// what a broker hands out itself is looked up by name when the body is built.
// Names begin with the seed's: sequences do not see each other, whichever run at the same time.
// Leaves out: what Drave does not advertise; two requests at a time (a sequence is one client's, one after another); settings of
// groups, loggers and client metrics; groups with members of both protocols, which Kafka converts and Drave refuses.

import { SeededRandom } from '@drave/platform';
import type { Answer, ApiKeyNumber, Body } from './side.ts';
import { groupSteps } from './group-steps.ts';
import { adminSteps } from './admin-steps.ts';
import { clusterSteps } from './cluster-steps.ts';
import { consumerGroupSteps } from './consumer-group-steps.ts';
import { recordSteps } from './record-steps.ts';
import { keepTopicIds, zeroId } from './topic-ids.ts';

export type Given = Map<string, unknown>;

export interface Step {
  readonly apiKey: ApiKeyNumber;
  readonly body: (given: Given) => Body;
  /** Keeps what the broker handed out. */
  readonly keep?: (answer: Answer, given: Given) => void;
  /** What of the answer is the sequence's: other sequences leave traces in lists of everything. */
  readonly view?: (answer: Body) => Body;
  /** Versions to draw from, when not all. */
  readonly versions?: readonly [min: number, max: number];
  /** The brokers need a moment until what it changed holds everywhere. */
  readonly settles?: true;
}

/** Draws for one sequence; names are its own. */
export class Draw {
  readonly #random: SeededRandom;
  readonly #prefix: string;
  readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#random = new SeededRandom(`differential-${seed}`);
    this.#prefix = `s${seed}-`;
  }

  one<T>(...choices: readonly [T, ...T[]]): T {
    return choices[this.#random.nextInt(choices.length)] ?? choices[0];
  }

  below(bound: number): number {
    return this.#random.nextInt(bound);
  }

  name(base: string): string {
    return this.#prefix + base;
  }

  /** Keeps of a list what belongs to this sequence, by the text `name` finds in an element. */
  mine<Element>(list: readonly Element[], name: (element: Element) => string): Element[] {
    return list.filter((element) => name(element).startsWith(this.#prefix));
  }

  /** Mostly a topic of the sequence, now and then none that exists. */
  topic(): string {
    return this.name(this.one('a', 'a', 'a', 'b', 'b', 'gone'));
  }

  /** Mostly a partition that exists. */
  partition(): number {
    return this.one(0, 0, 0, 0, 1, 1, 2, 9, -1);
  }
}

const makers: readonly ((draw: Draw) => Step)[] = [
  ...recordSteps,
  ...groupSteps,
  ...consumerGroupSteps,
  ...adminSteps,
  ...clusterSteps,
];

/** The topics every sequence begins with, then `length` drawn steps, then the end of its topics. */
export function* sequence(draw: Draw, length: number): Generator<Step> {
  const topic = (name: string, numPartitions: number): Body => ({
    name: draw.name(name),
    numPartitions,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  });
  yield {
    apiKey: 19,
    body: () => ({
      topics: [topic('a', 3), topic('b', 2)],
      timeoutMs: 10_000,
      validateOnly: false,
    }),
    versions: [7, 7],
    keep: keepTopicIds,
    settles: true,
  };
  yield {
    apiKey: 10,
    body: () => ({ key: draw.name('g'), keyType: 0, coordinatorKeys: [draw.name('g')] }),
    settles: true,
  };
  for (let index = 0; index < length; index++) {
    const maker = makers[draw.below(makers.length)];
    if (maker) yield maker(draw);
  }
  const last = ['a', 'b', 'c', 'd', 'e'].map((name) => draw.name(name));
  yield {
    apiKey: 20,
    body: () => ({
      topics: last.map((name) => ({ name, topicId: zeroId })),
      topicNames: last,
      timeoutMs: 10_000,
    }),
  };
}
