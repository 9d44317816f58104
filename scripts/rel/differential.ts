// The reference as an oracle: the same seeded request sequences to Apache Kafka and to Drave, answers decoded and compared field by
// field. What differs must stand in docs/reference/differences.md, and all that stands there must be met in a whole run.
// `--seeds N` (default 200), `--first N` (default 1), `--steps N` a sequence (default 60), `--lanes N` sequences at a time (default 4),
// `--trace` prints every request with both answers, `--broken` compares with a Drave whose answers are tampered with: that must be found.
// Needs Java 17 and Maven; fetches Kafka's jars from Maven Central into ~/.cache/drave once.

import { join } from 'node:path';
import { createBroker } from '@drave/broker';
import { makeTemporaryDirectory, nodePlatform } from '@drave/platform';
import { apiName } from '@drave/protocol';
import { Accepted } from './differential/accepted.ts';
import { compare, type Difference } from './differential/comparison.ts';
import { ReferenceBroker, referenceVersion } from './differential/reference.ts';
import { sequence } from './differential/sequence.ts';
import { Draw, type Given, type Step } from './differential/step.ts';
import { Side, type Answer } from './differential/side.ts';
import { tampered, TamperingProxy } from './differential/tampering-proxy.ts';
import { numberOption, type Proof } from './proof.ts';

const settleMs = 25;
const readTriesMax = 5;
const readAgainMs = 200;
/** Requests that change nothing: both may show late what they agree on, so a difference counts when it stays. */
const reads: ReadonlySet<number> = new Set([3, 9, 15, 16, 32, 46, 48, 50, 60, 61, 69]);
const shownMax = 80;
/** From this many seeds on every row of the table is met, or it is stale. */
const wholeRunSeeds = 200;
const platform = nodePlatform();

type Ranges = ReadonlyMap<number, readonly [min: number, max: number]>;

