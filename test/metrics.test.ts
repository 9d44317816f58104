// What /metrics shows is the catalogue, no more and no less: names, kinds and labels of running processes, the page about them, and
// the dashboard that asks for them.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBroker } from '@drave/broker';
import { startBrokerHttp } from '@drave/broker-app';
import { PlatformJobs } from '@drave/broker-app/jobs';
import { KafkaClient } from '@drave/client';
import * as contracts from '@drave/contracts';
import { nodePlatform } from '@drave/platform';
import { StreamBuilder, StreamsApp, text } from '@drave/streams';
import { format, resolveConfig } from 'prettier';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { startProcessorHttp } from '../apps/processor/src/start-processor-http.js';
import { grafanaDashboard } from '../scripts/grafana-dashboard.ts';
import { metricsPage } from '../scripts/metrics-page.ts';

const root = join(import.meta.dirname, '..');
const work = mkdtempSync(join(tmpdir(), 'drave-metrics-'));
const platform = nodePlatform();
const { brokerMetrics, jobMetrics, processMetricNames, storeMetrics, streamsMetrics } = contracts;
afterAll(() => rmSync(work, { recursive: true, force: true }));

type Tables = readonly Readonly<Record<string, contracts.MetricDeclaration>>[];

/** `kind name` of each, and of those of the process only the name. */
function declared(tables: Tables): string[] {
  return tables.flatMap((table) => Object.values(table).map(({ name, kind }) => `${kind} ${name}`));
}

