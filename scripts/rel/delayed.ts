// Delayed records under kill −9: a topic with `drave.delay.enable=true` gets numbered records, most of them due within seconds, every tenth
// one in an hour or later, while the broker process is killed at random moments. A consumer that reads all the time sees that none comes early;
// in the end all is read again: each acknowledged record that was due is there once, none of the far ones is, and those still wait.
// Prints the broker's memory (peak and last RSS). `--records N` (default 100,000; 1,000,000 is meant to work), `--cycles N` (default 6),
// `--spread MS` of the due times (default 8,000), `--seed N`, `--twin early|lost|twice`: one record is sent at once, never or twice, to see the proof fail.
// Leaves out: a wall clock that jumps; cancelled records.

import { readFileSync } from 'node:fs';
import { KafkaClient, type ConsumerRecord, type ProducerRecord } from '@drave/client';
import { makeTemporaryDirectory, SeededRandom } from '@drave/platform';
import { BrokerProcess } from './load/broker-process.ts';
import { platform } from './load/lanes.ts';
import { numberOption, type Proof } from './proof.ts';

const topic = 'later';
const partitionCount = 4;
const places = Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition }));
const recordsPerSend = 500;
const sendsUnderWayMax = 8;
const farMs = 3_600_000;
const cycleMsMax = 1_500;
/** What is due must be there this long after the last due time and start. */
const patienceMs = 60_000;
const twinPatienceMs = 3_000;

const isFar = (number: number): boolean => number % 10 === 9;
const twins = ['early', 'lost', 'twice'] as const;
type Twin = (typeof twins)[number];
/** The record of the mistake: the first far one, else the first. */
const mistaken = (twin: Twin | undefined): number =>
  twin === undefined ? -1 : twin === 'early' ? 9 : 0;

/** What is known by number. */
class Ledger {
  readonly dueMs: Float64Array;
  readonly acknowledged: Uint8Array;
  readonly seen: Uint8Array;
  acknowledgedCount = 0;
  seenCount = 0;
  early = 0;
  failedSends = 0;
  lastDueMs = 0;

  constructor(count: number) {
    this.dueMs = new Float64Array(count);
    this.acknowledged = new Uint8Array(count);
    this.seen = new Uint8Array(count);
  }

  /** As the live consumer gets it. */
  note(record: ConsumerRecord, nowMs: number): void {
    const number = Number(record.value?.toString('latin1'));
    if (nowMs < (this.dueMs[number] ?? Infinity)) this.early += 1;
    if (this.seen[number] === 0) this.seenCount += 1;
    this.seen[number] = 1;
  }

  get isAllDueSeen(): boolean {
    if (this.seenCount < this.acknowledgedCount * 0.9 - 1) return false;
    return this.acknowledged.every(
      (isThere, number) => isThere === 0 || isFar(number) || this.seen[number] === 1,
    );
  }
}

export async function prove(options: readonly string[]): Promise<Proof> {
  const count = numberOption(options, '--records', 100_000);
  const cycles = numberOption(options, '--cycles', 6);
  const seed = numberOption(options, '--seed', 1);
  const spreadMs = numberOption(options, '--spread', 8_000);
  const twin = twinOf(options);
  const random = new SeededRandom(seed);
  const directory = makeTemporaryDirectory('drave-delayed-');
  const broker = new BrokerProcess(directory, 'group');
  await broker.start();
  await makeTopic(broker.address);
  const ledger = new Ledger(count);
  const live = new LiveReader(broker.address, ledger);
  const sending = sendAll(broker.address, ledger, {
    random: new SeededRandom(seed + 1),
    spreadMs,
    twin,
  });
  let peakMiB = 0;
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    await platform.scheduler.sleep(random.nextInt(cycleMsMax));
    peakMiB = Math.max(peakMiB, memoryMiB(broker.pid, 'VmHWM'));
    await broker.kill();
    await broker.start();
    process.stderr.write(`\rkill ${cycle}/${cycles}: ${ledger.acknowledgedCount} acknowledged`);
  }
  await sending;
  const giveUpMs =
    Math.max(ledger.lastDueMs, Date.now()) + (twin === undefined ? patienceMs : twinPatienceMs);
  while (!ledger.isAllDueSeen && Date.now() < giveUpMs) await platform.scheduler.sleep(100);
  process.stderr.write('\n');
  await live.stop();
  const found = await judge(broker.address, ledger);
  const lastMiB = memoryMiB(broker.pid, 'VmRSS');
  peakMiB = Math.max(peakMiB, memoryMiB(broker.pid, 'VmHWM'));
  await broker.stop();
  const { acknowledgedCount: acknowledged, early, failedSends } = ledger;
  const isFlawless = early + found.lost + found.twice + found.notWaiting === 0;
  const pass = isFlawless && acknowledged > count / 2 && found.delivered > 0;
  if (pass || twin) await platform.disk.remove(directory);
  else console.error(`the data directory is kept: ${directory}`);
  return {
    figure: {
      records: count,
      cycles,
      acknowledged,
      failedSends,
      early,
      ...found,
      peakMiB,
      lastMiB,
    },
    bar: 'early=0 lost=0 twice=0 notWaiting=0',
    pass,
    seed,
  };
}

function twinOf(options: readonly string[]): Twin | undefined {
  const index = options.indexOf('--twin');
  if (index < 0) return undefined;
  const twin = twins.find((name) => name === options[index + 1]);
  if (twin !== undefined) return twin;
  console.error(`--twin takes one of: ${twins.join(', ')}`);
  process.exit(2);
}

