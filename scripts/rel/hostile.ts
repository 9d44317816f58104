// Hostile input against a broker in a process of its own: every valid request cut at every byte, and the named cases of
// libs/broker/test/hostile. Each must be answered or closed within ten seconds, while a client that behaves is served, and the
// broker may not grow by more than 64 MiB, nor its event loop stand for more than a second (`--stall-ms N`; with 1 it must
// fail). `--lanes N` (default 16) connections attack at a time.
// Leaves out: SASL, ACLs, REST and floods of connections, which have proofs of their own.

import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { KafkaClient } from '@drave/client';
import { makeTemporaryDirectory, nodePlatform } from '@drave/platform';
import { ApiKey, decodeResponse } from '@drave/protocol';
import { attack } from '../../libs/broker/test/hostile/attack.ts';
import { namedCases } from '../../libs/broker/test/hostile/corpus.ts';
import { request, type HostileCase } from '../../libs/broker/test/hostile/hostile-case.ts';
import {
  cuts,
  validRequests,
  type AdvertisedRange,
} from '../../libs/broker/test/hostile/valid-requests.ts';
import { numberOption, type Proof } from './proof.ts';

/**
 * Nobody else is served while the event loop stands: a third of the shortest heartbeat interval that clients use (3 s), and far above
 * what decompressing the largest batch (1 MiB of bomb, bounded) and a full collection take.
 */
const stallMsDefault = 1_000;
const growthBytesMax = 64 * 1024 * 1024;
const casesMin = 2_000;
const cutsMin = 60_000;
const platform = nodePlatform();

interface Report {
  readonly rssBytes: number;
  readonly peakBytes: number;
  /** Longest time the event loop stood since the last report. */
  readonly stallMs: number;
  readonly polluted: readonly string[];
  readonly failures: readonly string[];
}

/** Attacks; the first wrong outcomes are printed on standard error. */
export async function prove(options: readonly string[]): Promise<Proof> {
  const lanes = Math.max(1, numberOption(options, '--lanes', 16));
  const stallMsMax = numberOption(options, '--stall-ms', stallMsDefault);
  const root = makeTemporaryDirectory('drave-hostile-');
  const broker = new Victim(join(root, 'data'));
  const port = await broker.start();
  const ranges = await prepare(port);
  const witness = new Witness(port);
  await witness.start();
  const valid = validRequests(ranges);
  // The first warm the broker up: a heap grows with the rate of requests, hostile or not.
  const tally = new Tally();
  await strike(sample(valid, 30_000), { port, lanes, tally });
  const before = await broker.report();
  tally.clear();
  await strike(namedCases(ranges), { port, lanes, tally });
  const cases = tally.count;
  await strike(allCuts(valid), { port, lanes, tally });
  const after = await broker.report();
  await witness.stop();
  const isAlive = broker.isAlive;
  await broker.stop();
  const strays = readdirSync(root).filter((entry) => entry !== 'data').length;
  for (const failure of [...before.failures, ...after.failures].slice(0, 20))
    console.error(failure);
  const failures = before.failures.length + after.failures.length + after.polluted.length;
  const growth = after.rssBytes - before.rssBytes;
  const figure = {
    cases,
    cuts: tally.count - cases,
    wrong: tally.wrong,
    failures,
    strays,
    crashes: isAlive ? 0 : 1,
    growthMiB: Math.round(growth / 1024 / 1024),
    peakMiB: Math.round(after.peakBytes / 1024 / 1024),
    stallMs: after.stallMs,
    witnessed: witness.served,
    witnessErrors: witness.errors,
    witnessSlowestMs: Math.round(witness.slowestMs),
  };
  const isWhole = cases >= casesMin && figure.cuts >= cutsMin;
  const isClean = tally.wrong + failures + strays + witness.errors + figure.crashes === 0;
  const isSmooth = after.stallMs <= stallMsMax;
  const pass = isWhole && isClean && isSmooth && growth <= growthBytesMax && witness.served > 0;
  if (pass) await platform.disk.remove(root);
  else console.error(`the data directory is kept: ${root}`);
  const bar = `cases>=${casesMin} cuts>=${cutsMin} wrong=failures=strays=crashes=witnessErrors=0 growthMiB<=64 stallMs<=${stallMsMax}`;
  return { figure, bar, pass, seed: 'none' };
}