function shown(scrape: string): { readonly ours: string[]; readonly process: string[] } {
  const types = [...scrape.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  const isOurs = ([, name = '']: readonly string[]): boolean => name.startsWith('drave_');
  return {
    ours: types.filter(isOurs).map(([, name, kind]) => `${kind} ${name}`),
    process: types.filter((type) => !isOurs(type)).map(([, name = '']) => name),
  };
}

/** Metrics whose samples carry other labels than declared. */
function mislabelled(scrape: string, tables: Tables): string[] {
  const labelsOf = new Map(
    tables.flatMap((table) => Object.values(table).map(({ name, labels }) => [name, labels])),
  );
  return [...scrape.matchAll(/^(drave_\w+?)(?:\{(.*)\})? \S+$/gm)].flatMap(
    ([line, name = '', set = '']) => {
      const base = labelsOf.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
      const labels = [...set.matchAll(/(\w+)="/g)].map(([, label = '']) => label);
      const wanted = [...(labelsOf.get(base) ?? ['not declared'])];
      if (name.endsWith('_bucket')) wanted.push('le');
      return labels.length === wanted.length && labels.every((label) => wanted.includes(label))
        ? []
        : [line];
    },
  );
}

function topology() {
  const builder = new StreamBuilder();
  builder.from('in', { key: text(), value: text() }).to('out');
  return builder.build();
}

async function scrape(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

describe('/metrics', () => {
  it('of a broker and of a processor is the catalogue', async () => {
    const broker = await createBroker({
      platform,
      directory: join(work, 'broker'),
      listen: { host: '127.0.0.1', port: 0 },
      settings: { groupInitialRebalanceDelayMs: 0, offsetsTopicNumPartitions: 1 },
    });
    const brokers = [`127.0.0.1:${broker.address.port}`];
    const client = new KafkaClient({ platform, brokers });
    const admin = client.admin();
    await admin.createTopics(['in', 'out'].map((topic) => ({ topic, partitions: 1 })));
    await expect(admin.createTopics([{ topic: 'in', partitions: 1 }])).rejects.toThrow(/EXISTS/);
    const app = new StreamsApp({ platform, brokers, applicationId: 'copy', topology: topology() });
    await app.start();
    const jobs = await PlatformJobs.start({ broker, platform });
    const cluster = { isConnected: true };
    const own = { platform, port: 0, cluster };
    const http = await startBrokerHttp({ ...own, broker, jobs });
    const processor = await startProcessorHttp({ ...own, apps: [app] });
    try {
      await client.producer().sendBatch([{ topic: 'in', key: 'a', value: 'b' }]);
      const lag = 'drave_broker_group_lag_records{group="copy",topic="in"} 0';
      const isSettled = async (): Promise<boolean> => {
        const text = await scrape(http.url);
        return text.includes(lag) && text.includes('drave_jobs{');
      };
      await vi.waitUntil(isSettled, { timeout: 20_000 });

      const ofBroker = await scrape(http.url);
      const tables = [brokerMetrics, jobMetrics, storeMetrics];
      expect(new Set(shown(ofBroker).ours)).toEqual(new Set(declared(tables)));
      if (process.platform === 'linux') {
        expect(new Set(shown(ofBroker).process)).toEqual(new Set(processMetricNames));
      }
      expect(mislabelled(ofBroker, tables)).toEqual([]);
      expect(ofBroker).toMatch(
        /drave_broker_request_errors_total\{api="CreateTopics",error="TOPIC_ALREADY_EXISTS"\} 1/,
      );
      expect(ofBroker).toMatch(/request_duration_seconds_bucket\{api="Produce",le="\+Inf"\} [1-9]/);
      expect(ofBroker).toMatch(/drave_broker_requests_in_flight\{api="Produce"\} 0/);
      expect(ofBroker).toMatch(/drave_broker_group_rebalances_total [1-9]/);
      expect(ofBroker).toMatch(/drave_broker_groups\{state="Stable"\} 1/);
      expect(ofBroker).toMatch(/drave_jobs\{state="completed"\} \d/);
      expect(ofBroker).toMatch(/drave_broker_disk_free_bytes [1-9]/);

      const ofProcessor = await scrape(processor.url);
      const streams = [streamsMetrics, storeMetrics];
      expect(new Set(shown(ofProcessor).ours)).toEqual(new Set(declared(streams)));
      expect(mislabelled(ofProcessor, streams)).toEqual([]);
      expect(ofProcessor).toMatch(/drave_streams_commits_total\{application="copy"\} [1-9]/);
      expect(ofProcessor).toMatch(/drave_cluster_store_connected 1/);
    } finally {
      await processor.stop();
      await http.stop();
      await jobs.stop();
      await app.close();
      await client.close();
      await broker.stop();
    }
  });

  it('would be caught with a metric, a kind or a label that is not declared', () => {
    const tables = [storeMetrics];
    const real = '# TYPE drave_cluster_store_connected gauge\ndrave_cluster_store_connected 1\n';
    expect(shown(real).ours).toEqual(declared(tables));
    expect(mislabelled(real, tables)).toEqual([]);
    expect(shown(real.replace('gauge', 'counter')).ours).not.toEqual(declared(tables));
    expect(mislabelled(`${real}drave_other 1\n`, tables)).toEqual(['drave_other 1']);
    expect(mislabelled(real.replace('connected 1', 'connected{a="b"} 1'), tables)).toHaveLength(1);
  });
});

describe('what is made from the catalogue', () => {
  it.each([
    ['docs/reference/metrics.md', 'markdown', metricsPage()],
    ['docker/grafana/dashboards/drave.json', 'json', grafanaDashboard()],
  ])('%s is fresh (npm run gen)', async (path, parser, made) => {
    const page = join(root, path);
    const expected = await format(made, { ...(await resolveConfig(page)), parser });
    expect(readFileSync(page, 'utf8')).toBe(expected);
  });

  it('the dashboard asks for metrics of the catalogue alone', () => {
    const known = new Set([
      ...[brokerMetrics, jobMetrics, storeMetrics, streamsMetrics].flatMap((table) =>
        Object.values<contracts.MetricDeclaration>(table).map(({ name }) => name),
      ),
      ...processMetricNames,
    ]);
    const asked = [...grafanaDashboard().matchAll(/\b(?:drave|nodejs|process)_\w+/g)].map(
      ([name]) => name.replace(/_(?:bucket|sum|count)$/, ''),
    );
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });
});
