// The reference as an oracle: the same seeded request sequences to Apache Kafka and to Drave, answers decoded and compared field by
// field. What differs must stand in docs/reference/differences.md. `--seeds N` (default 200), `--first N` (default 1), `--steps N` (default 40).
// Needs Java 17 and Maven; fetches Kafka's jars from Maven Central into ~/.cache/drave once.

import { join } from 'node:path';
import { createBroker } from '@drave/broker';
import { makeTemporaryDirectory, nodePlatform } from '@drave/platform';
import { apiName } from '@drave/protocol';
import { Accepted } from './differential/accepted.ts';
import { compare, type Difference } from './differential/comparison.ts';
import { ReferenceBroker, referenceVersion } from './differential/reference.ts';
import { Draw, sequence, type Step } from './differential/sequence.ts';
import { Side, type Answer } from './differential/side.ts';
import { numberOption, type Proof } from './proof.ts';

const settleMs = 60;
const shownMax = 60;
const platform = nodePlatform();

type Ranges = ReadonlyMap<number, readonly [min: number, max: number]>;

/** Compares; each kind of difference is printed once, with the seed that met it first. */
export async function prove(options: readonly string[]): Promise<Proof> {
  const seeds = numberOption(options, '--seeds', 200);
  const first = numberOption(options, '--first', 1);
  const steps = numberOption(options, '--steps', 40);
  const root = makeTemporaryDirectory('drave-differential-');
  const kafka = await ReferenceBroker.start(join(root, 'kafka'));
  const drave = await createBroker({
    platform,
    directory: join(root, 'drave'),
    flush: 'os',
    listen: { host: '127.0.0.1', port: 0 },
    settings: {
      autoCreateTopicsEnable: false,
      groupInitialRebalanceDelayMs: 0,
      groupMinSessionTimeoutMs: 1_000,
      offsetsTopicNumPartitions: 3,
    },
  });
  const run = new Comparison(kafka.port, drave.address.port);
  try {
    await run.prepare();
    for (let seed = first; seed < first + seeds; seed++) {
      await run.sequence(seed, steps);
      process.stderr.write(`\rseed ${seed}: ${run.compared} answers, ${run.unexcused} differ `);
    }
  } finally {
    process.stderr.write('\n');
    await drave.stop();
    await kafka.stop();
  }
  run.print();
  if (run.unexcused === 0) await platform.disk.remove(root);
  return {
    figure: {
      seeds,
      answers: run.compared,
      pairs: run.pairs,
      reference: referenceVersion,
      differences: run.unexcused,
      kinds: run.kinds,
      accepted: run.accepted,
    },
    bar: 'differences=0 but those of docs/reference/differences.md',
    pass: run.unexcused === 0 && run.compared > 0,
    seed: first,
  };
}

class Comparison {
  readonly #ports: readonly [kafka: number, drave: number];
  readonly #excuses = new Accepted();
  readonly #found = new Map<string, { count: number; where: string }>();
  readonly #pairs = new Set<string>();
  #ranges: Ranges = new Map();
  compared = 0;
  unexcused = 0;
  accepted = 0;

  constructor(kafka: number, drave: number) {
    this.#ports = [kafka, drave];
  }

  get pairs(): number {
    return this.#pairs.size;
  }

  get kinds(): number {
    return this.#found.size;
  }

  /** Learns what both advertise and waits until both hand out coordinators and producer ids. */
  async prepare(): Promise<void> {
    for (const port of this.#ports) await warmed(port);
    const [kafka, drave] = await Promise.all(this.#ports.map(advertised));
    const both = new Map<number, readonly [number, number]>();
    for (const [key, [min, max]] of drave ?? []) {
      const other = kafka?.get(key);
      if (other)
        both.set(key, [Math.max(min, other[0], key === 0 ? 3 : 0), Math.min(max, other[1])]);
    }
    this.#ranges = both;
  }

  async sequence(seed: number, length: number): Promise<void> {
    const [kafka, drave] = [new Side(this.#ports[0]), new Side(this.#ports[1])];
    const draw = new Draw(seed);
    let index = 0;
    for (const step of sequence(draw, length)) {
      index++;
      const version = this.#version(step, draw);
      if (version === undefined) continue;
      const [left, right] = await Promise.all([
        ask(kafka, step, version),
        ask(drave, step, version),
      ]);
      if (step.settles) await platform.scheduler.sleep(settleMs);
      this.#note(step, version, `seed ${seed} step ${index}`, compare(left, right));
    }
    kafka.close();
    drave.close();
  }

  print(): void {
    const kinds = [...this.#found].toSorted(([, a], [, b]) => b.count - a.count);
    for (const [kind, { count, where }] of kinds.slice(0, shownMax)) {
      console.error(`${String(count).padStart(5)} × ${kind}  (first ${where})`);
    }
    for (const row of this.#excuses.unused()) console.error(`not met: ${row} of differences.md`);
  }

  #version(step: Step, draw: Draw): number | undefined {
    const range = this.#ranges.get(step.apiKey);
    if (!range) return undefined;
    const min = Math.max(range[0], step.versions?.[0] ?? 0);
    const max = Math.min(range[1], step.versions?.[1] ?? Infinity);
    return min > max ? undefined : min + draw.below(max - min + 1);
  }

  #note(step: Step, version: number, where: string, differences: readonly Difference[]): void {
    const name = apiName(step.apiKey);
    this.compared++;
    this.#pairs.add(`${name} ${version}`);
    for (const difference of differences) {
      if (this.#excuses.has(name, difference)) {
        this.accepted++;
        continue;
      }
      this.unexcused++;
      const { path, kafka, drave } = difference;
      const kind = `${name} ${path}: kafka ${kafka.slice(0, 150)}, drave ${drave.slice(0, 150)}`;
      const known = this.#found.get(kind) ?? { count: 0, where: `${where} v${version}` };
      known.count++;
      this.#found.set(kind, known);
    }
  }
}

async function ask(side: Side, step: Step, version: number): Promise<Answer> {
  const answer = await side.ask(step.apiKey, version, step.body(side.given));
  step.keep?.(answer, side.given);
  return answer;
}

async function warmed(port: number): Promise<void> {
  const side = new Side(port);
  const isReady = async (
    apiKey: 10 | 12 | 22,
    body: Readonly<Record<string, unknown>>,
    code: number,
  ) => {
    const answer = await side.ask(apiKey, 1, body);
    return typeof answer !== 'string' && answer['errorCode'] === code;
  };
  const beat = { groupId: 'warm', generationId: 1, memberId: 'm' };
  const unknownMember = 25;
  for (let tries = 0; tries < 300; tries++) {
    const states = [
      await isReady(10, { key: 'warm', keyType: 0 }, 0),
      await isReady(22, { transactionalId: null, transactionTimeoutMs: 1_000 }, 0),
      await isReady(12, beat, unknownMember),
    ];
    if (!states.includes(false)) return side.close();
    await platform.scheduler.sleep(100);
  }
  throw new Error('a broker does not become ready');
}

async function advertised(port: number): Promise<Map<number, readonly [number, number]>> {
  const side = new Side(port);
  const answer = await side.ask(18, 0, { clientSoftwareName: '', clientSoftwareVersion: '' });
  side.close();
  if (typeof answer === 'string') throw new Error(`ApiVersions: ${answer}`);
  const apis = answer['apiKeys'] as { apiKey: number; minVersion: number; maxVersion: number }[];
  return new Map(apis.map((api) => [api.apiKey, [api.minVersion, api.maxVersion]]));
}
