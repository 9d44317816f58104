// Kill −9 under load: idempotent producers with acks=all write numbered records while the broker process is killed at random
// moments and started again on the same directory; a full read at the end finds every acknowledged record once and in order.
// `--cycles N` (default 200), `--seed N`, `--flush group|os`. Protects: the schedule comes from the seed, its timing does not,
// so a failure names the data directory, which is kept.

import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { KafkaClient, type Producer } from '@drave/client';
import { makeTemporaryDirectory, nodePlatform, SeededRandom } from '@drave/platform';
import { numberOption, type Proof } from './proof.ts';

const drave = join(import.meta.dirname, '../../apps/cli/bin/drave.js');
const topic = 'numbers';
const producerCount = 4;
const partitionsPerProducer = 4;
const platform = nodePlatform();

interface Lane {
  readonly partition: number;
  /** Next number to send. */
  next: number;
  /** Numbers below this are acknowledged. */
  acknowledged: number;
}

/** Runs the cycles; the directory is removed only after a pass. */
export async function prove(options: readonly string[]): Promise<Proof> {
  const cycles = numberOption(options, '--cycles', 200);
  const seed = numberOption(options, '--seed', 1);
  const flush = options.includes('os') ? 'os' : 'group';
  const random = new SeededRandom(seed);
  const directory = makeTemporaryDirectory('drave-kill9-');
  const broker = new BrokerProcess(directory, flush);
  await broker.start();
  const clients = await startProducers(broker.address);
  for (let cycle = 1; cycle <= cycles; cycle++) {
    await progress(clients.lanes);
    await platform.scheduler.sleep(random.nextInt(400));
    await broker.kill();
    await broker.start();
    const sent = clients.lanes.reduce((sum, lane) => sum + lane.acknowledged, 0);
    process.stderr.write(`\rcycle ${cycle}/${cycles}: ${sent.toLocaleString('en')} acknowledged`);
  }
  await clients.stop();
  process.stderr.write('\n');
  const found = await readBack(broker.address, clients.lanes);
  await broker.stop();
  const pass =
    found.lost + found.duplicated + found.reordered + found.damaged === 0 && found.acknowledged > 0;
  if (pass) await platform.disk.remove(directory);
  else console.error(`the data directory is kept: ${directory}`);
  return {
    figure: { cycles, flush, ...found },
    bar: 'lost=0 duplicated=0 reordered=0 damaged=0',
    pass,
    seed,
  };
}

class BrokerProcess {
  readonly #directory: string;
  readonly #flush: string;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  address = '127.0.0.1:0';

  constructor(directory: string, flush: string) {
    this.#directory = directory;
    this.#flush = flush;
  }

  /** Starts on the address of the first start and waits until it listens. */
  async start(): Promise<void> {
    const args = ['start', '--http', 'off', '--listen', this.address, '--flush', this.#flush];
    const child = spawn(process.execPath, [drave, ...args, '--data', this.#directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
    this.address = await new Promise<string>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
        const match = /Kafka +(\S+)[\s\S]*ready/.exec(output);
        if (match?.[1]) resolve(match[1]);
      });
      child.once('exit', (code) =>
        reject(new Error(`the broker did not start (exit code ${code})`)),
      );
    });
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM');
    await this.#ended;
  }
}

async function startProducers(
  broker: string,
): Promise<{ readonly lanes: readonly Lane[]; stop(): Promise<void> }> {
  const clients: KafkaClient[] = [];
  const lanes: Lane[] = [];
  const work: Promise<void>[] = [];
  let stopping = false;
  const setup = new KafkaClient({ platform, brokers: [broker] });
  await setup.admin().createTopics([{ topic, partitions: producerCount * partitionsPerProducer }]);
  await setup.close();
  for (let index = 0; index < producerCount; index++) {
    const client = new KafkaClient({ platform, brokers: [broker], clientId: `writer-${index}` });
    clients.push(client);
    const producer = client.producer({ lingerMs: 1 });
    const mine = Array.from({ length: partitionsPerProducer }, (_, lane) => ({
      partition: index * partitionsPerProducer + lane,
      next: 0,
      acknowledged: 0,
    }));
    lanes.push(...mine);
    work.push(...mine.map((lane) => write(producer, lane, () => stopping)));
  }
  return {
    lanes,
    async stop() {
      stopping = true;
      await Promise.all(work);
      for (const client of clients) await client.close();
    },
  };
}

// A kill counts only under load: the producers must have got through since the last start. A minute without is a hang.
async function progress(lanes: readonly Lane[]): Promise<void> {
  const sum = (): number => lanes.reduce((total, lane) => total + lane.acknowledged, 0);
  const before = sum();
  for (let waits = 0; sum() < before + 500; waits++) {
    if (waits > 6_000) throw new Error('no produce was acknowledged for a minute');
    await platform.scheduler.sleep(10);
  }
}

// Several sends of one partition are under way at a time, so that a kill meets pipelined requests.
async function write(producer: Producer, lane: Lane, stopping: () => boolean): Promise<void> {
  const underWay: Promise<void>[] = [];
  while (!stopping()) {
    const first = lane.next;
    const records = Array.from({ length: 10 }, (_, index) => ({
      topic,
      partition: lane.partition,
      value: String(first + index),
    }));
    lane.next += records.length;
    underWay.push(
      producer.sendBatch(records).then(() => {
        lane.acknowledged = Math.max(lane.acknowledged, first + records.length);
      }),
    );
    if (underWay.length >= 4) await underWay.shift();
  }
  await Promise.all(underWay);
}

async function readBack(
  broker: string,
  lanes: readonly Lane[],
): Promise<{
  acknowledged: number;
  lost: number;
  duplicated: number;
  reordered: number;
  damaged: number;
}> {
  const client = new KafkaClient({ platform, brokers: [broker] });
  const places = lanes.map(({ partition }) => ({ topic, partition }));
  const ends = await client
    .admin()
    .listOffsets(places.map((place) => ({ ...place, at: 'latest' })));
  const consumer = client.consumer({ autoOffsetReset: 'earliest' });
  consumer.assign(places);
  const seen = new Map(lanes.map(({ partition }) => [partition, new Set<number>()]));
  const last = new Map<number, number>();
  const totals = { acknowledged: 0, lost: 0, duplicated: 0, reordered: 0, damaged: 0 };
  const behind = (): boolean =>
    ends.some(({ partition, offset }) => (consumer.position({ topic, partition }) ?? 0) < offset);
  while (behind()) {
    for (const { partition, value } of await consumer.poll({
      maxRecords: 10_000,
      timeoutMs: 500,
    })) {
      const number = Number(value?.toString('utf8') ?? 'NaN');
      const numbers = seen.get(partition);
      if (!Number.isSafeInteger(number) || !numbers) totals.damaged += 1;
      else if (numbers.has(number)) totals.duplicated += 1;
      else if (number < (last.get(partition) ?? -1)) totals.reordered += 1;
      numbers?.add(number);
      last.set(partition, number);
    }
  }
  await client.close();
  for (const { partition, acknowledged } of lanes) {
    totals.acknowledged += acknowledged;
    for (let number = 0; number < acknowledged; number++) {
      if (!seen.get(partition)?.has(number)) totals.lost += 1;
    }
  }
  return totals;
}
