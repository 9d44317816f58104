// Seeded request sequences. Protects: everything is drawn from the seed before a request is sent, so both brokers get the same;
// what a broker hands out itself is looked up by name when the body is built.
// Leaves out: what Drave does not advertise, and two requests at a time (a sequence is one client's, one after another).

import { SeededRandom } from '@drave/platform';
import type { Answer, ApiKeyNumber, Body } from './side.ts';
import { groupSteps } from './group-steps.ts';
import { adminSteps } from './admin-steps.ts';
import { recordSteps } from './record-steps.ts';

export type Given = Map<string, unknown>;

export interface Step {
  readonly apiKey: ApiKeyNumber;
  readonly body: (given: Given) => Body;
  /** Keeps what the broker handed out. */
  readonly keep?: (answer: Answer, given: Given) => void;
  /** Versions to draw from, when not all. */
  readonly versions?: readonly [min: number, max: number];
  /** The brokers need a moment until what it changed holds everywhere. */
  readonly settles?: true;
}

/** Draws for one sequence; names are its own. */
export class Draw {
  readonly #random: SeededRandom;
  readonly #prefix: string;

  constructor(seed: number) {
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

  /** Mostly a topic of the sequence, now and then none that exists. */
  topic(): string {
    return this.name(this.one('a', 'a', 'a', 'b', 'b', 'gone'));
  }

  /** Mostly a partition that exists. */
  partition(): number {
    return this.one(0, 0, 0, 0, 1, 1, 2, 9, -1);
  }
}

const makers: readonly ((draw: Draw) => Step)[] = [...recordSteps, ...groupSteps, ...adminSteps];

/** The topics every sequence begins with, then `length` drawn steps. */
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
}
