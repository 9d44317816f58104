// One request of a sequence, and the draws it is made from. Protects: the same seed draws the same; names begin with the seed's.
// Leaves out: which steps there are (the files named `…-steps.ts`).

import { SeededRandom } from '@drave/platform';
import type { Answer, ApiKeyNumber, Body } from './side.ts';

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
