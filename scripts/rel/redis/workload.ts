// The load under which Redis fails: numbered records written and read at once, and flights for the stream application, whose sums are
// known. Protects: nothing here asks Redis, unless `gate` says so: the broken twin, in which Redis' answers decide over writes.

import { KafkaClient } from '@drave/client';
import { nodePlatform } from '@drave/platform';
import { Ledger, type LedgerFigures } from './ledger.ts';

const platform = nodePlatform();
const { clock, scheduler } = platform;
const topic = 'numbers';
const partitions = 4;
const airports = ['DTW', 'LAS', 'ORD', 'ATL', 'PHX', 'SEA', 'BOS', 'DEN'];
const sendEveryMs = 10;
const catchUpMsMax = 60_000;

export interface WorkloadOptions {
  readonly bootstrap: string;
  /** HTTP sides of the processors. */
  readonly processors: readonly string[];
  /** An answer that takes longer counts as none. */
  readonly lateMs: number;
  /** Asked before each send; a rejection is a send that failed. */
  readonly gate?: () => Promise<unknown>;
}

export interface WorkloadFigures extends LedgerFigures {
  readonly flights: number;
  /** Airports whose sum is not what was acknowledged. */
  readonly wrongSums: number;
  /** Looks at the processors at which a task did not run. */
  readonly interruptions: number;
}

export class Workload {
  readonly #options: WorkloadOptions;
  readonly #ledger: Ledger;
  readonly #client: KafkaClient;
  readonly #flights = new Map<string, { acked: number; unknown: number }>();
  readonly #work: Promise<void>[] = [];
  readonly #sends = new Set<Promise<void>>();
  #isSending = true;
  #isReading = true;
  #interruptions = 0;

  private constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.lateMs);
    this.#client = new KafkaClient({ platform, brokers: [options.bootstrap] });
  }

  static async start(options: WorkloadOptions): Promise<Workload> {
    const workload = new Workload(options);
    await workload.#client.admin().createTopics([{ topic, partitions }]);
    workload.#work.push(workload.#send(), workload.#watch());
    workload.#work.push(workload.#read());
    return workload;
  }

  /** Ends the load, reads the rest, and counts. */
  async finish(): Promise<WorkloadFigures> {
    this.#isSending = false;
    await Promise.all(this.#work.slice(0, 2));
    await Promise.all(this.#sends);
    const deadlineMs = clock.monotonicMs() + catchUpMsMax;
    while (this.#ledger.isBehind && clock.monotonicMs() < deadlineMs) await scheduler.sleep(20);
    this.#isReading = false;
    await Promise.all(this.#work);
    const wrongSums = await this.#countWrongSums(deadlineMs);
    await this.#client.close();
    const flights = [...this.#flights.values()].reduce((sum, { acked }) => sum + acked, 0);
    return { ...this.#ledger.figures(), flights, wrongSums, interruptions: this.#interruptions };
  }

  async #send(): Promise<void> {
    const numbers = this.#client.producer({ lingerMs: 0 });
    const flights = this.#client.producer({ lingerMs: 0 });
    for (let turn = 0; this.#isSending; turn++) {
      this.#track(this.#sendNumber(numbers, turn % partitions));
      if (turn % 5 === 0) {
        this.#track(this.#sendFlight(flights, airports[turn % airports.length] ?? ''));
      }
      await scheduler.sleep(sendEveryMs);
    }
  }

  #track(send: Promise<void>): void {
    this.#sends.add(send);
    void send.finally(() => this.#sends.delete(send));
  }

  async #sendNumber(
    producer: ReturnType<KafkaClient['producer']>,
    partition: number,
  ): Promise<void> {
    const number = this.#ledger.sent(partition, clock.monotonicMs());
    try {
      await this.#options.gate?.();
      await producer.send({ topic, partition, value: String(number) });
      this.#ledger.acknowledged(number, clock.monotonicMs());
    } catch {
      // Not acknowledged: the ledger counts it as unavailable, and whether it happened is open.
    }
  }

  async #sendFlight(producer: ReturnType<KafkaClient['producer']>, origin: string): Promise<void> {
    const counts = this.#flights.get(origin) ?? { acked: 0, unknown: 0 };
    this.#flights.set(origin, counts);
    const flight = {
      departedAt: '2001-01-01T10:00:00Z',
      delayMinutes: 1,
      distanceMiles: 300,
      origin,
      destination: 'SFO',
    };
    try {
      await producer.send({ topic: 'flights', key: origin, value: JSON.stringify(flight) });
      counts.acked += 1;
    } catch {
      counts.unknown += 1;
    }
  }

  async #read(): Promise<void> {
    const consumer = this.#client.consumer({ autoOffsetReset: 'earliest' });
    consumer.assign(Array.from({ length: partitions }, (_, partition) => ({ topic, partition })));
    while (this.#isReading) {
      for (const { partition, value } of await consumer.poll({ timeoutMs: 100 })) {
        this.#ledger.read(partition, Number(value), clock.monotonicMs());
      }
    }
    await consumer.close();
  }

  /** Every task must run all the time: nothing that befalls Redis may move one. */
  async #watch(): Promise<void> {
    while (this.#isSending) {
      const tasks = await Promise.all(
        this.#options.processors.map(async (url) => {
          const app = await getJson(`${url}/api/v1/streams/apps/flight-delays`);
          return Number(app?.['runningTaskCount'] ?? 0);
        }),
      );
      if (tasks.reduce((sum, count) => sum + count, 0) !== 6) this.#interruptions += 1;
      await scheduler.sleep(250);
    }
  }

  async #countWrongSums(deadlineMs: number): Promise<number> {
    for (;;) {
      const sums = await Promise.all([...this.#flights].map(([origin]) => this.#sumOf(origin)));
      const wrong = [...this.#flights.values()].filter(({ acked, unknown }, index) => {
        const sum = sums[index] ?? -1;
        return sum < acked || sum > acked + unknown;
      });
      if (wrong.length === 0 || clock.monotonicMs() >= deadlineMs) return wrong.length;
      await scheduler.sleep(100);
    }
  }

  /** Asked of any processor: the directory knows whose it is. */
  async #sumOf(origin: string): Promise<number> {
    const [url = ''] = this.#options.processors;
    const path = `/api/v1/streams/apps/flight-delays/stores/airport-delays-1d/${origin}`;
    const entry = await getJson(`${url}${path}`);
    const windows = entry?.['windows'] as { value: { flights: number } }[] | undefined;
    return windows?.[0]?.value.flights ?? -1;
  }
}

async function getJson(url: string): Promise<Record<string, unknown> | undefined> {
  const response = await fetch(url).catch(() => undefined);
  if (response?.status !== 200) return undefined;
  return (await response.json()) as Record<string, unknown>;
}