async function makeTopic(address: string): Promise<void> {
  const client = new KafkaClient({ platform, brokers: [address] });
  const configs = { 'drave.delay.enable': 'true' };
  await client.admin().createTopics([{ topic, partitions: partitionCount, configs }]);
  await client.close();
}

/** Every number is sent by one idempotent producer, once; what became of a failed send is not known. */
async function sendAll(
  address: string,
  ledger: Ledger,
  {
    random,
    spreadMs,
    twin,
  }: { readonly random: SeededRandom; readonly spreadMs: number; readonly twin: Twin | undefined },
): Promise<void> {
  const client = new KafkaClient({ platform, brokers: [address], clientId: 'sender' });
  const producer = client.producer({ lingerMs: 1 });
  const underWay = new Set<Promise<void>>();
  for (let first = 0; first < ledger.dueMs.length; first += recordsPerSend) {
    const end = Math.min(first + recordsPerSend, ledger.dueMs.length);
    const records: ProducerRecord[] = [];
    for (let number = first; number < end; number += 1) {
      const delayMs = (isFar(number) ? farMs : 0) + random.nextInt(spreadMs);
      const dueMs = Date.now() + delayMs;
      ledger.dueMs[number] = dueMs;
      if (!isFar(number)) ledger.lastDueMs = Math.max(ledger.lastDueMs, dueMs);
      const isMistaken = number === mistaken(twin);
      const headers = { 'drave-deliver-at': String(isMistaken && twin === 'early' ? 0 : dueMs) };
      const partition = number % partitionCount;
      const record = { topic, partition, value: String(number), headers };
      const copies = !isMistaken || twin === 'early' ? 1 : twin === 'lost' ? 0 : 2;
      for (let copy = 0; copy < copies; copy += 1) records.push(record);
    }
    const sent = producer.sendBatch(records).then(
      () => {
        ledger.acknowledged.fill(1, first, end);
        ledger.acknowledgedCount += end - first;
      },
      () => {
        ledger.failedSends += 1;
      },
    );
    underWay.add(sent);
    void sent.then(() => underWay.delete(sent));
    if (underWay.size >= sendsUnderWayMax) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  await producer.close();
  await client.close();
}

/** Reads all the time; what fails while the broker is down is asked for again. */
class LiveReader {
  readonly #client: KafkaClient;
  readonly #running: Promise<void>;
  #isStopping = false;

  constructor(address: string, ledger: Ledger) {
    this.#client = new KafkaClient({ platform, brokers: [address], clientId: 'live' });
    this.#running = this.#read(ledger);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
    await this.#client.close();
  }

  async #read(ledger: Ledger): Promise<void> {
    const consumer = this.#client.consumer({ autoOffsetReset: 'earliest' });
    consumer.assign(places);
    while (!this.#isStopping) {
      try {
        const records = await consumer.poll({ maxRecords: 5_000, timeoutMs: 200 });
        const nowMs = Date.now();
        for (const record of records) ledger.note(record, nowMs);
      } catch {
        await platform.scheduler.sleep(50);
      }
    }
  }
}

interface Verdict {
  delivered: number;
  /** Due, acknowledged and not there. */
  lost: number;
  /** There again. */
  twice: number;
  /** Acknowledged far records that the delay topic does not hold any more. */
  notWaiting: number;
  /** Copies of far records in the delay topic: it was cut below them (above some 250,000 records). */
  parked: number;
}

async function judge(address: string, ledger: Ledger): Promise<Verdict> {
  const times = new Uint8Array(ledger.dueMs.length);
  const waits = new Uint8Array(ledger.dueMs.length);
  const verdict: Verdict & Record<string, number> = {
    delivered: 0,
    lost: 0,
    twice: 0,
    notWaiting: 0,
    parked: 0,
  };
  await readWhole(address, topic, (number) => {
    verdict.delivered += 1;
    if (times[number] !== 0) verdict.twice += 1;
    times[number] = 1;
  });
  await readWhole(address, `__drave_delay.${topic}`, (number, { headers }) => {
    waits[number] = 1;
    if (headers.some(({ key }) => key === 'drave-parked')) verdict.parked += 1;
  });
  for (const [number, isThere] of ledger.acknowledged.entries()) {
    if (isThere === 0) continue;
    if (!isFar(number) && times[number] === 0) verdict.lost += 1;
    if (isFar(number) && times[number] === 0 && waits[number] === 0) verdict.notWaiting += 1;
  }
  return verdict;
}

async function readWhole(
  address: string,
  name: string,
  visit: (number: number, record: ConsumerRecord) => void,
): Promise<void> {
  const client = new KafkaClient({ platform, brokers: [address], clientId: 'reader' });
  const partitions = places.map(({ partition }) => ({ topic: name, partition }));
  const latest = partitions.map((place) => ({ ...place, at: 'latest' as const }));
  const ends = await client.admin().listOffsets(latest);
  const consumer = client.consumer({ autoOffsetReset: 'earliest' });
  consumer.assign(partitions);
  const isBehind = (): boolean =>
    ends.some(
      (end) => (consumer.position({ topic: name, partition: end.partition }) ?? 0) < end.offset,
    );
  while (isBehind()) {
    for (const record of await consumer.poll({ maxRecords: 10_000, timeoutMs: 500 })) {
      visit(Number(record.value?.toString('latin1')), record);
    }
  }
  await client.close();
}

/** Of /proc; 0 where there is none. */
function memoryMiB(pid: number | undefined, field: 'VmHWM' | 'VmRSS'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}
