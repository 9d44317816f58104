// The broker's figures sampled every 5 s: rates of all topics, and a history of the cluster's and of the busiest topics'. Protects: a
// sample reads counters and does nothing per record; memory is bounded, about 9 KiB for each topic with a history, `topicsMax` of them.
// Leaves out: other brokers than that of this process; groups' lag (`/metrics` has it), whose sum costs a look at every offset.

import type { Broker } from '@drave/broker';
import {
  clusterMetricNames,
  topicMetricNames,
  type MetricsHistory,
  type MetricsQuery,
} from '@drave/contracts/rest';
import type { Platform, Timer } from '@drave/platform';
import { Series, stepsOf } from './metric-history.js';
import { TopicRates, type TopicRate } from './topic-rates.js';

const sampleMs = 5_000;
/** After so long without traffic a topic's history makes room for another's. */
const idleMsMax = 3_600_000;

type ClusterMetric = (typeof clusterMetricNames)[number];

interface TopicHistory {
  readonly series: Readonly<Record<keyof TopicRate, Series>>;
  busyAtMs: number;
}

interface Counted {
  readonly atMs: number;
  readonly recordsIn: number;
  readonly recordBytesIn: number;
  readonly recordBytesOut: number;
  readonly requests: number;
}

export class ClusterFigures {
  readonly #broker: Pick<Broker, 'figures'>;
  readonly #platform: Pick<Platform, 'clock' | 'scheduler'>;
  readonly #topicsMax: number;
  readonly #rates = new TopicRates();
  readonly #cluster: Readonly<Record<ClusterMetric, Series>>;
  readonly #topics = new Map<string, TopicHistory>();
  #known: ReadonlySet<string> = new Set();
  #before: Counted | undefined;
  #timer: Timer | undefined;

  constructor(options: {
    readonly broker: Pick<Broker, 'figures'>;
    readonly platform: Pick<Platform, 'clock' | 'scheduler'>;
    /** Topics with a history; default 200. */
    readonly topicsMax?: number;
  }) {
    this.#broker = options.broker;
    this.#platform = options.platform;
    this.#topicsMax = options.topicsMax ?? 200;
    this.#cluster = seriesOf(clusterMetricNames, true);
  }

  /** Samples now and every 5 s from now on. */
  start(): void {
    this.sample();
    this.#timer = this.#platform.scheduler.setTimer(sampleMs, () => this.start());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Undefined for a topic that is not here. */
  rateOf(topic: string): TopicRate | undefined {
    return this.#known.has(topic) ? this.#rates.of(topic) : undefined;
  }

  sample(): void {
    const { clock } = this.#platform;
    const figures = this.#broker.figures();
    const atMs = clock.monotonicMs();
    this.#rates.sample(figures.topics, atMs);
    this.#known = new Set(figures.topics.map(({ topic }) => topic));
    const { recordsIn, recordBytesIn, recordBytesOut, requests } = figures;
    const counted = { atMs, recordsIn, recordBytesIn, recordBytesOut, requests };
    const before = this.#before;
    this.#before = counted;
    const nowMs = clock.nowMs();
    const add = (metric: ClusterMetric, value: number) => this.#cluster[metric].add(value, nowMs);
    add('connections', figures.connections);
    add('logBytes', figures.logBytes);
    add('residentBytes', process.memoryUsage.rss());
    if (before && atMs > before.atMs) {
      const per = (after: number, was: number) => ((after - was) * 1_000) / (atMs - before.atMs);
      add('recordsInPerSecond', per(recordsIn, before.recordsIn));
      add('bytesInPerSecond', per(recordBytesIn, before.recordBytesIn));
      add('bytesOutPerSecond', per(recordBytesOut, before.recordBytesOut));
      add('requestsPerSecond', per(requests, before.requests));
    }
    this.#addTopics(nowMs);
  }

  /** Undefined for a topic that is not here. */
  query({ topic, metrics, range }: MetricsQuery): MetricsHistory | undefined {
    const steps = stepsOf(range, this.#platform.clock.nowMs());
    const { stepMs, endMs, count } = steps;
    const history = topic === undefined ? undefined : this.#topics.get(topic);
    if (topic !== undefined && !history && !this.#known.has(topic)) return undefined;
    const none = Array.from({ length: count }, () => null);
    const read = (metric: ClusterMetric): (number | null)[] => {
      if (topic === undefined) return this.#cluster[metric].read(steps);
      const own = topicMetricNames.find((name) => name === metric);
      return (own && history?.series[own].read(steps)) ?? none;
    };
    return {
      stepMs,
      atMs: Array.from({ length: count }, (_, n) => endMs - (count - 1 - n) * stepMs),
      series: Object.fromEntries(metrics.map((metric) => [metric, read(metric)])),
      isKept: topic === undefined || history !== undefined,
    };
  }

  #addTopics(nowMs: number): void {
    // Found once per sample: with thousands of busy topics a search for each would stall the broker.
    const idle: string[] = [];
    for (const [name, { busyAtMs }] of this.#topics) {
      if (!this.#known.has(name)) this.#topics.delete(name);
      else if (nowMs - busyAtMs >= idleMsMax) idle.push(name);
    }
    for (const name of this.#known) {
      const rate = this.#rates.of(name);
      const isBusy = topicMetricNames.some((metric) => rate[metric] > 0);
      const history =
        this.#topics.get(name) ?? (isBusy ? this.#open(name, nowMs, idle) : undefined);
      if (!history) continue;
      if (isBusy) history.busyAtMs = nowMs;
      for (const metric of topicMetricNames) history.series[metric].add(rate[metric], nowMs);
    }
  }

  /** Where there is no room, that of an idle topic. */
  #open(name: string, nowMs: number, idle: string[]): TopicHistory | undefined {
    if (this.#topics.size >= this.#topicsMax) {
      const given = idle.pop();
      if (given === undefined) return undefined;
      this.#topics.delete(given);
    }
    const history = { series: seriesOf(topicMetricNames, false), busyAtMs: nowMs };
    this.#topics.set(name, history);
    return history;
  }
}

function seriesOf<Name extends string>(
  names: readonly Name[],
  isExact: boolean,
): Readonly<Record<Name, Series>> {
  return Object.fromEntries(names.map((name) => [name, new Series(isExact)])) as Record<
    Name,
    Series
  >;
}