class Tally {
  count = 0;
  wrong = 0;

  add(one: HostileCase, fault: string | undefined): void {
    this.count++;
    if (fault && ++this.wrong <= 50) {
      console.error(
        `\n${one.family}: ${one.name}: ${fault}\n  ${one.bytes.subarray(0, 200).toString('hex')}`,
      );
    }
    if (this.count % 1_000 === 0) process.stderr.write(`\r${one.family}: ${this.count} `);
  }

  clear(): void {
    this.count = 0;
    this.wrong = 0;
  }
}

interface Strike {
  readonly port: number;
  readonly lanes: number;
  readonly tally: Tally;
}

async function strike(cases: Iterable<HostileCase>, { port, lanes, tally }: Strike): Promise<void> {
  const iterator = cases[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      tally.add(next.value, await attack(next.value, { port }));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

function* allCuts(valid: readonly Parameters<typeof cuts>[0][]): Generator<HostileCase> {
  for (const one of valid) yield* cuts(one);
}

function* sample(
  valid: readonly Parameters<typeof cuts>[0][],
  count: number,
): Generator<HostileCase> {
  let taken = 0;
  for (const one of valid) {
    for (const cut of cuts(one)) {
      if (taken++ >= count) return;
      yield cut;
    }
  }
}

async function prepare(port: number): Promise<readonly AdvertisedRange[]> {
  const client = new KafkaClient({ platform, brokers: [`127.0.0.1:${port}`] });
  await client.admin().createTopics([
    { topic: 'hostile', partitions: 1 },
    { topic: 'witness', partitions: 1 },
    { topic: 'hostile-compacted', partitions: 1, configs: { 'cleanup.policy': 'compact' } },
  ]);
  await client.close();
  let ranges: readonly AdvertisedRange[] = [];
  const fault = await attack(
    {
      family: 'none',
      name: 'ApiVersions',
      bytes: request(ApiKey.apiVersions, 0, { clientSoftwareName: '', clientSoftwareVersion: '' }),
      expect: 'answered',
      check: (answer) => {
        ranges = decodeResponse(ApiKey.apiVersions, 0, answer).body.apiKeys;
        return undefined;
      },
    },
    { port },
  );
  if (fault) throw new Error(`ApiVersions: ${fault}`);
  return ranges;
}

/** Writes and reads its own topic all the while. */
class Witness {
  readonly #client: KafkaClient;
  #work: Promise<void> = Promise.resolve();
  #isStopping = false;
  served = 0;
  errors = 0;
  slowestMs = 0;

  constructor(port: number) {
    this.#client = new KafkaClient({
      platform,
      brokers: [`127.0.0.1:${port}`],
      clientId: 'witness',
    });
  }

  async start(): Promise<void> {
    const producer = this.#client.producer({ lingerMs: 0 });
    await producer.sendBatch([{ topic: 'witness', partition: 0, value: 'first' }]);
    this.#work = this.#run(producer);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#work;
    await this.#client.close();
  }

  async #run(producer: ReturnType<KafkaClient['producer']>): Promise<void> {
    const consumer = this.#client.consumer({ autoOffsetReset: 'earliest' });
    consumer.assign([{ topic: 'witness', partition: 0 }]);
    let read = 0;
    while (!this.#isStopping) {
      const startMs = performance.now();
      try {
        await producer.sendBatch([{ topic: 'witness', partition: 0, value: String(this.served) }]);
        const records = await consumer.poll({ maxRecords: 1_000, timeoutMs: 5_000 });
        read += records.length;
        this.served++;
      } catch (error) {
        if (++this.errors <= 5) console.error('\nwitness:', error);
      }
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startMs);
      await platform.scheduler.sleep(5);
    }
    if (read < this.served) this.errors++;
  }
}

class Victim {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<void>;

  constructor(directory: string) {
    const script = join(import.meta.dirname, 'hostile/broker-process.ts');
    const child = spawn(process.execPath, ['--expose-gc', script, directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async start(): Promise<number> {
    return ((await this.#line()) as { port: number }).port;
  }

  async report(): Promise<Report> {
    this.#child.stdin?.write('report\n');
    return (await this.#line()) as Report;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }

  async #line(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the broker process ended; its last words are above');
    return JSON.parse(value);
  }
}