/** Compares; each kind of difference is printed once, with the seed that met it first. */
export async function prove(options: readonly string[]): Promise<Proof> {
  const seeds = numberOption(options, '--seeds', 200);
  const first = numberOption(options, '--first', 1);
  const steps = numberOption(options, '--steps', 60);
  const lanes = Math.max(1, numberOption(options, '--lanes', 4));
  const isBroken = options.includes('--broken');
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
  const proxy = isBroken ? await TamperingProxy.before(drave.address.port) : undefined;
  const ports = [kafka.port, proxy?.port ?? drave.address.port] as const;
  const run = new Comparison(ports, options.includes('--trace'));
  try {
    await run.prepare();
    let next = first;
    const lane = async (): Promise<void> => {
      for (let seed = next++; seed < first + seeds; seed = next++) {
        await run.sequence(seed, steps);
        process.stderr.write(`\rseed ${seed}: ${run.compared} answers, ${run.unexcused} differ `);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    process.stderr.write('\n');
    proxy?.close();
    await drave.stop();
    await kafka.stop();
  }
  run.print();
  if (run.unexcused === 0 || isBroken) await platform.disk.remove(root);
  return isBroken ? verdictOfTwin(run, first) : verdict(run, { seeds, first });
}

/** The tampered field is found, and nothing else differs. */
function verdictOfTwin(run: Comparison, first: number): Proof {
  const kinds = run.kinds.filter((kind) => !kind.startsWith(`${tampered}:`));
  return {
    figure: { answers: run.compared, differences: run.unexcused, others: kinds.length },
    bar: `differences>0, all of them of ${tampered}`,
    pass: run.unexcused > 0 && kinds.length === 0,
    seed: first,
  };
}

function verdict(
  run: Comparison,
  { seeds, first }: { readonly seeds: number; readonly first: number },
): Proof {
  const stale = seeds < wholeRunSeeds ? 0 : run.unmet.length;
  return {
    figure: {
      seeds,
      answers: run.compared,
      pairs: run.pairs,
      reference: referenceVersion,
      differences: run.unexcused,
      kinds: run.kinds.length,
      accepted: run.accepted,
      stale,
    },
    bar: 'differences=0 but those of docs/reference/differences.md, stale=0 of its rows in 200 seeds',
    pass: run.unexcused === 0 && run.compared > 0 && stale === 0,
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

  readonly #isTraced: boolean;

  constructor(ports: readonly [kafka: number, drave: number], isTraced: boolean) {
    this.#ports = ports;
    this.#isTraced = isTraced;
  }

  get pairs(): number {
    return this.#pairs.size;
  }

  /** Each kind of difference, as it is printed. */
  get kinds(): readonly string[] {
    return [...this.#found.keys()];
  }

  /** Rows of the table that excused nothing. */
  get unmet(): readonly string[] {
    return this.#excuses.unused();
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
      const [left, right, differences] = await this.#ask(kafka, drave, step, version);
      if (step.settles) await settled(kafka, `${seed}`, index);
      if (this.#isTraced) trace(step, version, { request: step.body(drave.given), left, right });
      this.#note(step, version, `seed ${seed} step ${index}`, differences);
    }
    kafka.close();
    drave.close();
  }

  async #ask(
    kafka: Side,
    drave: Side,
    step: Step,
    version: number,
  ): Promise<readonly [Answer, Answer, readonly Difference[]]> {
    const name = apiName(step.apiKey);
    for (let tries = 1; ; tries++) {
      const answers = [ask(kafka, step, version), ask(drave, step, version)] as const;
      const [left, right] = await Promise.all(answers);
      const differences = compare(left, right);
      const isSound = differences.every((difference) => this.#excuses.has(name, difference));
      if (isSound || !reads.has(step.apiKey) || tries === readTriesMax) {
        return [left, right, differences];
      }
      await platform.scheduler.sleep(readAgainMs);
    }
  }

  print(): void {
    const kinds = [...this.#found].toSorted(([, a], [, b]) => b.count - a.count);
    for (const [kind, { count, where }] of kinds.slice(0, shownMax)) {
      console.error(`${String(count).padStart(5)} × ${kind}  (first ${where})`);
    }
    for (const row of this.unmet) console.error(`not met: ${row} of differences.md`);
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

/**
 * Kafka's broker follows its metadata log after the controller has answered: what is written after a change and seen by the broker
 * proves that the change is there too, all but for the handlers that it wakes last.
 */
async function settled(kafka: Side, name: string, value: number): Promise<void> {
  const entity = [{ entityType: 'user', entityName: `barrier-${name}` }];
  const ops = [{ key: 'request_percentage', value, remove: false }];
  await kafka.ask(49, 0, { entries: [{ entity, ops }], validateOnly: false });
  const components = [{ entityType: 'user', matchType: 0, match: `barrier-${name}` }];
  for (let tries = 0; tries < 200; tries++) {
    const answer = await kafka.ask(48, 0, { components, strict: true });
    if (JSON.stringify(answer).includes(`"value":${value}`)) break;
    await platform.scheduler.sleep(5);
  }
  await platform.scheduler.sleep(settleMs);
}

async function ask(side: Side, step: Step, version: number): Promise<Answer> {
  const answer = await side.ask(step.apiKey, version, step.body(side.given));
  step.keep?.(answer, side.given);
  if (typeof answer === 'string') return answer;
  return named(step.view?.(answer) ?? answer, side.given) as Answer;
}

/** With the names of topics for the ids that the side gave them. */
function named(value: unknown, given: Given): unknown {
  if (Array.isArray(value)) return value.map((one) => named(one, given));
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => {
      const name = field === 'topicId' ? given.get(`name of ${String(inner)}`) : undefined;
      return [field, name ?? named(inner, given)];
    }),
  );
}

function trace(step: Step, version: number, shown: Readonly<Record<string, unknown>>): void {
  console.error(`\n${apiName(step.apiKey)} ${version}`);
  for (const [name, value] of Object.entries(shown)) console.error(`  ${name} ${json(value)}`);
}

function json(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'string' && inner.length > 300 ? `${inner.slice(0, 300)}…` : inner,
  );
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
