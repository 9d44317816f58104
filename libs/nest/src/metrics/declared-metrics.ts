// From a declaration of the catalogue to a metric that is read at the scrape. Protects: name, help and labels come from the catalogue
// alone; a scrape sees current numbers and costs nothing between scrapes.

import type { MetricDeclaration } from '@drave/contracts';
import { Counter, Gauge, type Registry } from 'prom-client';

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
