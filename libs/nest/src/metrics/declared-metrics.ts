// From a declaration of the catalogue to a metric that is read at the scrape. Protects: name, help and labels come from the catalogue
// alone; a scrape sees current numbers and costs nothing between scrapes.

import type { MetricDeclaration } from '@drave/contracts';
import { Counter, Gauge, Histogram, type MetricValueWithName, type Registry } from 'prom-client';

export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Registers `declared`; `read` gives its samples at each scrape. */
export function addMetric(
  registry: Registry,
  declared: MetricDeclaration,
  read: () => readonly Sample[],
): void {
  const { name, help, labels } = declared;
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  if (declared.kind === 'gauge') {
    const gauge: Gauge = new Gauge({
      ...options,
      collect: () => {
        gauge.reset();
        for (const sample of read()) gauge.set({ ...sample.labels }, sample.value);
      },
    });
    return;
  }
  const counter: Counter = new Counter({
    ...options,
    collect: () => {
      counter.reset();
      for (const sample of read()) counter.inc({ ...sample.labels }, sample.value);
    },
  });
}

/** What a histogram shows for one set of labels. */
export interface Distribution {
  readonly labels: Readonly<Record<string, string>>;
  /** Per bound, not added up. */
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** Registers a histogram that is kept elsewhere; `bounds` are the upper bounds of its buckets. */
export function addHistogram(
  registry: Registry,
  { name, help, labels }: MetricDeclaration,
  bounds: readonly number[],
  read: () => readonly Distribution[],
): void {
  const histogram = new Histogram({ name, help, labelNames: [...labels], registers: [registry] });
  const get = async () => ({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: read().flatMap((distribution) => valuesOf(name, bounds, distribution)),
  });
  // prom-client's own keeps what was observed; this one shows what somebody else counted. Its text form asks by the second name.
  Object.assign(histogram, { get, getForPromString: get });
}

function valuesOf(
  name: string,
  bounds: readonly number[],
  { labels, buckets, count, sum }: Distribution,
): MetricValueWithName<string>[] {
  let below = 0;
  const metricName = `${name}_bucket`;
  const shown = bounds.map((le, index) => {
    below += buckets[index] ?? 0;
    return { metricName, labels: { ...labels, le: String(le) }, value: below };
  });
  return [
    ...shown,
    { metricName, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
